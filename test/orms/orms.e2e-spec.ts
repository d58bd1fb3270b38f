import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { callRecord } from '../support/call-record.js';
import { TestInstance } from '../support/deliveries.js';
import { NodeProcess } from '../support/node-process.js';
import { PostgresCluster } from '../support/postgres-cluster.js';
import { postgresBackends } from '../support/postgres-store.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Projects whose ORM manages the tables of the database that the store is in. */

const FOLDER = import.meta.dirname;

describe('the tables of the store beside an ORM', () => {
  const backends = postgresBackends();
  const folder = temporaryFolder();
  let cluster: PostgresCluster;
  let url: string;
  let before: unknown;

  beforeAll(async () => {
    cluster = await PostgresCluster.start();
  }, 120_000);
  afterAll(() => cluster.stop());
  beforeEach(async () => {
    url = await cluster.createDatabase();
    const backend = await backends.open(url);
    await backend.write(new TestInstance().deliver(callRecord()));
    before = await contents();
  });

  /** Returns all objects of the store's schema, and the number of calls. */
  async function contents(): Promise<unknown> {
    const objects = await cluster.query(
      `SELECT relname, relkind::text FROM pg_class WHERE relnamespace = 'llm_telemetry'::regnamespace ORDER BY 1`,
      url,
    );
    return [objects, await cluster.query('SELECT count(*)::int AS calls FROM llm_telemetry.call', url)];
  }

  async function expectIntact(): Promise<void> {
    expect(await contents()).toEqual(before);
    const backend = await backends.open(url);
    await backend.write(new TestInstance().deliver(callRecord()));
    expect((await backend.stats()).kept).toBe(2);
  }

  async function run(program: string, ...args: string[]): Promise<string> {
    const env = { DATABASE_URL: url, DRIZZLE_OUT: folder.file('drizzle') };
    const child = new NodeProcess([join(FOLDER, 'node_modules', program), ...args], { cwd: FOLDER, env });
    const { code } = await child.ended;
    if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${child.stdout}${child.stderr}`);
    return child.stdout;
  }

  const columns = () =>
    cluster.query(
      `SELECT column_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'orders' ORDER BY 1`,
      url,
    );
  const ORDERS = [{ name: 'id' }, { name: 'text' }];

  // typeorm/typeorm#4731, #7814, #6641: what schema synchronization does to tables without entities.
  it('are not part of migrations that TypeORM generates, and stay when the schema is synchronized or dropped', async () => {
    const source = ['-d', 'typeorm/data-source.cjs'];
    const target = folder.file('initial');
    await run('typeorm/cli.js', 'migration:generate', target, '--outputJs', ...source);
    const file = readdirSync(folder.path).find((name) => name.endsWith('initial.js'));
    const migration = readFileSync(folder.file(file!), 'utf8');
    expect(migration).toContain('CREATE TABLE "orders"');
    expect(migration).not.toContain('llm_telemetry');
    await run('typeorm/cli.js', 'schema:sync', ...source);
    expect(await columns()).toEqual(ORDERS);
    await expectIntact();
    before = await contents();
    await run('typeorm/cli.js', 'schema:drop', ...source);
    expect(await columns()).toEqual([]);
    expect(await contents()).toEqual(before);
  }, 120_000);

  // drizzle-team/drizzle-orm#2632, #4796, #5190, #5329: push drops schemas, tables and policies that it does not know.
  it('are not part of migrations that Drizzle Kit generates, and stay when it pushes or pulls', async () => {
    const config = '--config=drizzle/drizzle.config.ts';
    await run('drizzle-kit/bin.cjs', 'push', config, '--force');
    expect(await columns()).toEqual(ORDERS);
    await expectIntact();
    expect(await run('drizzle-kit/bin.cjs', 'push', config, '--force')).toContain('No changes detected');
    await run('drizzle-kit/bin.cjs', 'generate', config);
    await run('drizzle-kit/bin.cjs', 'pull', config);
    const files = readdirSync(folder.file('drizzle'), { recursive: true, encoding: 'utf8' });
    const texts = files
      .filter((name) => /\.(?:sql|ts|json)$/.test(name))
      .map((name) => readFileSync(join(folder.file('drizzle'), name), 'utf8'));
    expect(texts.join('')).toContain('orders');
    expect(texts.join('')).not.toContain('llm_telemetry');
  }, 120_000);
});
