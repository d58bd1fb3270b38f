import { runCommand } from '../../src/llm-telemetry/cli/run-command.js';
import { migrateCommand } from '../../src/llm-telemetry/cli/migrate.js';
import { callRecord } from '../support/call-record.js';
import { TestInstance } from '../support/deliveries.js';
import { PostgresCluster } from '../support/postgres-cluster.js';
import { postgresBackends } from '../support/postgres-store.js';

describe('nestjs-llm-telemetry migrate', () => {
  const backends = postgresBackends();
  let cluster: PostgresCluster;
  let url: string;

  beforeAll(async () => {
    cluster = await PostgresCluster.start();
    url = await cluster.createDatabase();
    await cluster.query('CREATE ROLE app LOGIN');
  }, 120_000);
  afterAll(() => cluster?.stop());

  it('creates the tables, grants a role what it needs, and tells what it did', async () => {
    const where = new URL(url).host + new URL(url).pathname;
    const env = { LLM_STORE_URL: url };
    expect(await migrateCommand(['--check'], env)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('layout 0, expected 2'),
    });
    expect(await runCommand(['migrate', '--url', url, '--grant', 'app'])).toEqual({
      code: 0,
      stdout: `${where} was migrated from layout 0 to 2.\n`,
      stderr: '',
    });
    expect(await migrateCommand(['--check'], env)).toMatchObject({
      code: 0,
      stdout: `${where} is up to date (layout 2).\n`,
    });
    const application = await backends.open(url.replace('llm@', 'app@'), { migrate: 'check' });
    await application.write(new TestInstance().deliver(callRecord()));
    expect((await application.stats()).kept).toBe(1);
  });

  it('rejects invalid arguments without showing the password', async () => {
    for (const args of [[], ['--url', 'postgres://u:secret#1@h/d'], ['--what']]) {
      const { code, stderr } = await migrateCommand(args, {});
      expect([code, stderr]).toEqual([2, expect.stringContaining('Usage: nestjs-llm-telemetry migrate')]);
      expect(stderr).not.toContain('secret');
    }
  });

  it('reports a database that does not respond', async () => {
    expect(await migrateCommand(['--url', 'postgres://u:secret@127.0.0.1:1/d'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'error PostgreSQL: it cannot be reached (ECONNREFUSED).\n',
    });
  });
});
