import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { StoreStatus } from 'nestjs-llm-telemetry';
import { encodeRecord } from '../../src/llm-telemetry/store/record-codec/record-text.js';
import { CallDatabase } from '../../src/llm-telemetry/store/sqlite/call-database.js';
import { FallbackDatabase } from '../../src/llm-telemetry/store/sqlite/fallback-database.js';
import { openDatabase } from '../../src/llm-telemetry/store/sqlite/open-database.js';
import { MIGRATIONS } from '../../src/llm-telemetry/store/sqlite/migrations.js';
import { readStats } from '../../src/llm-telemetry/store/sqlite/read-stats.js';
import type { Retention } from '../../src/llm-telemetry/store/sqlite/retention.js';
import { callRecord } from '../support/call-record.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Behavior when the file fails: calls are kept in memory, a warning is logged, and calls return to the file. */

const DAY = 86_400_000;
const retention: Retention = { callMs: 30 * DAY, rollupMs: 400 * DAY, maxBytes: 1e9 };
const folder = temporaryFolder();

class OpenStore {
  readonly troubles: Array<StoreStatus['trouble']> = [];
  readonly warnings: string[] = [];
  lost = 0;
  readonly fallback: FallbackDatabase;

  constructor(path: string, own: Partial<Retention> = {}) {
    const settings = { path, inFile: { ...retention, ...own }, inMemory: { ...retention, ...own } };
    const listener = {
      troubleChanged: (trouble: StoreStatus['trouble']) => this.troubles.push(trouble),
      fileReplaced: (message: string) => this.warnings.push(message),
      callsLost: (calls: number) => (this.lost += calls),
    };
    this.fallback = new FallbackDatabase(settings, listener);
    this.fallback.open();
  }

  record(count = 1, endedAt = Date.now()): void {
    const texts = Array.from({ length: count }, () => encodeRecord(callRecord({ endedAt })));
    if (this.fallback.write(texts).written !== count) throw new Error('Calls were dropped.');
  }

  get kept(): number {
    return this.fallback.use(({ database }) => readStats(database).kept);
  }

  async calls(): Promise<number> {
    const range = { from: Date.now() - 40 * DAY, to: Date.now() + DAY };
    const { groups } = await this.fallback.query('measure', { range });
    return groups[0]!.measures.calls;
  }

  get state(): [mode: string, reason: string | null] {
    return [this.fallback.mode, this.fallback.trouble?.reason ?? null];
  }
}

let openStore: OpenStore | null = null;
function open(path: string, own?: Partial<Retention>): OpenStore {
  return (openStore = new OpenStore(path, own));
}
afterEach(() => {
  openStore?.fallback.close();
  openStore = null;
});

function intact(path: string): boolean {
  const database = new DatabaseSync(path);
  const [result] = database.prepare('PRAGMA integrity_check').all() as Array<{ integrity_check: string }>;
  database.close();
  return result?.integrity_check === 'ok';
}

describe('a store file', () => {
  it('is created with a folder that is ignored by Git, and contains its calls when it is reopened', async () => {
    const path = folder.file('.llm-telemetry/calls.db');
    const first = open(path);
    first.record(3);
    first.fallback.close();
    expect(readFileSync(folder.file('.llm-telemetry/.gitignore'), 'utf8')).toBe('*\n');
    const again = open(path);
    expect([again.kept, await again.calls(), again.state]).toEqual([3, 3, ['file', null]]);
  });
});

describe('an unusable file', () => {
  const cases: Array<[title: string, reason: string, spoil: (path: string) => void, path?: string]> = [
    ['is corrupt', 'corrupt', (path) => writeFileSync(path, 'This is no database. '.repeat(500))],
    [
      'is in a folder that is a file',
      'io_error',
      () => writeFileSync(folder.file('place'), ''),
      'place/calls.db',
    ],
    ['is a folder', 'io_error', (path) => mkdirSync(path)],
    [
      'belongs to another application',
      'not_a_store',
      (path) => {
        const other = new DatabaseSync(path);
        other.exec('CREATE TABLE invoices (id INTEGER)');
        other.close();
      },
    ],
    [
      'was written by a newer version',
      'newer_version',
      (path) => {
        openDatabase(path).close();
        const later = new DatabaseSync(path);
        later.exec('PRAGMA user_version = 99');
        later.close();
      },
    ],
  ];

  it.each(cases)(
    'that %s is not modified, and calls are kept in memory',
    async (_, reason, spoil, name = 'calls.db') => {
      const path = folder.file(name);
      spoil(path);
      const before = existsSync(path) && reason !== 'io_error' ? readFileSync(path) : null;
      const store = open(path);
      store.record(2);
      expect(store.state).toEqual(['memory', reason]);
      expect([store.kept, await store.calls()]).toEqual([2, 2]);
      expect(store.troubles).toEqual([
        { reason, message: expect.stringContaining(path), since: expect.any(Number) },
      ]);
      if (before) expect(readFileSync(path).equals(before)).toBe(true);
    },
  );

  it('is tried again, and receives the calls in memory once it is usable', async () => {
    const path = folder.file('calls.db');
    writeFileSync(path, 'This is no database. '.repeat(500));
    const store = open(path);
    store.record(5);
    store.fallback.tryFile();
    expect(store.state).toEqual(['memory', 'corrupt']);
    rmSync(path);
    store.fallback.tryFile();
    expect(store.state).toEqual(['file', null]);
    store.record(1);
    expect([store.kept, await store.calls()]).toEqual([6, 6]);
    expect(store.troubles.map((trouble) => trouble?.reason ?? null)).toEqual(['corrupt', null]);
    expect(intact(path)).toBe(true);
  });

  it('that is corrupted while it is open is replaced by memory', async () => {
    const path = folder.file('calls.db');
    const first = open(path);
    for (let batch = 0; batch < 5; batch++) first.record(1000);
    first.fallback.close();
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0xa5, 8192));
    const store = open(path);
    store.record(4);
    expect(store.state).toEqual(['memory', 'corrupt']);
    expect([store.kept, await store.calls()]).toEqual([4, 4]);
    // The first pages are intact, so the corruption is detected only when later pages are read.
    store.fallback.tryFile();
    expect(store.state).toEqual(['memory', 'corrupt']);
    expect(store.troubles).toHaveLength(1);
  });

  it('that another process has locked receives the calls in memory when the lock is released', () => {
    const path = folder.file('calls.db');
    const store = open(path);
    store.record(1);
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    store.record(2);
    expect(store.state).toEqual(['memory', 'locked']);
    expect(store.kept).toBe(2);
    other.exec('ROLLBACK');
    other.close();
    store.fallback.tryFile();
    expect([store.state, store.kept]).toEqual([['file', null], 3]);
  });
});

describe('a full or read-only disk', () => {
  it('keeps stored calls, and new calls are kept in memory until there is space', () => {
    const path = folder.file('calls.db');
    const store = open(path);
    store.record(100);
    // The page limit of SQLite fails like a full disk.
    store.fallback.use(({ database }) => database.exec('PRAGMA max_page_count = 60'));
    for (let batch = 0; batch < 20; batch++) store.record(100);
    expect(store.state).toEqual(['memory', 'full']);
    const inMemory = store.kept;
    expect(intact(path)).toBe(true);
    store.fallback.tryFile();
    expect(store.state).toEqual(['file', null]);
    expect(store.kept).toBe(2100);
    expect(inMemory).toBeGreaterThan(0);
    expect(intact(path)).toBe(true);
  });

  it('is detected on real file systems', () => {
    const disk = folder.file('disk');
    mkdirSync(disk);
    // Needs root and permission to mount: elsewhere only the preceding test runs.
    if (!mounted(disk, ['-t', 'tmpfs', '-o', 'size=600k', 'none'])) return;
    try {
      const store = open(`${disk}/calls.db`);
      for (let batch = 0; batch < 10; batch++) store.record(100);
      expect(store.state).toEqual(['memory', 'full']);
      store.fallback.close();
      expect(intact(`${disk}/calls.db`)).toBe(true);
      expect(mounted(disk, ['-o', 'remount,ro'])).toBe(true);
      const readOnly = open(`${disk}/calls.db`);
      readOnly.record(3);
      expect(readOnly.state).toEqual(['memory', expect.stringMatching(/^(read_only|io_error)$/)]);
      expect(readOnly.kept).toBe(3);
      readOnly.fallback.close();
    } finally {
      spawnSync('umount', ['-l', disk]);
    }
  });
});

function mounted(disk: string, args: readonly string[]): boolean {
  return spawnSync('mount', [...args, disk]).status === 0;
}

describe('two processes that share a file', () => {
  it('add to the same measures', async () => {
    const path = folder.file('calls.db');
    const one = open(path);
    const other = new OpenStore(path);
    for (let turn = 0; turn < 20; turn++) {
      one.record(30);
      other.record(20);
    }
    expect([one.kept, other.kept, await one.calls(), await other.calls()]).toEqual([1000, 1000, 1000, 1000]);
    other.fallback.close();
    expect(intact(path)).toBe(true);
  });
});

describe('retention', () => {
  it('deletes calls that are too old and keeps their measures', async () => {
    const store = open(folder.file('calls.db'));
    const now = Date.now();
    store.record(1500, now - 31 * DAY);
    store.record(40, now - 29 * DAY);
    store.fallback.retain();
    expect([store.kept, await store.calls()]).toEqual([40, 1540]);
  });

  it('deletes the oldest calls when the file exceeds its limit', async () => {
    const store = open(folder.file('calls.db'), { maxBytes: 1_000_000 });
    const now = Date.now();
    for (let batch = 0; batch < 10; batch++) store.record(500, now - (10 - batch) * 60_000);
    while (store.fallback.retain());
    const { kept, bytes, newest } = store.fallback.use(({ database }) => readStats(database));
    expect(bytes).toBeLessThan(1_000_000);
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(5000);
    expect(newest).toBe(now - 60_000);
    expect(await store.calls()).toBe(5000);
  });

  it('does not change measures of ranges for which only longer rollups are kept', async () => {
    const store = open(folder.file('calls.db'));
    const now = Date.now();
    for (let day = 0; day < 150; day++) store.record(2, now - day * DAY);
    store.fallback.retain();
    const measure = (from: number, to: number) =>
      store.fallback.query('measure', { range: { from, to }, bucketMs: DAY });
    const { groups, range } = await measure(now - 149.5 * DAY, now + 1);
    expect(groups[0]!.measures.calls).toBe(300);
    expect(groups[0]!.buckets.reduce((sum, { measures }) => sum + measures.calls, 0)).toBe(300);
    // Minute rollups from 150 days ago are deleted.
    expect(range.from % (DAY / 4)).toBe(0);
  });
});

describe('migrations', () => {
  it('read layout version 1 without loss', async () => {
    const path = folder.file('calls.db');
    const old = new DatabaseSync(path);
    old.exec(readFileSync(new URL('../fixtures/store-v1.sql', import.meta.url), 'utf8'));
    old.close();
    const store = open(path);
    expect(store.state).toEqual(['file', null]);
    const range = { from: Date.UTC(2026, 10, 24), to: Date.UTC(2026, 10, 25) };
    const { groups } = await store.fallback.query('measure', { range, by: ['feature'], quantiles: true });
    expect(groups.map(({ names, measures }) => [names.feature, measures.calls, measures.costUsd])).toEqual([
      ['orders', 2, 0.002],
      ['support', 1, 0.001],
    ]);
    store.record(1);
    expect(store.kept).toBe(4);
    // Columns that were added later are empty, and new calls can be written.
    const refused = {
      failure: { type: 'rate_limit', errorClass: 'rate_limit' },
      usage: null,
      cost: null,
    } as const;
    const attempts = [refused, { isRetry: true, waitedMs: 100 }];
    store.fallback.write([encodeRecord(callRecord({ endedAt: range.to - 1, attempts }))]);
    const { types } = await store.fallback.query('errors', { range });
    expect(types).toMatchObject([
      { type: 'rate_limit', calls: expect.any(Number), retries: 1, recoveredCalls: 1, retryTimeMs: 600 },
    ]);
  });

  it('preserve calls, rollups and names of layout version 3', () => {
    const path = folder.file('calls.db');
    const old = openDatabase(path, MIGRATIONS.slice(0, 3));
    const now = Date.now();
    const today = Math.floor(now / DAY) * DAY;
    old.exec(`
      INSERT INTO name (id, text) VALUES (1, 'orders'), (2, 'acme');
      INSERT INTO series (id, kind, feature, operation, provider, model) VALUES (1, 0, 1, 1, 0, 0), (2, 2, 2, 0, 0, 0);
      INSERT INTO call (id, series, route, tenant, outcome, flags) VALUES (${now * 2048}, 1, 0, 2, 0, 0);
      INSERT INTO rollup (kind, level, start, series, sums, duration, firstToken)
      VALUES (0, ${DAY}, ${today}, 1, x'', x'', x''), (2, ${DAY}, ${today - 2 * DAY}, 2, x'', x'', x''),
        (2, ${DAY}, ${today}, 2, x'', x'', x'');
    `);
    old.close();
    const store = open(path);
    expect(store.state).toEqual(['file', null]);
    const rows = store.fallback.use(({ database }) => [
      ...database.prepare('SELECT rolled, calls, firstDay, lastDay FROM series ORDER BY id').all(),
      ...database.prepare('SELECT used FROM name').all(),
      ...database.prepare('SELECT confirmed, uptime FROM clock').all(),
    ]);
    expect(rows.map((row) => ({ ...row }))).toEqual([
      { rolled: 1, calls: 1, firstDay: today, lastDay: today },
      { rolled: 1, calls: 2, firstDay: today - 2 * DAY, lastDay: today },
      { used: now },
      { used: now },
      { confirmed: now, uptime: 0 },
    ]);
  });

  it('run in order, once each, and in one transaction', () => {
    const path = folder.file('calls.db');
    openDatabase(path, MIGRATIONS).close();
    const steps: string[] = [];
    const later = [
      ...MIGRATIONS,
      (database: DatabaseSync) => {
        steps.push('second');
        database.exec('ALTER TABLE call ADD COLUMN region INTEGER');
      },
    ];
    const failing = [
      ...later,
      () => {
        throw new Error('The third step fails.');
      },
    ];
    expect(() => openDatabase(path, failing)).toThrow('The third step fails.');
    const before = openDatabase(path, MIGRATIONS);
    expect(before.prepare('PRAGMA user_version').get()).toEqual({ user_version: MIGRATIONS.length });
    before.close();
    openDatabase(path, later).close();
    openDatabase(path, later).close();
    expect(steps).toEqual(['second', 'second']);
  });

  it('run once if two processes start at the same time', () => {
    const path = folder.file('calls.db');
    const [one, other] = [new CallDatabase(path), new CallDatabase(path)];
    expect(one.write([encodeRecord(callRecord())]).written).toBe(1);
    expect(other.write([encodeRecord(callRecord())]).written).toBe(1);
    one.close();
    other.close();
  });
});
