import { StatementSync } from 'node:sqlite';
import { CallDatabase } from '../../src/llm-telemetry/store/sqlite/call-database.js';
import { encodeRecord } from '../../src/llm-telemetry/store/record-codec/record-text.js';
import { KIND } from '../../src/llm-telemetry/store/core/series.js';
import { callRecord } from '../support/call-record.js';

const LIMITS = { names: 2000, series: { [KIND.model]: 150, [KIND.route]: 100, [KIND.tenant]: 100 } };

/** Returns the SQL of the queries that `work` runs. */
function queriesOf(work: () => void): string[] {
  const run = import.meta.jest.spyOn(StatementSync.prototype, 'get');
  try {
    work();
    return run.mock.contexts.map((statement) => (statement as StatementSync).sourceSQL);
  } finally {
    run.mockRestore();
  }
}

describe('a delivery with many new names', () => {
  let database: CallDatabase;
  beforeEach(() => {
    database = new CallDatabase(':memory:', undefined, undefined, LIMITS);
  });
  afterEach(() => database.close());

  const write = (names: number, prefix: string): void => {
    const texts = Array.from({ length: names }, (_, index) =>
      encodeRecord(
        callRecord({
          feature: `${prefix}-feature-${index}`,
          route: `${prefix}-route-${index}`,
          identity: { tenantId: `${prefix}-tenant-${index}` },
        }),
      ),
    );
    expect(database.write(texts).written).toBe(names);
  };
  const countsIn = (queries: readonly string[]): number =>
    queries.filter((sql) => sql.includes('count(*)')).length;

  it('counts each list once, however many names there are', () => {
    const few = countsIn(queriesOf(() => write(2, 'few')));
    // The lists of routes and tenants are full then.
    const many = countsIn(queriesOf(() => write(200, 'many')));
    expect(few).toBeGreaterThan(0);
    // Beyond the limit, the series that are in "other" are counted, too.
    expect(many).toBeLessThanOrEqual(few + 1);
  });

  it('keeps the limits of the lists', () => {
    write(90, 'one');
    write(90, 'two');
    write(90, 'three');
    const rolled = Object.values(KIND).map((kind) => database.names.countRolled(kind));
    // Beside the limit, there is the series "other".
    expect(rolled).toEqual([151, 101, 101]);
  });
});
