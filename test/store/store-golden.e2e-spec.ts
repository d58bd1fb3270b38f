import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { BucketedQuery, MeasureQuery, RangeQuery } from 'nestjs-llm-telemetry/store';
import { CallDatabase } from '../../src/llm-telemetry/store/sqlite/call-database.js';
import { readErrors } from '../../src/llm-telemetry/store/core/read-errors.js';
import { readMeasures, readUnpriced } from '../../src/llm-telemetry/store/core/read-measures.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/**
 * Rollups that were written on 2026-11-29: 16 calls of all kinds (retries, failures, missing, estimated and unpriced
 * usage, no request). The fixtures are frozen: each later version must return the same measures, and can have more.
 */
const read = (name: string): string => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
const golden = JSON.parse(read('store-v4-measures.json')) as {
  readonly measures: ReadonlyArray<Golden<MeasureQuery>>;
  readonly errors: ReadonlyArray<Golden<BucketedQuery>>;
  readonly unpriced: ReadonlyArray<Golden<RangeQuery>>;
};

interface Golden<Query> {
  readonly title: string;
  readonly query: Query;
  readonly result: object;
}

describe('a file of layout version 4', () => {
  const folder = temporaryFolder();
  let database: CallDatabase;

  beforeEach(() => {
    const path = folder.file('calls.db');
    const file = new DatabaseSync(path);
    file.exec(`BEGIN; ${read('store-v4.sql')} COMMIT;`);
    file.close();
    database = new CallDatabase(path);
  });
  afterEach(() => database.close());

  it.each(golden.measures)('gives the same $title', async ({ query, result }) => {
    expect(plain(await readMeasures(database, query))).toMatchObject(result);
  });

  it.each(golden.errors)('gives the same $title', async ({ query, result }) => {
    expect(plain(await readErrors(database, query))).toEqual(result);
  });

  it.each(golden.unpriced)('gives the same $title', async ({ query, result }) => {
    expect(plain(await readUnpriced(database, query))).toEqual(result);
  });
});

/** Converts a value to JSON and back, which removes undefined fields. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
