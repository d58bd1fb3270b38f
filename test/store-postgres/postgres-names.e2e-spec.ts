import { KIND, NAME_LIMITS, type NameLimits } from '../../src/llm-telemetry/store/core/series.js';
import {
  Connection,
  type Statements,
  type TransactionOptions,
} from '../../src/llm-telemetry/store/postgres/connection.js';
import { Names } from '../../src/llm-telemetry/store/postgres/names.js';
import { PostgresCluster } from '../support/postgres-cluster.js';
import { postgresBackends, postgresSettings } from '../support/postgres-store.js';

const TODAY = Math.floor(Date.now() / 86_400_000);

describe('names of a delivery to PostgreSQL', () => {
  const backends = postgresBackends();
  let cluster: PostgresCluster;
  let connection: Connection;
  let statements: number;

  beforeAll(async () => {
    cluster = await PostgresCluster.start();
  }, 120_000);
  afterAll(() => cluster?.stop());
  beforeEach(async () => {
    const url = await cluster.createDatabase();
    await backends.open(url);
    connection = new Connection(postgresSettings(url), async () => '', {
      applicationName: 'test',
      idleMs: null,
    });
    statements = 0;
  });
  afterEach(() => connection.close());

  /** Counts statements. */
  const counted = {
    transaction: <Result>(options: TransactionOptions, run: (within: Statements) => Promise<Result>) =>
      connection.transaction(options, ({ rows, change }) =>
        run({
          rows: (sql, values) => {
            statements++;
            return rows(sql, values);
          },
          change: (sql, values) => {
            statements++;
            return change(sql, values);
          },
        }),
      ),
  } as unknown as Connection;

  function names(limits: NameLimits = NAME_LIMITS): Names {
    return new Names(counted, 'llm_telemetry', { features: [], tenants: ['tenant-7'] }, limits);
  }

  function tenantsOf(resolved: Names, count: number) {
    return resolved.complete(TODAY, () =>
      Array.from({ length: count }, (_tenant, index) =>
        resolved.seriesOfGroup(KIND.tenant, `tenant-${index}`),
      ),
    );
  }

  it('takes as many statements for hundreds of new series as for one', async () => {
    await tenantsOf(names(), 1);
    const ofOne = statements;
    statements = 0;
    const added = await tenantsOf(names(), 400);
    expect(new Set(added.map(({ rollup }) => rollup)).size).toBe(400);
    expect(statements).toBeLessThanOrEqual(ofOne);
    expect(await tenantsOf(names(), 400)).toEqual(added);
  });

  it('gives new series rollups up to the limit, and those of budgets beyond it', async () => {
    const limits = { ...NAME_LIMITS, series: { ...NAME_LIMITS.series, [KIND.tenant]: 3 } };
    const added = await tenantsOf(names(limits), 10);
    const rollups = added.map(({ rollup }) => rollup);
    const other = rollups.at(-1)!;
    expect(rollups.map((rollup) => rollup === other)).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((index) => index > 2 && index !== 7),
    );
    expect(new Set(rollups).size).toBe(5);
    expect(await tenantsOf(names(limits), 10)).toEqual(added);
  });
});
