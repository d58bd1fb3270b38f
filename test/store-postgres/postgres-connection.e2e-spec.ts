import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { callRecord } from '../support/call-record.js';
import { TestInstance } from '../support/deliveries.js';
import { PostgresCluster } from '../support/postgres-cluster.js';
import { postgresBackends } from '../support/postgres-store.js';
import { startPgbouncer } from '../support/pgbouncer.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const RANGE = { from: 0, to: Date.now() + 86_400_000 };

describe('connections to PostgreSQL', () => {
  const backends = postgresBackends();
  let cluster: PostgresCluster;
  let proxy: TcpProxy;
  let url: string;
  let proxied: string;

  beforeAll(async () => {
    cluster = await PostgresCluster.start({ max_connections: '20' });
  }, 120_000);
  afterAll(() => cluster?.stop());
  beforeEach(async () => {
    url = await cluster.createDatabase();
    proxy = await TcpProxy.start(cluster.port);
    proxied = url.replace(`:${cluster.port}/`, `:${proxy.port}/`);
  });
  afterEach(() => proxy.stop());

  const deliver = () => new TestInstance().deliver(callRecord());

  it('are at most two, and one of them is only open while someone reads', async () => {
    const backend = await backends.open(proxied);
    await backend.write(deliver());
    expect(proxy.openConnections).toBe(1);
    await Promise.all(Array.from({ length: 20 }, () => backend.stats()));
    await Promise.all([backend.write(deliver()), backend.upkeep(), backend.searchCalls({ range: RANGE })]);
    expect(proxy.connections).toBe(2);
    const rows = await cluster.query(
      `SELECT application_name FROM pg_stat_activity WHERE datname = '${new URL(url).pathname.slice(1)}' ORDER BY 1`,
    );
    expect(rows.map(({ application_name: name }) => name)).toEqual([
      'nestjs-llm-telemetry reader',
      'nestjs-llm-telemetry writer',
    ]);
  });

  // brianc/node-postgres#1324, #3260, metatool-ai/metamcp#125, bytebase/dbhub#422: an error of an idle connection ends the process.
  it('survive that the server ends idle sessions', async () => {
    const backend = await backends.open(url);
    await backend.stats();
    await cluster.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'nestjs-llm-telemetry%'`,
    );
    await cluster.query('SELECT 1');
    for (let attempt = 0; ; attempt++) {
      try {
        await backend.write(deliver());
        break;
      } catch (error) {
        // The end of the connection may not have been received yet.
        expect(error).toMatchObject({ trouble: 'unreachable' });
        expect(attempt).toBe(0);
      }
    }
    expect((await backend.stats()).kept).toBe(1);
  });

  it('are opened again after the network failed', async () => {
    const backend = await backends.open(proxied);
    proxy.cut();
    await expect(backend.write(deliver()).catch(() => backend.write(deliver()))).resolves.toBeUndefined();
  });

  // brianc/node-postgres#3399: after `query_timeout`, the connection stays busy, and the next query waits, too.
  it('are destroyed if the server does not respond, and the next write uses another one', async () => {
    const backend = await backends.open(proxied);
    proxy.freeze();
    await expect(backend.write(deliver())).rejects.toMatchObject({ trouble: 'timeout' });
    proxy.thaw();
    const before = proxy.connections;
    await backend.write(deliver());
    expect(proxy.connections).toBe(before + 1);
    expect((await backend.stats()).kept).toBe(1);
  }, 60_000);

  // brianc/node-postgres#3169, #3197: connecting never ends if the server accepts the connection and does not respond.
  it('fail with a timeout if the server accepts a connection and does not respond', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const backend = backends.create(`postgres://llm@127.0.0.1:${port}/postgres`);
    await expect(backend.open()).rejects.toMatchObject({ trouble: 'timeout' });
    silent.close();
  }, 60_000);

  it('report a server that is down', async () => {
    const backend = backends.create(`postgres://llm:secret-password@127.0.0.1:1/postgres`);
    const error = await backend.open().catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({ trouble: 'unreachable', message: expect.stringContaining('ECONNREFUSED') });
    expect(String(error)).not.toContain('secret-password');
  });

  it('report a database that does not exist, and a missing schema permission', async () => {
    const missing = backends.create(url.replace(/[^/]*$/, 'nothing'));
    await expect(missing.open()).rejects.toMatchObject({ trouble: 'refused' });
    await cluster.query('CREATE ROLE guest LOGIN', url).catch(() => {});
    const guest = backends.create(url.replace('llm@', 'guest@'));
    await expect(guest.open()).rejects.toMatchObject({
      trouble: 'forbidden',
      message: expect.stringContaining('permission denied for database'),
    });
  });

  it('report that the server has no connection left, and recover', async () => {
    await cluster.query('CREATE ROLE limited LOGIN CONNECTION LIMIT 0').catch(() => {});
    const backend = backends.create(url.replace('llm@', 'limited@'));
    await expect(backend.open()).rejects.toMatchObject({ trouble: 'too_many_connections' });
    await cluster.query('ALTER ROLE limited CONNECTION LIMIT 5; ALTER ROLE limited SUPERUSER');
    await backend.open();
  });

  // keycloak/keycloak#22422, sidorares/node-mysql2#4075: after a failover, a pool keeps connections to the standby.
  it('leave a server that became read-only', async () => {
    const backend = await backends.open(proxied);
    await cluster.query(
      `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET default_transaction_read_only = on`,
    );
    proxy.cut();
    const write = () => backend.write(deliver());
    await expect(write().catch(write)).rejects.toMatchObject({ trouble: 'read_only' });
    const before = proxy.connections;
    await cluster.query(
      `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET default_transaction_read_only = off`,
    );
    await write();
    expect(proxy.connections).toBe(before + 1);
  });

  // brianc/node-postgres#1873: IAM tokens are valid for 15 minutes.
  it('ask for a new password each time', async () => {
    const hba = 'host all rotated 127.0.0.1/32 scram-sha-256\n';
    await cluster.prependHba(hba);
    await cluster.query(`CREATE ROLE rotated LOGIN SUPERUSER PASSWORD 'token-1'`);
    const tokens = ['token-1', 'token-2'];
    const secret = async (): Promise<string> => tokens.shift() ?? 'outdated';
    const connection = proxied.replace('llm@', 'rotated:ignored@');
    const backend = await backends.open(connection, { asksPassword: true }, { secret });
    await cluster.query(`ALTER ROLE rotated PASSWORD 'token-2'`);
    proxy.cut();
    const write = () => backend.write(deliver());
    await write().catch(write);
    expect(tokens).toEqual([]);
    proxy.cut();
    await expect(write().catch(write)).rejects.toMatchObject({ trouble: 'refused' });
    const failing = backends.create(
      connection,
      { asksPassword: true },
      {
        secret: () => Promise.reject(new Error('the token is secret-token')),
      },
    );
    const error = await failing.open().catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({
      trouble: 'refused',
      message: 'PostgreSQL: the option "password" failed (Error).',
    });
  });

  // brianc/node-postgres#1924, sidorares/node-mysql2#1017: pools keep the token they were made with, which expires.
  it('stay open when their token expires, and the next one uses a new token', async () => {
    await cluster.prependHba('host all iam 127.0.0.1/32 scram-sha-256\n');
    await cluster.query(`CREATE ROLE iam LOGIN SUPERUSER`);
    let tokens = 0;
    const secret = async (): Promise<string> => {
      const token = `token-${++tokens}`;
      await cluster.query(`ALTER ROLE iam PASSWORD '${token}' VALID UNTIL '${inMinutes(15)}'`);
      return token;
    };
    const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();
    const backend = await backends.open(proxied.replace('llm@', 'iam@'), { asksPassword: true }, { secret });
    await cluster.query(`ALTER ROLE iam VALID UNTIL '${inMinutes(-1)}'`);
    await backend.write(deliver());
    expect(tokens).toBe(1);
    proxy.cut();
    const write = () => backend.write(deliver());
    await write().catch(write);
    expect(tokens).toBe(2);
  });

  // brianc/node-postgres#2103, logto-io/logto#8065: pgbouncer rejects startup parameters such as statement_timeout.
  // porsager/postgres#547, goauthentik/authentik#23876: named statements and locks of a session get lost.
  it('work through pgbouncer in transaction mode with fewer connections than instances', async () => {
    const pooler = await startPgbouncer(cluster);
    try {
      const pooled = pooler.url(new URL(url).pathname.slice(1));
      const instances = await Promise.all(
        Array.from({ length: 6 }, async () => {
          const backend = backends.create(pooled);
          const instance = new TestInstance();
          for (let delivery = 0; delivery < 5; delivery++) {
            await backend.write(instance.deliver(callRecord({ feature: `feature-${delivery}` })));
            await backend.upkeep();
            await backend.searchCalls({ range: RANGE, where: { feature: ['feature-1'] } });
          }
          return backend;
        }),
      );
      expect((await instances[0]!.stats()).kept).toBe(30);
      await Promise.all(instances.map((backend) => backend.close()));
    } finally {
      await pooler.stop();
    }
    const locks = await cluster.query(`SELECT * FROM pg_locks WHERE locktype = 'advisory'`);
    expect(locks).toEqual([]);
  }, 60_000);
});
