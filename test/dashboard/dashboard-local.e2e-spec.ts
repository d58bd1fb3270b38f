import { networkInterfaces } from 'node:os';
import { createConnection } from 'node:net';
import { once } from 'node:events';
import { callRecord } from '../support/call-records.js';
import { BEARER, TOKEN } from '../support/dashboard-access.js';
import { startDashboardApp, type Answer, type DashboardApp } from '../support/dashboard-app.js';
import { PLATFORMS } from '../support/telemetry-app.js';

const HTML = { accept: 'text/html,*/*' };
const PATHS = ['', '/calls', '/nonsense', '/assets/x.js', '/api/summary', '/api/calls.csv', '/api/live'];

/** Requests from a loopback address that do not come from this machine, with the reason in the message. */
const REMOTE: ReadonlyArray<readonly [Record<string, string>, string]> = [
  // DNS rebinding: the browser sends the host name of the page.
  [{ host: 'evil.example' }, 'was not addressed to localhost'],
  [{ host: 'evil.example:3000' }, 'was not addressed to localhost'],
  [{ host: 'localhost.evil.example' }, 'was not addressed to localhost'],
  [{ host: '127.0.0.1.evil.example' }, 'was not addressed to localhost'],
  [{ host: '127.0.0.1@evil.example' }, 'was not addressed to localhost'],
  [{ host: 'evil.example#.localhost' }, 'was not addressed to localhost'],
  // rails/rails#33145: the page of a rebound name sends the headers that the server trusts.
  [{ host: 'evil.example', x_forwarded_host: 'localhost' }, 'was not addressed to localhost'],
  [{ host: 'evil.example', 'x-forwarded-host': 'localhost' }, 'came through a proxy'],
  [{ host: '0.0.0.0' }, 'was not addressed to localhost'],
  [{ host: '192.168.1.7' }, 'was not addressed to localhost'],
  [{ host: '[fe80::1]' }, 'was not addressed to localhost'],
  ...['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-prefix']
    .concat('x-forwarded-port', 'x-forwarded-server', 'x-real-ip', 'x-original-forwarded-for')
    .concat('cf-connecting-ip', 'x-envoy-external-address')
    .map((name) => [{ [name]: '127.0.0.1' }, 'came through a proxy'] as const),
  // A proxy on this machine that rewrites Host: referrers of its pages contain the public host.
  [{ referer: 'https://orders.example.com/llm' }, 'came from a page that is not on localhost'],
  [
    { referer: 'https://orders.example.com/llm', 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' },
    'came from a page that is not on localhost',
  ],
];

const LOCAL: ReadonlyArray<Record<string, string>> = [
  { host: 'localhost' },
  { host: 'localhost:3000' },
  { host: 'LOCALHOST:3000' },
  // mgedmin/restview#51: a trailing dot, and any address of 127.0.0.0/8.
  { host: 'localhost.' },
  { host: 'orders.localhost:3000' },
  { host: '127.0.0.1:3000' },
  { host: '127.8.9.10' },
  { host: '[::1]:3000' },
  { host: '[::ffff:127.0.0.1]:3000' },
  { referer: 'http://localhost:3000/llm', 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' },
  // A link on another site.
  {
    referer: 'https://wiki.example.com/',
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
  },
];

describe.each(Object.keys(PLATFORMS) as Array<keyof typeof PLATFORMS>)('requests on %s', (platform) => {
  let dashboard: DashboardApp;
  const start = async (setup: Parameters<typeof startDashboardApp>[0] = {}): Promise<DashboardApp> =>
    (dashboard = await startDashboardApp({ platform, ...setup }));
  const env = process.env['NODE_ENV'];
  afterEach(async () => {
    process.env['NODE_ENV'] = env;
    await dashboard.stop();
  });
  const warnings = (): unknown[] =>
    dashboard.logger.of('LlmDashboard').flatMap(({ level, message }) => (level === 'warn' ? [message] : []));

  it.each(REMOTE)('are rejected without token and guards if they are remote: %j', async (headers, reason) => {
    const { get, store } = await start();
    store.record(callRecord({ feature: 'canary_feature' }));
    for (const path of PATHS) {
      const answer = await get(`/llm${path}`, headers);
      expect([path, answer.status]).toEqual([path, 403]);
      expect(answer.json()).toMatchObject({ message: expect.stringContaining(`this one ${reason}.`) });
      expect(answer.text).not.toContain('canary_feature');
    }
    expect(warnings()).toEqual([
      `Dashboard: refused a request that ${reason}. Without dashboard.token or dashboard.guards only requests from ` +
        'this machine are served. Set one of them, or set dashboard: { open: true } to serve everyone who can ' +
        'reach the port (logged once).',
    ]);
  });

  it.each(LOCAL)('are served without token and guards if they are local: %j', async (headers) => {
    const { get } = await start();
    const paths = headers['sec-fetch-site'] === 'cross-site' ? ['', '/calls'] : ['', '/api/summary'];
    for (const path of paths) expect((await get(`/llm${path}`, headers)).status).toBe(200);
    expect(warnings()).toEqual([]);
  });

  it('get a page that explains how to open the dashboard and does not repeat the request', async () => {
    const { get } = await start();
    const page = await get('/llm/<b>?<b>', {
      ...HTML,
      host: 'canary.example',
      referer: 'http://canary.example/',
    });
    expect([page.status, page.headers['content-type']]).toEqual([403, 'text/html; charset=utf-8']);
    for (const remedy of [
      'token: process.env.LLM_DASHBOARD_TOKEN',
      'dashboard.guards',
      'open: true',
      'kubectl',
    ])
      expect(page.text).toContain(remedy);
    expect(page.text).not.toMatch(/canary|<b>/);
    expect(String(warnings())).not.toContain('canary');
  });

  it('are rejected over HTTP/1.0, which nginx uses by default', async () => {
    const { port } = await start();
    const socket = createConnection(port, '127.0.0.1').setEncoding('utf8');
    socket.write(`GET /llm/api/summary HTTP/1.0\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`);
    const [text] = (await once(socket, 'data')) as [string];
    expect(text).toMatch(/^HTTP\/1\.1 403 /);
    socket.destroy();
  });

  it('are rejected from another network address', async () => {
    const address = Object.values(networkInterfaces())
      .flat()
      .find((found) => found && !found.internal && found.family === 'IPv4')?.address;
    // A machine without a network has only the loopback addresses, which the tests above cover.
    if (address === undefined) return void (await start());
    const { app } = await start({ host: '0.0.0.0' });
    const { port } = app.getHttpServer().address() as { port: number };
    for (const host of [`${address}:${port}`, 'localhost']) {
      const response = await fetchFrom(address, port, host);
      expect(response).toMatch(/^HTTP\/1\.1 403 [^]*came from another machine/);
    }
  });

  it.each([{ open: true }, { token: TOKEN }, { guards: [{ canActivate: () => true }] }])(
    'are served for other machines with %j',
    async (option) => {
      const { get } = await start({ options: { dashboard: option } });
      for (const [headers] of REMOTE) {
        const answer: Answer = await get('/llm/api/summary', {
          ...headers,
          ...('token' in option && BEARER),
        });
        expect([headers, answer.status]).toEqual([headers, 200]);
      }
    },
  );

  it.each(['production', 'Production', 'PROD', ' production ', '"production"', 'prod-eu', 'prd', 'live'])(
    'get status 404 with NODE_ENV=%j unless access is configured',
    async (name) => {
      process.env['NODE_ENV'] = name;
      const { get } = await start();
      for (const path of PATHS) expect((await get(`/llm${path}`)).status).toBe(404);
      await dashboard.stop();
      const open = await start({ options: { dashboard: { open: true } } });
      expect((await open.get('/llm', { host: 'orders.example.com' })).status).toBe(200);
    },
  );

  it.each([undefined, '', 'development', 'test', 'staging', 'preprod', 'non-production'])(
    'are served only for this machine with NODE_ENV=%j',
    async (name) => {
      if (name === undefined) delete process.env['NODE_ENV'];
      else process.env['NODE_ENV'] = name;
      const { get } = await start();
      expect((await get('/llm')).status).toBe(200);
      expect((await get('/llm', { host: 'orders.example.com' })).status).toBe(403);
    },
  );
});

/** Sends a request to an address and returns the response as text. */
async function fetchFrom(address: string, port: number, host: string): Promise<string> {
  const socket = createConnection(port, address).setEncoding('utf8');
  socket.write(`GET /llm/api/summary HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  let text = '';
  for await (const piece of socket) text += piece as string;
  return text;
}
