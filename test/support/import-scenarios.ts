import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { importCommand } from '../../src/llm-telemetry/cli/import.js';
import { textOfCallId } from '../../src/llm-telemetry/store/call-id.js';
import { answer, type QueryName, type StoreQueries } from '../../src/llm-telemetry/store/core/queries.js';
import type { SharedBackend } from '../../src/llm-telemetry/store/core/shared-backend.js';
import { importFile } from '../../src/llm-telemetry/store/import/import-file.js';
import { CallDatabase } from '../../src/llm-telemetry/store/sqlite/call-database.js';
import { SYSTEM_CLOCK } from '../../src/llm-telemetry/store/sqlite/clock.js';
import { DAY, HOUR, MINUTE } from '../../src/llm-telemetry/units/time.js';
import { TestInstance } from './deliveries.js';
import { sourceOf } from './shared-database.js';
import { temporaryFolder } from './temporary-folder.js';
import { variedRecord } from './varied-records.js';

const NOW = Date.now();
const RANGE = { from: NOW - 3 * DAY, to: NOW };
const CALLS = 1600;
const TIMEOUT_MS = 240_000;

/** Days that a database keeps calls and rollups. */
export interface KeptDays {
  readonly callDays: number;
  readonly rollupDays: number;
}

/** A database that files are imported into. */
export interface ImportTarget {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Makes the database empty. */
  reset(): Promise<void>;
  /** Returns options of the command. */
  options(): readonly string[];
  open(retention?: KeptDays): Promise<SharedBackend>;
  storedCalls(): Promise<number>;
  retention(): Promise<KeptDays>;
}

/** A file that is imported. */
export interface ImportedFile {
  readonly path: string;
  /** Checks that a database has what the file has, and nothing else. */
  expectSameStore(backend: SharedBackend): Promise<void>;
}

/**
 * Defines the tests of imports that every database must pass.
 *
 * @param more - defines tests of one database
 */
export function importScenarios(
  target: ImportTarget,
  more: (file: () => ImportedFile) => void = () => {},
): void {
  const folder = temporaryFolder();
  const records = fc.sample(variedRecord(RANGE.from, RANGE.to), { numRuns: CALLS, seed: 2 });
  let path: string;
  let sqlite: CallDatabase;

  /** A file of two versions of a service. Its older calls are deleted, and some calls have ids of version 0.1.0. */
  const source = mkdtempSync(join(tmpdir(), 'nestjs-llm-telemetry-import-'));
  const original = join(source, 'calls.db');

  beforeAll(async () => {
    await target.start();
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
    await target.stop();
  });
  beforeEach(async () => {
    await target.reset();
    path = folder.file('calls.db');
    copyFileSync(original, path);
  });

  const run = () => importCommand([path, ...target.options()]);

  async function expectSame<Name extends QueryName>(
    backend: SharedBackend,
    name: Name,
    query: StoreQueries[Name][0],
  ): Promise<void> {
    const [ours, theirs] = [await answer(sourceOf(backend), name, query), await answer(sqlite, name, query)];
    expect(rounded(ours)).toEqual(rounded(theirs));
  }

  async function expectSameStore(backend: SharedBackend): Promise<void> {
    for (const bucketMs of [undefined, 15 * MINUTE, HOUR, DAY]) {
      for (const by of [[], ['feature', 'model'], ['provider', 'version']] as const)
        await expectSame(backend, 'measure', { range: RANGE, by, quantiles: true, bucketMs });
      for (const by of [['route'], ['tenant']] as const)
        await expectSame(backend, 'measure', { range: RANGE, by, bucketMs });
      await expectSame(backend, 'errors', { range: RANGE, bucketMs });
    }
    const { kept } = await sqlite.backend.stats();
    expect((await backend.stats()).oldest).toBe((await sqlite.backend.stats()).oldest);
    expect(await target.storedCalls()).toBe(kept);
  }

  it(
    'gives the same numbers, also for calls that the file no longer keeps',
    async () => {
      const { kept } = await sqlite.backend.stats();
      expect(kept).toBeGreaterThan(300);
      expect(kept).toBeLessThan(CALLS - 300);
      const result = await run();
      expect(result).toEqual({
        code: 0,
        stdout: expect.stringMatching(new RegExp(`has all ${kept} calls and \\d{3,} older rollups of `)),
        stderr: '',
      });
      await expectSameStore(await target.open());
    },
    TIMEOUT_MS,
  );

  it(
    'continues after an interruption, and adds nothing twice',
    async () => {
      const backend = await target.open();
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
    },
    TIMEOUT_MS,
  );

  it(
    'keeps the ids of calls, also those of version 0.1.0',
    async () => {
      const backend = await target.open();
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
    },
    TIMEOUT_MS,
  );

  it(
    'adds to a store that has calls, and keeps its retention',
    async () => {
      const first = await target.open({ callDays: 90, rollupDays: 800 });
      await first.write(new TestInstance().deliver(records[0]!));
      expect((await run()).code).toBe(0);
      expect(await target.retention()).toEqual({ callDays: 90, rollupDays: 800 });
      const { kept } = await sqlite.backend.stats();
      expect(await target.storedCalls()).toBe(kept + 1);
    },
    TIMEOUT_MS,
  );

  it(
    'rejects a file that was used since its import',
    async () => {
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
    },
    TIMEOUT_MS,
  );

  it('reads no rollups that are shorter than the file kept', async () => {
    const horizon = Math.floor((NOW - 2 * DAY) / DAY) * DAY;
    const backend = await target.open();
    const before = await backend.horizons();
    const delivery = {
      instance: new TestInstance().own,
      number: 1,
      rollups: [],
      horizons: { ...before, [MINUTE]: horizon },
    };
    await backend.writeRollups!(delivery);
    expect(await (await target.open()).horizons()).toEqual({ ...before, [MINUTE]: horizon });
  });

  more(() => ({ path, expectSameStore }));
}

/** Milliseconds are sums of fractions, whose last digits depend on the order of adding. */
function rounded(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, item: unknown) =>
      typeof item === 'number' && !Number.isInteger(item) ? Number(item.toPrecision(12)) : item,
    ),
  );
}
