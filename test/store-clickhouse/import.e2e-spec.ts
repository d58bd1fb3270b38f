import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { importCommand } from '../../src/llm-telemetry/cli/import.js';
import { textOfCallId } from '../../src/llm-telemetry/store/call-id.js';
import { PartCache, type QuerySource } from '../../src/llm-telemetry/store/core/call-parts.js';
import { answer, type QueryName, type StoreQueries } from '../../src/llm-telemetry/store/core/queries.js';
import type { ClickHouseSettings } from '../../src/llm-telemetry/store/clickhouse/clickhouse-settings.js';
import type { SharedBackend } from '../../src/llm-telemetry/store/core/shared-backend.js';
import { importFile } from '../../src/llm-telemetry/store/import/import-file.js';
import { CallDatabase } from '../../src/llm-telemetry/store/sqlite/call-database.js';
import { SYSTEM_CLOCK } from '../../src/llm-telemetry/store/sqlite/clock.js';
import { DAY, HOUR, MINUTE } from '../../src/llm-telemetry/units/time.js';
import { TestInstance } from '../support/deliveries.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { variedRecord } from '../support/varied-records.js';

const NOW = Date.now();
const RANGE = { from: NOW - 3 * DAY, to: NOW };
const CALLS = 1600;

describe('the import of an SQLite file into ClickHouse', () => {
  const folder = temporaryFolder();
  const server = new ClickHouseServer();
  const records = fc.sample(variedRecord(RANGE.from, RANGE.to), { numRuns: CALLS, seed: 2 });
  let path: string;
  let sqlite: CallDatabase;
  let database: string;
  let url: string;

  /** A file of two versions of a service. Its older calls are deleted, and some calls have ids of version 0.1.0. */
  const source = mkdtempSync(join(tmpdir(), 'nestjs-llm-telemetry-import-'));
  const original = join(source, 'calls.db');

  beforeAll(async () => {
    await server.start();
    const half = CALLS / 2;
    for (const [version, own] of [
      ['1.0.0', records.slice(0, half)],
      ['1.1.0', records.slice(half)],
    ] as const) {
      const instance = new TestInstance({ version });
      const database = new CallDatabase(original, SYSTEM_CLOCK, undefined, undefined, instance.own);
      database.writeCalls(instance.deliver(...own).calls.map(({ id, text }) => ({ text, uuid: id })));
      database.close();
    }
    sqlite = new CallDatabase(original);
    sqlite.database.exec('UPDATE call SET uuid = NULL WHERE id % 7 = 0');
    while (sqlite.retain({ callMs: 1.3 * DAY, rollupMs: 400 * DAY, maxBytes: 2 ** 30 }));
    sqlite.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }, 120_000);
  afterAll(async () => {
    sqlite.close();
    rmSync(source, { recursive: true });
    await server.stop();
  });
  beforeEach(async () => {
    database = `import_${randomUUID().slice(0, 8)}`;
    url = server.url;
    path = folder.file('calls.db');
    copyFileSync(original, path);
  });

  const open = async (retention?: ClickHouseSettings['retention']): Promise<SharedBackend> => {
    const backend = server.backend({ database, ...(retention && { retention }) });
    await backend.open();
    return backend;
  };
  const run = () => importCommand([path, '--to', url, '--database', database]);
  const callCount = async (): Promise<unknown> => {
    const [row] = await server.rows(`SELECT toUInt32(count()) FROM ${database}.call`);
    return row![0];
  };

  async function expectSame<Name extends QueryName>(
    clickhouse: SharedBackend,
    name: Name,
    query: StoreQueries[Name][0],
  ): Promise<void> {
    const [ours, theirs] = [
      await answer(sourceOf(clickhouse), name, query),
      await answer(sqlite, name, query),
    ];
    expect(rounded(ours)).toEqual(rounded(theirs));
  }

  async function expectSameStore(clickhouse: SharedBackend): Promise<void> {
    for (const bucketMs of [undefined, 15 * MINUTE, HOUR, DAY]) {
      for (const by of [[], ['feature', 'model'], ['provider', 'version']] as const)
        await expectSame(clickhouse, 'measure', { range: RANGE, by, quantiles: true, bucketMs });
      for (const by of [['route'], ['tenant']] as const)
        await expectSame(clickhouse, 'measure', { range: RANGE, by, bucketMs });
      await expectSame(clickhouse, 'errors', { range: RANGE, bucketMs });
    }
    const { kept } = await sqlite.backend.stats();
    expect((await clickhouse.stats()).oldest).toBe((await sqlite.backend.stats()).oldest);
    expect(await callCount()).toBe(kept);
  }

  it('gives the same numbers, also for calls that the file no longer keeps', async () => {
    const { kept } = await sqlite.backend.stats();
    expect(kept).toBeGreaterThan(300);
    expect(kept).toBeLessThan(CALLS - 300);
    const result = await run();
    expect(result).toEqual({
      code: 0,
      stdout: expect.stringMatching(new RegExp(`has all ${kept} calls and \\d{3,} older rollups of `)),
      stderr: '',
    });
    await expectSameStore(await open());
  }, 240_000);

  it('continues after an interruption, and adds nothing twice', async () => {
    const backend = await open();
    let left = 1;
    const interrupted: SharedBackend = Object.assign(Object.create(backend) as SharedBackend, {
      write: (delivery: never) =>
        left-- > 0 ? backend.write(delivery) : Promise.reject(new Error('The database is away.')),
    });
    await expect(importFile(path, interrupted)).rejects.toThrow('The database is away.');
    let rollups = 2;
    const later: SharedBackend = Object.assign(Object.create(backend) as SharedBackend, {
      writeRollups: (delivery: never) =>
        rollups-- > 0 ? backend.writeRollups!(delivery) : Promise.reject(new Error('Away again.')),
    });
    await expect(importFile(path, later)).rejects.toThrow('Away again.');
    await importFile(path, backend);
    await importFile(path, backend);
    await expectSameStore(backend);
  }, 240_000);

  it('keeps the ids of calls, also those of version 0.1.0', async () => {
    const backend = await open();
    await importFile(path, backend);
    const ids = (condition: string): string[] => {
      const rows = sqlite.database.prepare(`SELECT id, uuid FROM call WHERE ${condition} LIMIT 20`).all();
      return (rows as Array<{ id: number; uuid: Uint8Array | null }>).map(({ id, uuid }) =>
        uuid === null ? String(id) : textOfCallId(uuid),
      );
    };
    for (const id of [...ids('uuid IS NULL'), ...ids('uuid IS NOT NULL')]) {
      const [ours, theirs] = [await backend.readCall(id), await sqlite.backend.readCall(id)];
      // Calls of the same millisecond have no order.
      const neighbors = { newer: null, older: null };
      expect({ ...ours!, ...neighbors }).toEqual({ ...theirs!, ...neighbors });
    }
  }, 240_000);

  it('adds to a store that has calls, and keeps its retention', async () => {
    const first = await open({ callDays: 90, rollupDays: 800 });
    await first.write(new TestInstance().deliver(records[0]!));
    expect((await run()).code).toBe(0);
    const rows = await server.rows(
      `SELECT key, argMax(value, at) FROM ${database}.meta WHERE key LIKE '%Days' GROUP BY key ORDER BY key`,
    );
    expect(rows).toEqual([
      ['callDays', '90'],
      ['rollupDays', '800'],
    ]);
    const { kept } = await sqlite.backend.stats();
    expect(await callCount()).toBe(kept + 1);
  }, 240_000);

  it('reads no rollups that are shorter than the file kept', async () => {
    const horizon = Math.floor((NOW - 2 * DAY) / DAY) * DAY;
    const backend = await open();
    const before = await backend.horizons();
    const delivery = {
      instance: new TestInstance().own,
      number: 1,
      rollups: [],
      horizons: { ...before, [MINUTE]: horizon },
    };
    await backend.writeRollups!(delivery);
    expect(await (await open()).horizons()).toEqual({ ...before, [MINUTE]: horizon });
  });

  it.each(['before', 'after'] as const)(
    'is exact if inserts lose their connection %s the server has stored them',
    async (when) => {
      const backend = await open();
      for (const table of ['call', 'rollup']) {
        await server.fail(table, when);
        await importFile(path, backend).catch(() => undefined);
      }
      expect((await run()).code).toBe(0);
      await expectSameStore(backend);
    },
    240_000,
  );

  it('rejects a file that was used since its import', async () => {
    expect((await run()).code).toBe(0);
    const database = new CallDatabase(path);
    database.writeCalls(
      new TestInstance().deliver(records[0]!).calls.map(({ id, text }) => ({ text, uuid: id })),
    );
    const added = database.database.prepare('SELECT max(id) AS id FROM call').get();
    database.database.exec(
      `UPDATE record SET text = '${randomUUID()}' WHERE id = ${(added as { id: number }).id}`,
    );
    database.close();
    expect(await run()).toEqual({
      code: 1,
      stdout: '',
      stderr: 'error The file was used since it was imported, so it cannot be imported again.\n',
    });
  }, 240_000);
});

/** SQLite is read without its cache of parts, so that both read alike. */
function sourceOf(backend: SharedBackend): QuerySource {
  return { backend, parts: new PartCache(backend) };
}

/** Milliseconds are sums of fractions, whose last digits depend on the order of adding. */
function rounded(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, item: unknown) =>
      typeof item === 'number' && !Number.isInteger(item) ? Number(item.toPrecision(12)) : item,
    ),
  );
}
