import pg from 'pg';
import { KIND } from '../../src/llm-telemetry/store/core/series.js';
import { callRecord } from '../support/call-record.js';
import { TestInstance } from '../support/deliveries.js';
import { PostgresCluster } from '../support/postgres-cluster.js';
import { postgresBackends } from '../support/postgres-store.js';

const LIMITS = { names: 5000, series: { [KIND.model]: 150, [KIND.route]: 100, [KIND.tenant]: 100 } };

describe('deliveries to PostgreSQL with many new names', () => {
  const backends = postgresBackends();
  let cluster: PostgresCluster;
  let url: string;

  beforeAll(async () => {
    cluster = await PostgresCluster.start();
  }, 120_000);
  afterAll(() => cluster?.stop());
  beforeEach(async () => {
    url = await cluster.createDatabase();
  });

  /** Calls that have a name of their own in each list. */
  const calls = (count: number, prefix: string) =>
    Array.from({ length: count }, (_, index) =>
      callRecord({
        feature: `${prefix}-feature-${index}`,
        route: `${prefix}-route-${index}`,
        identity: { tenantId: `${prefix}-tenant-${index}` },
      }),
    );

  it('take the same number of statements for 2 and for 300 of them', async () => {
    const reservedNames = { features: ['many-feature-7'], tenants: ['many-tenant-7'] };
    const backend = await backends.open(url, {}, { reservedNames, limits: LIMITS });
    const instance = new TestInstance();
    await backend.write(instance.deliver(callRecord()));
    const query = import.meta.jest.spyOn(pg.Client.prototype, 'query');
    try {
      await backend.write(instance.deliver(...calls(2, 'few')));
      const few = query.mock.calls.length;
      query.mockClear();
      // More than the limits: the names beyond are counted under "other".
      await backend.write(instance.deliver(...calls(300, 'many')));
      expect(query.mock.calls.length).toBe(few);
      query.mockClear();
      await backend.write(instance.deliver(...calls(300, 'many')));
      expect(query.mock.calls.length).toBeLessThan(few);
    } finally {
      query.mockRestore();
    }
  }, 60_000);

  it('keep the limits of the lists, and the series of budgets', async () => {
    const reservedNames = { features: ['third-feature-89'], tenants: ['third-tenant-89'] };
    const backend = await backends.open(url, {}, { reservedNames, limits: LIMITS });
    const instance = new TestInstance();
    for (const prefix of ['first', 'second', 'third'])
      await backend.write(instance.deliver(...calls(90, prefix)));
    const rows = await cluster.query(
      'SELECT kind, rolled, count(*)::int AS count FROM llm_telemetry.series GROUP BY kind, rolled ORDER BY kind, rolled',
      url,
    );
    expect(rows.map(({ kind, rolled, count }) => [kind, rolled, count])).toEqual([
      // 270 calls: 150 series of their own, the others in "other", or in that of the feature with a budget.
      [KIND.model, 0, 120],
      [KIND.model, 1, 152],
      [KIND.route, 1, 101],
      [KIND.tenant, 1, 101],
      [KIND.tenant, 2, 1],
    ]);
  }, 60_000);
});
