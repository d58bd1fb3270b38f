import { fileURLToPath } from 'node:url';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { trace } from '@opentelemetry/api';
import { APP_GUARD } from '@nestjs/core';
import { cookieOf, TOKEN } from '../support/dashboard-access.js';
import { startDashboardApp, get, type DashboardApp } from '../support/dashboard-app.js';
import { FakeClock } from '../support/fake-clock.js';
import { NodeProcess } from '../support/node-process.js';
import { CollectedSpans } from '../support/spans.js';
import { stripPrefix } from '../support/strip-prefix.js';
import { PLATFORMS } from '../support/telemetry-app.js';

const spans = new CollectedSpans();

describe.each(Object.keys(PLATFORMS) as Array<keyof typeof PLATFORMS>)('?token= on %s', (platform) => {
  let dashboard: DashboardApp;
  const start = async (setup: Parameters<typeof startDashboardApp>[0] = {}): Promise<DashboardApp> =>
    (dashboard = await startDashboardApp({ platform, options: { dashboard: { token: TOKEN } }, ...setup }));
  afterEach(() => dashboard.stop());

  it.each([
    ['/llm?token=$', './llm'],
    ['/llm/?token=$', './'],
    ['/llm/?token=$&', './'],
    ['/llm/calls?feature=a&token=$&model=b%20c+d', './calls?feature=a&model=b%20c+d'],
    ['/llm/calls/17?token=$&token=wrong', './17'],
    ['/llm/calls?%74oken=$&tokens=1', './calls?tokens=1'],
    ['/llm/api/calls.csv?range=1h&token=$', './calls.csv?range=1h'],
    ['/llm/nonsense?token=$&x', './nonsense?x'],
    ['/llm/alerts?x=//evil.example&token=$', './alerts?x=//evil.example'],
  ])('redirects %s to %s', async (path, location) => {
    const { get: send } = await start();
    const answer = await send(path.replace('$', TOKEN));
    expect(answer).toMatchObject({
      status: 303,
      headers: { location, 'cache-control': 'no-store' },
      text: '',
    });
    expect(JSON.stringify(answer.headers)).not.toContain(TOKEN);
    const target = new URL(location, `http://localhost${path}`);
    const page = await send(`${target.pathname}${target.search}`, { cookie: cookieOf(answer) });
    expect(page.status).not.toBe(401);
  });

  // marimo-team/marimo#9170: the token stayed in the address until a script removed it.
  it('redirects to the address in the browser behind a proxy that strips a prefix', async () => {
    const { port } = await start({ prefix: 'shop' });
    const proxy = await stripPrefix('/tools', port);
    try {
      const headers = { 'x-forwarded-prefix': '/tools' };
      const answer = await get(proxy.port, `/tools/shop/llm/calls?a=1&token=${TOKEN}`, headers);
      const address = `http://127.0.0.1/tools/shop/llm/calls?a=1&token=${TOKEN}`;
      expect(new URL(answer.headers.location!, address).href).toBe(
        'http://127.0.0.1/tools/shop/llm/calls?a=1',
      );
      expect(answer.headers['set-cookie']![0]).toContain('; Path=/tools/shop/llm;');
    } finally {
      await proxy.stop();
    }
  });

  it('redirects with a valid session even if the token is wrong', async () => {
    const { get: send } = await start();
    const cookie = cookieOf(await send(`/llm?token=${TOKEN}`));
    for (const token of [TOKEN, 'of-an-earlier-deployment', '']) {
      const answer = await send(`/llm/calls?token=${token}`, { cookie });
      expect(answer).toMatchObject({ status: 303, headers: { location: './calls' } });
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
  });

  it('does not redirect with a wrong token or repeat it in the form', async () => {
    const { get: send } = await start();
    const answer = await send('/llm?token=wrong-canary');
    expect(answer.status).toBe(401);
    expect(answer.text).not.toContain('wrong-canary');
  });

  it.each([
    ['passes', TOKEN],
    ['is wrong', 'wrong-canary-token'],
  ])('is redacted in all spans of a request if the token %s', async (_, token) => {
    spans.clear();
    const { get: send } = await start({
      configure: (app) => {
        app.use((request: IncomingMessage, _response: ServerResponse, next: () => void) => {
          const { url } = request;
          const query = url!.slice(url!.indexOf('?') + 1);
          const attributes = { 'url.query': query, 'http.target': url, 'http.url': `http://localhost${url}` };
          trace.getTracer('test').startActiveSpan('GET', { attributes }, (span) => {
            _response.on('close', () => span.end());
            next();
          });
        });
      },
    });
    const end = spans.next(({ name }) => name === 'GET');
    await send(`/llm/calls?a=b%2Fc&%74oken=${token}&token=${token}`);
    const { attributes } = await end;
    expect(attributes).toEqual({
      'url.query': 'a=b%2Fc&token=REDACTED&token=REDACTED',
      'http.target': '/llm/calls?a=b%2Fc&token=REDACTED&token=REDACTED',
      'http.url': 'http://localhost/llm/calls?a=b%2Fc&token=REDACTED&token=REDACTED',
    });
  });

  it('is redacted if a global guard refuses the request', async () => {
    const { get: send } = await start({
      providers: [{ provide: APP_GUARD, useValue: { canActivate: () => false } }],
      configure: (app) => {
        app.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
          const attributes = { 'http.target': request.url };
          trace.getTracer('test').startActiveSpan('GET', { attributes }, (span) => {
            response.on('close', () => span.end());
            next();
          });
        });
      },
    });
    const end = spans.next(({ name }) => name === 'GET');
    expect((await send(`/llm?token=${TOKEN}`)).status).toBe(403);
    expect((await end).attributes).toEqual({ 'http.target': '/llm?token=REDACTED' });
  });

  it("is redacted in the server spans of OpenTelemetry's NodeSDK", async () => {
    const paths = [
      `/llm/calls?a=1&token=${TOKEN}`,
      '/llm?token=wrong-canary',
      `/llm/api/status?token=${TOKEN}`,
    ];
    const script = fileURLToPath(new URL('../process/dashboard-spans.mjs', import.meta.url));
    const process = new NodeProcess([script, platform, ...paths], {
      cwd: import.meta.dirname,
      env: {
        TEST_TOKEN: TOKEN,
        OTEL_TRACES_EXPORTER: 'none',
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'none',
      },
    });
    await process.ended;
    const printed = JSON.parse(process.stdout || process.stderr) as Array<Record<string, unknown>>;
    const queries = printed
      .filter(({ scope }) => scope === '@opentelemetry/instrumentation-http')
      .map(({ attributes }) => (attributes as Record<string, unknown>)['url.query']);
    expect(queries).toEqual(['a=1&token=REDACTED', 'token=REDACTED', 'token=REDACTED']);
    expect(process.stdout).not.toMatch(/wrong-canary|is-hard-to-guess/);
    await start();
  });

  describe('sessions', () => {
    // elastic/kibana#50452, spring-projects/spring-session#275: only the first of several cookies was checked.
    it('are accepted if any of several cookies with the same name is valid', async () => {
      const { get: send } = await start();
      const [name, session] = cookieOf(await send(`/llm?token=${TOKEN}`)).split('=') as [string, string];
      const other = `${name}=1999999999.${'x'.repeat(43)}`;
      const statusOf = async (cookie: string): Promise<number> =>
        (await send('/llm/api/summary', { cookie })).status;
      expect(await statusOf(`${other}; ${name}=${session}`)).toBe(200);
      expect(await statusOf(`${name}=${session}; ${other}`)).toBe(200);
      expect(await statusOf(`${name}=; ${name}; ${name}=x=y; a=b; ${name} = ${session}`)).toBe(200);
      expect(await statusOf(`${name}="${session}"`)).toBe(200);
      expect(await statusOf(`${Array(63).fill(other).join('; ')}; ${name}=${session}`)).toBe(200);
      expect(await statusOf(`x${name}=${session}; ${name}x=${session}; ${other}`)).toBe(401);
    });

    it('are searched in at most 64 cookies with the same name', async () => {
      const { get: send } = await start();
      const [name, session] = cookieOf(await send(`/llm?token=${TOKEN}`)).split('=') as [string, string];
      const cookie = `${Array(64).fill(`${name}=x`).join('; ')}; ${name}=${session}`;
      expect((await send('/llm/api/summary', { cookie })).status).toBe(401);
    });
  });

  it('counts as a wrong token if it is longer than any token', async () => {
    const clock = new FakeClock(Date.now());
    const { post } = await start({ clock });
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const statuses = new Set<number>();
    for (let count = 0; count < 31; count++)
      statuses.add((await post('/llm/login', `token=${'x'.repeat(90_000)}`, form)).status);
    expect([...statuses]).toEqual([401, 429]);
  });
});
