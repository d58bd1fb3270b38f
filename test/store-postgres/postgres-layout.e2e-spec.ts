import { ALL_SUMS, HISTOGRAM_MEASURES } from '../../src/llm-telemetry/store/measure-table.js';
import { ERRORS, MEASURES } from '../../src/llm-telemetry/store/postgres/sum-columns.js';
import { callRecord } from '../support/call-record.js';
import { TestInstance } from '../support/deliveries.js';
import { PostgresCluster } from '../support/postgres-cluster.js';
import { postgresBackends } from '../support/postgres-store.js';

describe('the layout in PostgreSQL', () => {
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

  it.each([
    ['rollup', () => [...MEASURES.sums, ...MEASURES.histograms], ALL_SUMS.length + HISTOGRAM_MEASURES.length],
    ['delta', () => [...MEASURES.sums, ...MEASURES.histograms], ALL_SUMS.length + HISTOGRAM_MEASURES.length],
    ['error', () => ERRORS.sums, ERRORS.sums.length],
    ['delta_error', () => ERRORS.sums, ERRORS.sums.length],
  ] as const)('has a column for each sum in the table %s', async (table, columns, count) => {
    await backends.open(url);
    const rows = await cluster.query(
      `SELECT column_name, data_type FROM information_schema.columns
       WHERE table_schema = 'llm_telemetry' AND table_name = '${table}'`,
      url,
    );
    const found = rows.map(({ column_name: name }) => name);
    expect(columns()).toHaveLength(count);
    expect(found).toEqual(expect.arrayContaining([...columns()]));
  });

  it('is migrated by one role and used by another that owns nothing', async () => {
    const application = backends.create(url.replace('llm@', 'app@'), { migrate: 'check' });
    await cluster.query('CREATE ROLE app LOGIN');
    await expect(application.open()).rejects.toMatchObject({
      trouble: 'older_version',
      message: expect.stringContaining('npx nestjs-llm-telemetry migrate'),
    });
    await backends.open(url);
    await cluster.query(
      `GRANT USAGE ON SCHEMA llm_telemetry TO app;
       GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA llm_telemetry TO app;
       GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA llm_telemetry TO app`,
      url,
    );
    await application.open();
    const endedAt = Date.now() - 5 * 86_400_000;
    await application.write(new TestInstance().deliver(callRecord({ endedAt }), callRecord()));
    await application.upkeep();
    expect((await application.stats()).kept).toBe(2);
  });

  // dbt-labs/dbt-core#295, koordinates/kart#391: CREATE SCHEMA IF NOT EXISTS needs a permission even if the schema exists.
  it('is created in an existing schema by a role that cannot create schemas', async () => {
    await cluster.query('CREATE ROLE owner LOGIN; CREATE SCHEMA telemetry AUTHORIZATION owner', url);
    const backend = await backends.open(url.replace('llm@', 'owner@'), { schema: 'telemetry' });
    await backend.write(new TestInstance().deliver(callRecord()));
    expect((await backend.stats()).kept).toBe(1);
  });

  it('is not compacted by instances that do not know it', async () => {
    const backend = await backends.open(url);
    await backend.write(new TestInstance().deliver(callRecord()));
    await cluster.query(
      `UPDATE llm_telemetry.state SET layout = layout + 1, compacted_at = '-infinity'`,
      url,
    );
    const deltas = () => cluster.query('SELECT * FROM llm_telemetry.delta ORDER BY id', url);
    const before = await deltas();
    expect(before).not.toEqual([]);
    await backend.upkeep();
    expect(await deltas()).toEqual(before);
    await cluster.query('UPDATE llm_telemetry.state SET layout = layout - 1', url);
    await backend.upkeep();
    expect(await deltas()).toEqual([]);
  });

  it('is not created in a schema of another application', async () => {
    await cluster.query('CREATE TABLE public.call (id int)', url);
    await expect(backends.create(url, { schema: 'public' }).open()).rejects.toMatchObject({
      trouble: 'not_a_store',
      message: expect.stringContaining('"public"'),
    });
  });

  it('is not created in a database that cannot store all names', async () => {
    await cluster.query(`CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0`);
    await expect(backends.create(cluster.url('latin')).open()).rejects.toMatchObject({
      message: expect.stringContaining('must have the encoding UTF8, found LATIN1'),
    });
  });

  it('is created again after the schema was dropped', async () => {
    const backend = await backends.open(url);
    const instance = new TestInstance();
    await backend.write(instance.deliver(callRecord()));
    await cluster.query('DROP SCHEMA llm_telemetry CASCADE', url);
    const delivery = instance.deliver(callRecord());
    await expect(backend.write(delivery)).rejects.toMatchObject({ trouble: 'older_version' });
    await backend.write(delivery);
    expect((await backend.stats()).kept).toBe(1);
  });
});
