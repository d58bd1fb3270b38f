import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { DatabaseSync } from 'node:sqlite';
import { Injectable } from '@nestjs/common';
import { LlmCall, type LlmTelemetryOptions, type StoreStatus } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import request from 'supertest';
import { CALL_STORE, type CallStore } from '../../src/llm-telemetry/store/call-store.js';
import { ThreadedStore } from '../../src/llm-telemetry/store/thread/threaded-store.js';
import { storeSettings } from '../../src/llm-telemetry/store/sqlite/store-settings.js';
import { WorkerClient } from '../../src/llm-telemetry/store/thread/worker-client.js';
import {
  FallbackDatabase,
  type DatabaseSettings,
} from '../../src/llm-telemetry/store/sqlite/fallback-database.js';
import { CONFIRM_AFTER_MS, type Clock } from '../../src/llm-telemetry/store/sqlite/clock.js';
import { readHorizons } from '../../src/llm-telemetry/store/sqlite/retention.js';
import { KIND, NAME_LIMITS } from '../../src/llm-telemetry/store/core/series.js';
import { RETENTION_INTERVAL_MS } from '../../src/llm-telemetry/store/thread/sqlite-engine.js';
import { encodeRecord } from '../../src/llm-telemetry/store/record-codec/record-text.js';
import { callRecord } from '../support/call-record.js';
import { CollectedMetrics } from '../support/metrics.js';
import { chat } from '../support/prompts.js';
import { CollectedSpans } from '../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Verifies the claims of docs/store.md, in the order of the page. */

// Tested elsewhere:
// "The code blocks compile and run."                                   → test/docs/code-and-links.e2e-spec.ts
// "A process that is killed loses at most its last second of calls."   → test/store/store-process.e2e-spec.ts
// "If the disk is read-only, the store continues in memory."           → test/store/store-file.e2e-spec.ts (mounts a disk)
// "The oldest calls are deleted when the file reaches its limit."      → test/store/store-file.e2e-spec.ts
// "Two processes share a file without losing calls."                   → test/store/store-process.e2e-spec.ts
// "A deleted or replaced file is detected."                            → test/store/store-replaced.e2e-spec.ts
// "Calls in memory are written once the file is usable, or counted."   → test/store/store-replaced.e2e-spec.ts
// "A newer version that upgrades the file; permissions; maxBytes."     → test/store/store-replaced.e2e-spec.ts
// "Retention does not rely on a single clock value."                   → test/store/store-clock.e2e-spec.ts
// "Names: truncated, deleted and budget names, full lists."            → test/store/store-names.e2e-spec.ts
// "The dashboard shows the reason, the time and the count."            → test/dashboard (browser tests)

const { jest } = import.meta;
const MINUTE = 60_000;
const DAY = 86_400_000;
const RANGE = { from: 0, to: Date.UTC(2100, 0) };
const CANARY = 'canary-prompt-77ab';

@Injectable()
class Assistant {
  constructor(private readonly openai: OpenAI) {}

  @LlmCall({ feature: 'orders', operation: 'summarize' })
  async summarize(): Promise<void> {
    await this.openai.chat.completions.create(chat(CANARY));
  }
}

const folder = temporaryFolder();
const spans = new CollectedSpans();
const metrics = new CollectedMetrics().register();
const running: TelemetryApp[] = [];
afterEach(async () => {
  for (const app of running.splice(0)) await app.stop();
  spans.clear();
});

async function start(options: LlmTelemetryOptions): Promise<TelemetryApp> {
  const app = await startTelemetryApp({ providers: [Assistant], options });
  running.push(app);
  return app;
}

async function called(options: LlmTelemetryOptions): Promise<TelemetryApp> {
  const app = await start(options);
  await app.get(Assistant).summarize();
  await app.flush();
  return app;
}

const storeOf = (app: TelemetryApp): CallStore | null => app.app.get(CALL_STORE, { strict: false });

/** Creates the database of a file as the worker does. */
function keep(path: string | null, clock?: Clock): FallbackDatabase {
  const ignore = (): void => undefined;
  const listener = { troubleChanged: ignore, fileReplaced: ignore, callsLost: ignore };
  const keeper = new FallbackDatabase(
    { ...storeSettings({ path: path ?? undefined }), path },
    listener,
    clock,
  );
  keeper.open();
  return keeper;
}

describe('the store', () => {
  it('writes ./.llm-telemetry/calls.db by default, and keeps calls in memory if NODE_ENV is test', () => {
    const before = process.env['NODE_ENV'];
    const settings = (environment: string): unknown => {
      process.env['NODE_ENV'] = environment;
      return storeSettings(undefined).path;
    };
    try {
      expect(settings('production')).toBe(`${process.cwd()}/.llm-telemetry/calls.db`);
      expect(settings('test')).toBeNull();
    } finally {
      process.env['NODE_ENV'] = before;
    }
  });

  it('keeps calls for 30 days or until the file reaches 1 GiB, and rollups for 400 days', () => {
    expect(storeSettings({}).inFile).toEqual({ callMs: 30 * DAY, rollupMs: 400 * DAY, maxBytes: 1024 ** 3 });
  });

  it('keeps each call with its attempts and receipts', async () => {
    const app = await called({ store: { path: folder.file('calls.db') } });
    const store = storeOf(app)!;
    const [row] = (await store.calls({ range: RANGE })).calls;
    const { record } = (await store.call(row!.id))!;
    expect(record.attempts[0]!.cost).toEqual(app.records[0]!.attempts[0]!.cost);
    expect(record.attempts[0]!.cost).toMatchObject({ lines: [{ usdPerUnit: 0.15 }, { usdPerUnit: 0.6 }] });
  });

  it('keeps sums and histograms longer than calls', () => {
    const keeper = keep(folder.file('calls.db'));
    const now = Date.now();
    keeper.write([encodeRecord(callRecord({ endedAt: now - 31 * DAY }))]);
    while (keeper.retain());
    const count = (table: string): unknown =>
      keeper.use(({ database }) => database.prepare(`SELECT count(*) AS rows FROM ${table}`).get());
    expect(count('call')).toEqual({ rows: 0 });
    expect(count('rollup WHERE duration IS NOT NULL')).not.toEqual({ rows: 0 });
    keeper.close();
  });

  it('keeps calls until the process ends with store: memory', async () => {
    const app = await called({ store: 'memory' });
    expect(await storeOf(app)!.status()).toMatchObject({ state: 'memory', where: null, kept: 1 });
  });

  it('keeps no calls with store: false, while spans, metrics and log lines remain', async () => {
    const before = (await metrics.sum('llm.calls')) ?? 0;
    const app = await called({ store: false });
    expect(storeOf(app)).toBeNull();
    expect(await spans.calls()).toHaveLength(1);
    const lines = app.logger.of('LlmTelemetry').filter(({ text }) => text.includes('cost_usd='));
    expect(lines).toHaveLength(1);
    expect(((await metrics.sum('llm.calls')) ?? 0) - before).toBe(1);
  });
});

describe('writing', () => {
  it('posts batches to a worker thread and never delays recording', async () => {
    const post = jest.spyOn(WorkerClient.prototype, 'post');
    const store = new ThreadedStore(storeSettings({ path: folder.file('calls.db') }));
    for (let call = 0; call < 200; call++) expect(store.record(callRecord())).toBeUndefined();
    expect(post).not.toHaveBeenCalled();
    await store.flush();
    expect(post.mock.calls.filter(([{ type }]) => type === 'write')).toHaveLength(2);
    post.mockRestore();
    expect((await store.status()).kept).toBe(200);
    await store.close();
  });

  it.each<[string, string, (path: string) => () => void]>([
    ['the file is corrupt', 'corrupt', (path) => (writeFileSync(path, 'no database '.repeat(500)), () => {})],
    [
      'the file is locked',
      'locked',
      (path) => {
        keep(path).close();
        const other = new DatabaseSync(path);
        other.exec('BEGIN IMMEDIATE');
        return () => other.close();
      },
    ],
    [
      'the file is of a newer version',
      'newer_version',
      (path) => {
        const later = new DatabaseSync(path);
        keep(path).close();
        later.exec('PRAGMA user_version = 99');
        later.close();
        return () => {};
      },
    ],
  ])('continues in memory if %s', (_what, reason, spoil) => {
    const path = folder.file('calls.db');
    const restore = spoil(path);
    const keeper = keep(path);
    expect(keeper.write([encodeRecord(callRecord())])).toMatchObject({ written: 1 });
    expect([keeper.mode, keeper.trouble?.reason]).toEqual(['memory', reason]);
    keeper.close();
    restore();
  });

  it('continues in memory if the disk is full', () => {
    const keeper = keep(folder.file('calls.db'));
    // The page limit of SQLite causes the same error as a full disk.
    keeper.use(({ database }) => database.exec('PRAGMA max_page_count = 60'));
    for (let batch = 0; batch < 20; batch++)
      keeper.write(Array.from({ length: 100 }, () => encodeRecord(callRecord())));
    expect([keeper.mode, keeper.trouble?.reason]).toEqual(['memory', 'full']);
    keeper.close();
  });

  it('logs and serves the reason and the time', async () => {
    const path = folder.file('calls.db');
    writeFileSync(path, 'no database '.repeat(500));
    const startedAt = Date.now();
    const app = await called({ store: { path } });
    const trouble = (await storeOf(app)!.status()).trouble!;
    expect(trouble.reason).toBe('corrupt');
    expect(trouble.since).toBeGreaterThanOrEqual(startedAt);
    const warnings = app.logger.entries.filter(({ level, text }) => level === 'warn' && text.includes(path));
    expect(warnings.map(({ text }) => text)).toEqual([trouble.message]);
    const { body } = await request(app.app.getHttpServer() as never)
      .get('/llm/api/status')
      .expect(200);
    expect((body as { store: StoreStatus }).store.trouble).toEqual(trouble);
  });

  it('keeps at most 50,000 calls in the queue, and counts further calls as dropped', async () => {
    const store = new ThreadedStore(storeSettings('memory'));
    const record = callRecord();
    for (let call = 0; call < 50_007; call++) store.record(record);
    expect((await store.status()).dropped).toEqual({
      queue_full: 7,
      worker_failed: 0,
      write_failed: 0,
      closed: 0,
    });
    await store.close();
  });

  it('serves the number of dropped calls', async () => {
    const app = await start({ store: 'memory' });
    // A record that cannot be serialized cannot be stored.
    storeOf(app)!.record({ ...callRecord(), attempts: null as never });
    const { body } = await request(app.app.getHttpServer() as never)
      .get('/llm/api/quality')
      .expect(200);
    expect((body as { dropped: number }).dropped).toBe(1);
  });

  it('keeps calls in memory and warns if the worker file is not found', async () => {
    const warnings: unknown[] = [];
    const settings = storeSettings({ path: folder.file('calls.db') });
    const log = { troubleChanged: (trouble: unknown) => warnings.push(trouble), warn: () => undefined };
    const store = new ThreadedStore(settings, log, null);
    store.record(callRecord());
    expect(await store.status()).toMatchObject({ state: 'memory', kept: 1 });
    expect(warnings).toMatchObject([{ reason: 'worker_missing' }]);
    await store.close();
    expect(existsSync(folder.file('calls.db'))).toBe(false);
  });
});

describe('names', () => {
  it('are limited to 2,000 combinations, 500 routes and 500 tenants', () => {
    expect(NAME_LIMITS.series).toEqual({ [KIND.model]: 2000, [KIND.route]: 500, [KIND.tenant]: 500 });
  });

  it('of budgets are passed to the store', async () => {
    const app = await start({
      store: { path: folder.file('calls.db') },
      budgets: [
        { feature: 'orders', usd: 1, per: 'day', onExceed: 'warn' },
        { tenant: 'acme', usd: 1, per: 'day', onExceed: 'warn' },
      ],
    });
    const { settings } = storeOf(app) as unknown as { settings: DatabaseSettings };
    expect(settings.reservedNames).toEqual({ features: ['orders'], tenants: ['acme'] });
  });
});

describe('retention', () => {
  it('checks the file every 10 seconds, and accepts a clock difference after 24 hours', () => {
    expect([RETENTION_INTERVAL_MS, CONFIRM_AFTER_MS]).toEqual([10_000, DAY]);
  });
});

describe('contents', () => {
  /** Returns all bytes that the store has written. */
  const bytes = (): string =>
    readdirSync(folder.path)
      .map((name) => readFileSync(folder.file(name), 'latin1'))
      .join('');

  it.each<[string, LlmTelemetryOptions['content'], boolean]>([
    ['no prompts', undefined, false],
    ['prompts with the option content', { capture: 'messages' }, true],
  ])('include %s', async (_what, content, held) => {
    await called({ store: { path: folder.file('calls.db') }, content });
    for (const app of running.splice(0)) await app.stop();
    expect(bytes()).toContain('summarize');
    expect(bytes().includes(CANARY)).toBe(held);
  });

  it('are assigned to the time at which a call ended', async () => {
    const store = new ThreadedStore(storeSettings('memory'));
    const endedAt = Date.UTC(2026, 10, 24, 12);
    store.record(callRecord({ endedAt, durationMs: 10 * MINUTE }));
    const callsOf = async (from: number): Promise<number> =>
      (await store.measure({ range: { from, to: from + MINUTE } })).groups[0]!.measures.calls;
    expect([await callsOf(endedAt - 10 * MINUTE), await callsOf(endedAt)]).toEqual([0, 1]);
    await store.close();
  });

  it('have quantiles with a relative error of at most 1 %', async () => {
    const store = new ThreadedStore(storeSettings('memory'));
    const endedAt = Date.UTC(2026, 10, 24, 12);
    const durations = Array.from({ length: 1000 }, (_, index) => 1.009 ** index + 3);
    for (const durationMs of durations) store.record(callRecord({ endedAt, durationMs }));
    const { groups } = await store.measure({
      range: { from: endedAt, to: endedAt + MINUTE },
      quantiles: true,
    });
    const { p50, p90, p95, p99 } = groups[0]!.measures.duration!;
    for (const [quantile, found] of [
      [0.5, p50],
      [0.9, p90],
      [0.95, p95],
      [0.99, p99],
    ] as const) {
      const exact = durations[Math.ceil(quantile * durations.length) - 1]!;
      expect(Math.abs(found / exact - 1)).toBeLessThanOrEqual(0.0101);
    }
    await store.close();
  });

  it('have rollups of a minute for 4 days, 15 minutes for 32, an hour for 100, 6 hours and a day for 400', () => {
    const now = Date.UTC(2026, 10, 24);
    const keeper = keep(null, { wall: () => now, monotonic: () => 0 });
    keeper.retain();
    const horizons = keeper.use(({ database }) => readHorizons(database));
    const days = Object.entries(horizons).map(([level, start]) => [
      Number(level) / MINUTE,
      Math.round((now - start) / DAY),
    ]);
    expect(new Map(days as Array<[number, number]>)).toEqual(
      new Map([
        [1, 4],
        [15, 32],
        [60, 100],
        [360, 400],
        [1440, 400],
      ]),
    );
    keeper.close();
  });

  it('have rollups by route and by tenant from an hour on', () => {
    const keeper = keep(null);
    keeper.write([encodeRecord(callRecord({ route: 'POST /orders', identity: { tenantId: 'acme' } }))]);
    const rows = keeper.use(({ database }) =>
      database.prepare('SELECT kind, min(level) AS shortest FROM rollup GROUP BY kind ORDER BY kind').all(),
    );
    // 0: by model, 1: by route, 2: by tenant.
    expect(rows.map((row) => ({ ...row }))).toEqual([
      { kind: 0, shortest: MINUTE },
      { kind: 1, shortest: 60 * MINUTE },
      { kind: 2, shortest: 60 * MINUTE },
    ]);
    keeper.close();
  });
});

describe('several processes', () => {
  it('can share a file, and each dashboard shows all calls of the file', async () => {
    const store = { path: folder.file('calls.db') };
    const apps = [await called({ store }), await called({ store })];
    for (const app of apps) expect(await storeOf(app)!.status()).toMatchObject({ kept: 2 });
  });

  it('with separate files show only their own calls', async () => {
    const apps = [
      await called({ store: { path: folder.file('a.db') } }),
      await called({ store: { path: folder.file('b.db') } }),
    ];
    for (const app of apps) expect(await storeOf(app)!.status()).toMatchObject({ kept: 1 });
  });
});

describe('performance', () => {
  it('can be measured with bench:store, which fills the store with 10 million calls', () => {
    const { scripts } = createRequire(import.meta.url)('../../package.json') as {
      scripts: Record<string, string>;
    };
    expect(scripts['bench:store']).toContain('bench/store/main.js');
    const program = readFileSync(new URL('../../bench/store/sqlite.ts', import.meta.url), 'utf8');
    expect(program).toContain('10_000_000');
  });
});
