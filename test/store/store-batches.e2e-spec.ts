import type { CallRecord } from 'nestjs-llm-telemetry';
import { encodeRecord } from '../../src/llm-telemetry/store/record-codec/record-text.js';
import { CallDatabase } from '../../src/llm-telemetry/store/sqlite/call-database.js';
import { readErrors } from '../../src/llm-telemetry/store/core/read-errors.js';
import { readMeasures } from '../../src/llm-telemetry/store/core/read-measures.js';
import { readStats } from '../../src/llm-telemetry/store/sqlite/read-stats.js';
import { callRecord } from '../support/call-record.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const HOST = 'api.openai.com';
const BATCH = `${HOST} batch_1`;
const FILE = `${HOST} file-1`;
const CREATOR = { feature: 'digests', operation: 'submit' };
const DAY = 86_400_000;
const NOW = Date.now();

const folder = temporaryFolder();

const sum = (startedAt = NOW): CallRecord => ({
  ...callRecord(),
  startedAt,
  durationMs: 0,
  batch: { id: 'batch_1', item: null },
});

const measuresOf = async (database: CallDatabase): Promise<unknown> =>
  await readMeasures(database, { range: { from: NOW - 2 * DAY, to: NOW + DAY }, quantiles: true });
const errorsOf = async (database: CallDatabase): Promise<unknown> =>
  await readErrors(database, { range: { from: NOW - 2 * DAY, to: NOW + DAY } });

describe('batches in a SQLite database', () => {
  let database: CallDatabase;
  beforeEach(() => {
    database = new CallDatabase(folder.file('calls.db'));
  });
  afterEach(() => database.close());

  it('are remembered with their creator and their items after the file was closed', () => {
    database.batches.remember({ key: BATCH, resultKeys: [], creator: CREATOR }, NOW);
    database.batches.remember({ key: BATCH, resultKeys: [FILE], creator: null }, NOW);
    expect(database.batches.claim(FILE, ['a', 'b'], NOW)).toEqual({
      isNew: [true, true],
      creator: CREATOR,
      replacesSum: false,
    });
    database.close();
    database = new CallDatabase(folder.file('calls.db'));
    expect(database.batches.claim(FILE, ['b', 'c'], NOW)).toEqual({
      isNew: [false, true],
      creator: CREATOR,
      replacesSum: false,
    });
  });

  it('are shared by two processes with the same file', () => {
    const other = new CallDatabase(folder.file('calls.db'));
    expect(database.batches.claim(FILE, ['a'], NOW).isNew).toEqual([true]);
    expect(other.batches.claim(FILE, ['a', 'b'], NOW).isNew).toEqual([false, true]);
    other.close();
  });

  it('have no new items once they are complete, and keep no items then', () => {
    database.batches.claim(FILE, ['a', 'b'], NOW);
    database.batches.complete(FILE, NOW);
    expect(database.batches.claim(FILE, ['a', 'z'], NOW).isNew).toEqual([false, false]);
    expect(database.database.prepare('SELECT count(*) AS items FROM batch_item').get()).toEqual({ items: 0 });
  });

  it('are forgotten 400 days after their last use', () => {
    const limits = { callMs: 30 * DAY, rollupMs: 400 * DAY, maxBytes: 1e9 };
    database.batches.claim(FILE, ['a'], NOW - 401 * DAY);
    database.batches.claim(`${HOST} file-2`, ['a'], NOW - 399 * DAY);
    database.retain(limits);
    expect(database.batches.claim(FILE, ['a'], NOW).isNew).toEqual([true]);
    expect(database.batches.claim(`${HOST} file-2`, ['a'], NOW).isNew).toEqual([false]);
  });

  it('lose their sum to the first item: measures, errors and calls are those without it', async () => {
    const others = [
      callRecord(),
      { ...callRecord(), startedAt: NOW, durationMs: 0, batch: { id: 'batch_2', item: null } },
      { ...callRecord(), startedAt: NOW, durationMs: 0, batch: { id: 'batch_1', item: 'a' } },
    ];
    database.write(others.map(encodeRecord));
    const without = [
      await measuresOf(database),
      await errorsOf(database),
      readStats(database.database, NOW).kept,
    ];
    database.batches.remember({ key: BATCH, resultKeys: [FILE], creator: CREATOR }, NOW);
    expect(database.batches.claimSum(BATCH, NOW, NOW)).toEqual({ isNew: true, creator: CREATOR });
    database.write([encodeRecord(sum())]);
    expect(await measuresOf(database)).not.toEqual(without[0]);
    expect(database.batches.claim(FILE, ['a'], NOW).replacesSum).toBe(true);
    expect([
      await measuresOf(database),
      await errorsOf(database),
      readStats(database.database, NOW).kept,
    ]).toEqual(without);
    expect(database.batches.claim(FILE, ['b'], NOW).replacesSum).toBe(true);
    expect(readStats(database.database, NOW).kept).toBe(3);
  });

  it('take over what a database in memory remembered while the file could not be used', () => {
    const memory = new CallDatabase(':memory:');
    database.batches.claim(FILE, ['a'], NOW);
    memory.batches.remember({ key: BATCH, resultKeys: [FILE], creator: CREATOR }, NOW);
    memory.batches.claim(FILE, ['b'], NOW);
    memory.batches.claim(`${HOST} file-2`, ['a'], NOW);
    memory.batches.complete(`${HOST} file-2`, NOW);
    database.batches.addFrom(memory.batches);
    expect(database.batches.claim(FILE, ['a', 'b', 'c'], NOW)).toMatchObject({
      isNew: [false, false, true],
      creator: CREATOR,
    });
    expect(database.batches.claim(`${HOST} file-2`, ['z'], NOW).isNew).toEqual([false]);
    memory.close();
  });
});
