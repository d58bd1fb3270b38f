import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { StoreStatus } from 'nestjs-llm-telemetry';
import { NotifiedAlertsFile } from '../../src/llm-telemetry/alerts/notifications/notified-alerts.js';
import { encodeRecord } from '../../src/llm-telemetry/store/record-codec/record-text.js';
import { ThreadedStore } from '../../src/llm-telemetry/store/thread/threaded-store.js';
import { storeSettings } from '../../src/llm-telemetry/store/sqlite/store-settings.js';
import { FallbackDatabase } from '../../src/llm-telemetry/store/sqlite/fallback-database.js';
import { readStats } from '../../src/llm-telemetry/store/sqlite/read-stats.js';
import type { Retention } from '../../src/llm-telemetry/store/sqlite/retention.js';
import { callRecord } from '../support/call-record.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Files that are deleted, replaced, migrated or read by others while a store has them open. */

const DAY = 86_400_000;
const folder = temporaryFolder();

class Store {
  readonly troubles: Array<StoreStatus['trouble']> = [];
  readonly warnings: string[] = [];
  lost = 0;
  readonly fallback: FallbackDatabase;

  constructor(
    path: string,
    limits: { readonly inFile?: Partial<Retention>; readonly inMemory?: Partial<Retention> } = {},
  ) {
    const retention: Retention = { callMs: 30 * DAY, rollupMs: 400 * DAY, maxBytes: 1e9 };
    this.fallback = new FallbackDatabase(
      { path, inFile: { ...retention, ...limits.inFile }, inMemory: { ...retention, ...limits.inMemory } },
      {
        troubleChanged: (trouble) => this.troubles.push(trouble),
        fileReplaced: (message) => this.warnings.push(message),
        callsLost: (calls) => (this.lost += calls),
      },
    );
    this.fallback.open();
  }

  record(count = 1, draft: Parameters<typeof callRecord>[0] = {}): void {
    const texts = Array.from({ length: count }, () => encodeRecord(callRecord(draft)));
    if (this.fallback.write(texts).written !== count) throw new Error('Calls were dropped.');
  }

  get kept(): number {
    return this.fallback.use(({ database }) => readStats(database).kept);
  }

  get bytes(): number {
    return this.fallback.use(({ database }) => readStats(database).bytes);
  }

  get state(): [mode: string, reason: string | null] {
    return [this.fallback.mode, this.fallback.trouble?.reason ?? null];
  }
}

let open: Store[] = [];
afterEach(() => {
  for (const { fallback } of open) fallback.close();
  open = [];
});

function start(path: string, limits?: ConstructorParameters<typeof Store>[1]): Store {
  const store = new Store(path, limits);
  open.push(store);
  return store;
}

function callsIn(path: string): { readonly calls: number; readonly integrity: string } {
  const database = new DatabaseSync(path);
  const one = (sql: string): unknown => Object.values(database.prepare(sql).get()!)[0];
  const found = {
    calls: Number(one('SELECT count(*) FROM call')),
    integrity: String(one('PRAGMA integrity_check')),
  };
  database.close();
  return found;
}

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('a file that is deleted while it is open', () => {
  // From WiseLibs/better-sqlite3#1237: SQLite reports no error, and writes are lost.
  it.each<[string, (path: string) => void]>([
    ['alone', (path) => rmSync(path)],
    ['with its -wal and -shm', (path) => ['', '-wal', '-shm'].forEach((end) => rmSync(path + end))],
    ['with its folder', () => rmSync(folder.file('store'), { recursive: true })],
  ])('is created again for the next call, with one warning, if it is deleted %s', (_, remove) => {
    const path = folder.file('store/calls.db');
    const store = start(path);
    store.record(3);
    remove(path);
    store.record(2);
    store.record(1);
    expect(store.warnings).toEqual([expect.stringContaining(`${path} was deleted or replaced`)]);
    expect(store.state).toEqual(['file', null]);
    expect(store.kept).toBe(3);
    store.fallback.close();
    expect(callsIn(path)).toEqual({ calls: 3, integrity: 'ok' });
  });

  it('is detected without a new call', () => {
    const path = folder.file('calls.db');
    const store = start(path);
    store.record(3);
    rmSync(path);
    store.fallback.retain();
    expect(store.warnings).toHaveLength(1);
    expect(existsSync(path)).toBe(true);
  });

  it('is detected by each process that shares it, and later calls are stored', () => {
    const path = folder.file('calls.db');
    const stores = [start(path), start(path)];
    for (const store of stores) store.record(2);
    rmSync(path);
    for (let turn = 0; turn < 5; turn++) for (const store of stores) store.record(2);
    expect(stores.map(({ kept }) => kept)).toEqual([20, 20]);
    for (const { fallback } of stores) fallback.close();
    expect(callsIn(path)).toEqual({ calls: 20, integrity: 'ok' });
  });
});

// From tursodatabase/turso#8103: a leftover WAL is written over the new file.
describe('a file that is replaced while it is open', () => {
  it('is read and written instead of the former file', () => {
    const path = folder.file('calls.db');
    const backup = start(folder.file('backup.db'));
    backup.record(5);
    backup.fallback.close();
    const store = start(path);
    store.record(3);
    renameSync(folder.file('backup.db'), path);
    store.record(1);
    expect(store.kept).toBe(6);
    expect(store.warnings).toHaveLength(1);
    store.fallback.close();
    expect(callsIn(path)).toEqual({ calls: 6, integrity: 'ok' });
  });

  it('by another kind of file does not modify the new file, and calls are kept in memory', () => {
    const path = folder.file('calls.db');
    const store = start(path);
    store.record(3);
    writeFileSync(folder.file('note'), 'no database '.repeat(500));
    renameSync(folder.file('note'), path);
    store.record(2);
    expect([store.state, store.kept]).toEqual([['memory', 'corrupt'], 2]);
    expect(readFileSync(path, 'utf8')).toBe('no database '.repeat(500));
  });

  it('is reported in the log of the application', async () => {
    const path = folder.file('calls.db');
    const warnings: string[] = [];
    const log = { troubleChanged: () => undefined, warn: (message: string) => void warnings.push(message) };
    const store = new ThreadedStore(storeSettings({ path }), log);
    store.record(callRecord());
    await store.flush();
    rmSync(path);
    store.record(callRecord());
    await store.flush();
    expect(warnings).toEqual([expect.stringContaining('was deleted or replaced')]);
    expect(await store.status()).toMatchObject({ state: 'stored', kept: 1 });
    await store.close();
  });
});

describe('calls in memory at shutdown', () => {
  it('are written to the file if it is usable again', () => {
    const path = folder.file('calls.db');
    writeFileSync(path, 'no database '.repeat(500));
    const store = start(path);
    store.record(4);
    rmSync(path);
    expect(store.fallback.close()).toBe(0);
    expect(callsIn(path).calls).toBe(4);
  });

  it('are counted as dropped and logged if the file is not usable', async () => {
    const path = folder.file('calls.db');
    writeFileSync(path, 'no database '.repeat(500));
    const warnings: string[] = [];
    const log = { troubleChanged: () => undefined, warn: (message: string) => void warnings.push(message) };
    const store = new ThreadedStore(storeSettings({ path }), log);
    for (let call = 0; call < 7; call++) store.record(callRecord());
    await store.flush();
    expect(await store.status()).toMatchObject({ written: 7, dropped: { write_failed: 0 } });
    await store.close();
    expect(warnings).toEqual([expect.stringContaining('Store: 7 calls were dropped')]);
    expect(await store.status()).toMatchObject({ written: 0, dropped: { write_failed: 7 } });
  });

  it('are counted as dropped while memory is full', () => {
    const path = folder.file('calls.db');
    writeFileSync(path, 'no database '.repeat(500));
    const store = start(path, { inMemory: { maxBytes: 500_000 } });
    for (let batch = 0; batch < 30; batch++) store.record(100);
    while (store.fallback.retain());
    expect(store.lost).toBeGreaterThan(0);
    expect(store.lost + store.kept).toBe(3000);
    rmSync(path);
    expect(store.fallback.close()).toBe(0);
    expect(callsIn(path).calls + store.lost).toBe(3000);
  });
});

describe('the size limit', () => {
  it.each([
    ['one zone of large records', 100, 50_000],
    ['records that are larger than the limit', 3, 3_000_000],
  ])('holds for %s', (_, count, size) => {
    const maxBytes = 2_000_000;
    const store = start(folder.file('calls.db'), { inFile: { maxBytes } });
    let largest = 0;
    for (let call = 0; call < count; call++) {
      store.record(1, { attributes: { text: `${call} `.padEnd(size, 'x') } });
      largest = Math.max(largest, store.bytes);
    }
    // The limit is checked after each tenth of it is written, and a record is written as a whole.
    expect(largest).toBeLessThan(1.2 * maxBytes + size);
    while (store.fallback.retain());
    expect(store.bytes).toBeLessThanOrEqual(maxBytes);
    store.record(1);
    expect(store.kept).toBeGreaterThan(0);
  });

  it('preserves the newest calls', () => {
    const store = start(folder.file('calls.db'), { inFile: { maxBytes: 2_000_000 } });
    for (let call = 0; call < 100; call++)
      store.record(1, {
        operation: `call-${call}`,
        endedAt: Date.now() - 100 + call,
        attributes: { text: 'x'.repeat(50_000) },
      });
    while (store.fallback.retain());
    const rows = store.fallback.use(({ database }) =>
      database.prepare('SELECT text FROM record ORDER BY id').all(),
    );
    const numbers = rows.map(({ text }) => Number(/call-(\d+)/.exec(String(text))![1]));
    expect(numbers.at(-1)).toBe(99);
    expect(numbers).toEqual(
      Array.from({ length: numbers.length }, (_, index) => 100 - numbers.length + index),
    );
    expect(numbers.length).toBeGreaterThan(20);
  });
});

describe('a file that a newer version of the library migrates while it is open', () => {
  // From elesiuta/picosnitch#25: an INSERT without column names fails once a column is added.
  it('is not modified, calls are kept in memory, and the reason is logged', () => {
    const path = folder.file('calls.db');
    const store = start(path);
    store.record(2);
    const newer = new DatabaseSync(path);
    newer.exec('ALTER TABLE call ADD COLUMN region INTEGER; PRAGMA user_version = 99');
    store.record(3);
    expect(store.state).toEqual(['memory', 'newer_version']);
    expect(store.kept).toBe(3);
    expect(newer.prepare('SELECT count(*) AS calls FROM call').get()).toEqual({ calls: 2 });
    newer.close();
    expect(store.fallback.close()).toBe(3);
  });

  it('is still written if columns are added without a new layout version', () => {
    const path = folder.file('calls.db');
    const store = start(path);
    const newer = new DatabaseSync(path);
    for (const table of ['call', 'record', 'zone', 'rollup', 'error', 'horizon', 'name', 'series'])
      newer.exec(`ALTER TABLE ${table} ADD COLUMN region INTEGER`);
    newer.close();
    store.record(3);
    store.fallback.retain();
    expect([store.state, store.kept]).toEqual([['file', null], 3]);
  });

  it('is reported as unusable if every write fails, and calls are kept in memory', () => {
    const path = folder.file('calls.db');
    const store = start(path);
    const newer = new DatabaseSync(path);
    newer.exec('ALTER TABLE call RENAME COLUMN outcome TO result');
    newer.close();
    const texts = [encodeRecord(callRecord())];
    const results = [1, 2, 3, 4].map(() => store.fallback.write(texts).written);
    expect(results).toEqual([0, 0, 0, 1]);
    expect(store.state).toEqual(['memory', 'write_failed']);
    expect(store.troubles).toMatchObject([
      { reason: 'write_failed', message: expect.stringContaining(path) },
    ]);
    store.fallback.tryFile();
    expect([store.state, store.kept]).toEqual([['memory', 'write_failed'], 1]);
  });
});

const unix = process.platform === 'win32' ? describe.skip : describe;

unix('permissions', () => {
  let before: number;
  beforeEach(() => (before = process.umask(0o022)));
  afterEach(() => process.umask(before));

  // From ducks/claux#2: the files next to the database were readable by all users.
  it('are 0600 for the files, including -wal and -shm, and 0700 for the folder', () => {
    const path = folder.file('new/deep/calls.db');
    const store = start(path);
    store.record(3);
    expect(readdirSync(folder.file('new/deep')).toSorted()).toEqual([
      'calls.db',
      'calls.db-shm',
      'calls.db-wal',
    ]);
    for (const end of ['', '-wal', '-shm']) expect([end, modeOf(path + end)]).toEqual([end, 0o600]);
    for (const name of ['new', 'new/deep']) expect(modeOf(folder.file(name))).toBe(0o700);
  });

  it('are tightened for existing files and kept for an existing folder', () => {
    mkdirSync(folder.file('shared'));
    chmodSync(folder.file('shared'), 0o755);
    const path = folder.file('shared/calls.db');
    start(path).fallback.close();
    chmodSync(path, 0o644);
    start(path).record(1);
    for (const end of ['', '-wal', '-shm']) expect([end, modeOf(path + end)]).toEqual([end, 0o600]);
    expect(modeOf(folder.file('shared'))).toBe(0o755);
  });

  it('are kept for a file of another application', () => {
    const path = folder.file('calls.db');
    const other = new DatabaseSync(path);
    other.exec('CREATE TABLE invoices (id INTEGER)');
    other.close();
    chmodSync(path, 0o644);
    expect(start(path).state).toEqual(['memory', 'not_a_store']);
    expect(modeOf(path)).toBe(0o644);
  });

  it('are 0600 for the file of notified alerts', async () => {
    const path = folder.file('calls.db');
    writeFileSync(`${path}.alerts.json`, '[]', { mode: 0o644 });
    writeFileSync(`${path}.alerts.json.${process.pid}`, 'left by a process that was killed', { mode: 0o644 });
    await new NotifiedAlertsFile(async () => path).write(new Set(['high_latency']));
    expect(modeOf(`${path}.alerts.json`)).toBe(0o600);
  });
});
