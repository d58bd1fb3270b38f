import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Header } from '@nestjs/common';
import type { Browser, Page } from 'playwright-core';
import { callRecord } from '../support/call-records.js';
import { ASSET, TOKEN } from '../support/dashboard-access.js';
import { startDashboardApp, type DashboardApp } from '../support/dashboard-app.js';
import { PLATFORMS } from '../support/telemetry-app.js';
import { startBrowser } from './browser.js';

/**
 * Pages of other origins attack a dashboard whose application allows CORS for all origins. Browsers send Sec-Fetch
 * headers to `localhost`, but not to `dashboard.test`, which is an untrusted host over plain http.
 */

const PATHS = [
  '/llm',
  '/llm/calls/1',
  '/llm/nonsense',
  `/llm/assets/${ASSET}`,
  '/llm/api/summary',
  '/llm/api/calls.csv',
  '/llm/api/calls.ndjson',
  '/llm/api/live',
  '/llm/api/nothing',
];

import.meta.jest.setTimeout(60_000);

/** Route with CORS for all origins, to show that the attacks succeed without protection. */
@Controller('things')
class ThingsController {
  @Get()
  things(): string[] {
    return ['thing'];
  }

  @Get('attack')
  @Header('content-type', 'text/html')
  attack(): string {
    return '<!doctype html><title>attack</title><body></body>';
  }
}

describe.each(Object.keys(PLATFORMS) as Array<keyof typeof PLATFORMS>)('other origins on %s', (platform) => {
  let browser: Browser;
  let attacker: Server;
  let dashboard: DashboardApp;
  let page: Page;

  beforeAll(async () => {
    browser = await startBrowser('--host-resolver-rules=MAP *.test 127.0.0.1');
    attacker = createServer((_request, response) => {
      response
        .setHeader('content-type', 'text/html')
        .end('<!doctype html><title>attack</title><body></body>');
    });
    await once(attacker.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(async () => {
    await browser.close();
    attacker.close();
  });
  beforeEach(async () => {
    page = await (await browser.newContext()).newPage();
  });
  afterEach(async () => {
    await page.context().close();
    await dashboard.stop();
  });
  const start = async (options: Parameters<typeof startDashboardApp>[0] = {}): Promise<void> => {
    dashboard = await startDashboardApp({
      platform,
      controllers: [ThingsController],
      configure: (app) => app.enableCors({ origin: true, credentials: true }),
      ...options,
    });
    dashboard.store.record(callRecord({ feature: 'canary_feature' }));
  };

  it.each([
    ['another host name', 'evil.test', 'dashboard.test'],
    ['another port', 'dashboard.test', 'dashboard.test'],
    ['another host name, with Sec-Fetch headers', 'evil.test', 'localhost'],
    ['another port, with Sec-Fetch headers', 'localhost', 'localhost'],
  ])('cannot read, embed or frame anything: %s', async (_, ownHost, targetHost) => {
    await start({ options: { dashboard: { open: true } } });
    const target = `http://${targetHost}:${dashboard.port}`;
    const own = `${ownHost}:${(attacker.address() as AddressInfo).port}`;
    await page.goto(`http://${own}/`);
    expect(await page.evaluate(read, [`${target}/things`, {}] as const)).toContain('thing');
    for (const path of PATHS) {
      const url = `${target}${path}`;
      const attempts = {
        fetch: await page.evaluate(read, [url, {}] as const),
        credentials: await page.evaluate(read, [url, { credentials: 'include' }] as const),
        // The application allows the preflight request.
        host: await page.evaluate(read, [url, { headers: { 'x-forwarded-host': own } }] as const),
        opaque: await page.evaluate(read, [url, { mode: 'no-cors' }] as const),
        events: await page.evaluate(listen, url),
        ...(await page.evaluate(embed, url)),
      };
      expect([path, attempts]).toEqual([
        path,
        {
          fetch: 'refused',
          credentials: 'refused',
          host: 'refused',
          opaque: 'refused',
          events: 'refused',
          script: 'refused',
          style: 'refused',
          image: 'refused',
        },
      ]);
    }
    await page.evaluate(frame, `${target}/llm`);
    const texts = await Promise.all(page.frames().map((found) => found.content().catch(() => '')));
    expect(texts.filter((text) => text.includes('LLM telemetry'))).toEqual([]);
  });

  it.each(['dashboard.test', 'localhost'])('cannot send the form to %s', async (host) => {
    await start({ options: { dashboard: { token: TOKEN } } });
    const action = `http://${host}:${dashboard.port}/llm/login`;
    await page.goto(`http://evil.test:${(attacker.address() as AddressInfo).port}/`);
    const answer = page.waitForResponse(action);
    await page.evaluate(submit, [action, TOKEN] as const);
    expect((await answer).status()).toBe(403);
    expect(await page.context().cookies(`http://${host}:${dashboard.port}/llm`)).toEqual([]);
  });

  it('do not include the page itself, which can read the API and sign in', async () => {
    await start({ options: { dashboard: { token: TOKEN } } });
    const referrers: string[] = [];
    page.on('request', (request) => referrers.push(request.headers()['referer'] ?? ''));
    const address = `http://dashboard.test:${dashboard.port}/llm`;
    await page.goto(`${address}?token=${TOKEN}&theme=dark`);
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    expect(page.url()).toMatch(new RegExp(`^${address}/?\\?theme=dark`));
    // The token must not be in the history of the tab.
    expect(await page.evaluate(() => JSON.stringify([history.state, document.referrer]))).not.toContain(
      TOKEN,
    );
    for (const path of ['/llm/api/summary', '/llm/api/calls.csv'])
      expect(await page.evaluate(read, [path, {}] as const)).toMatch(/calls|canary_feature/);
    expect(await page.evaluate(listen, '/llm/api/live')).toBe('open');
    expect(referrers.filter((referrer) => referrer.includes('token='))).toEqual([]);

    await page.context().clearCookies();
    await page.goto(address);
    await page.getByLabel('Token').fill(TOKEN);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(`${address}/**`);
    expect(await page.evaluate(read, ['/llm/api/summary', {}] as const)).toContain('calls');
  });

  it('cannot read anything by DNS rebinding', async () => {
    await start();
    const rebound = `http://rebound.test:${dashboard.port}`;
    // Like a page that was loaded before its host name was rebound to 127.0.0.1.
    await page.goto(`${rebound}/things/attack`);
    for (const path of PATHS) {
      const text = await page.evaluate(read, [path, {}] as const);
      expect([path, text]).toEqual([path, expect.stringContaining('"statusCode":403')]);
      expect(text).not.toContain('canary_feature');
    }
    const response = await page.goto(`${rebound}/llm`);
    expect(response!.status()).toBe(403);
    await page.getByText('was not addressed to localhost').waitFor();
    await page.goto(`http://localhost:${dashboard.port}/llm`);
    expect(await page.evaluate(read, ['/llm/api/summary', {}] as const)).toContain('calls');
  });
});

/** Runs in the page. Returns the text of a response, or `refused`. */
async function read([url, options]: readonly [string, RequestInit]): Promise<string> {
  try {
    const abort = new AbortController();
    const response = await fetch(url, { ...options, signal: abort.signal });
    if (response.type === 'opaque') return 'opaque';
    if (!response.headers.get('content-type')!.startsWith('text/event-stream')) return await response.text();
    abort.abort();
    return 'stream';
  } catch {
    return 'refused';
  }
}

/** Runs in the page. Tries to receive events. */
function listen(url: string): Promise<string> {
  return new Promise((resolve) => {
    const source = new EventSource(url);
    const end = (outcome: string) => () => {
      source.close();
      resolve(outcome);
    };
    source.addEventListener('open', end('open'));
    source.addEventListener('error', end('refused'));
  });
}

/** Runs in the page. Tries to use a URL as script, style and image. */
async function embed(url: string): Promise<Record<string, string>> {
  const load = (tag: 'script' | 'img' | 'link', attribute: 'src' | 'href'): Promise<string> =>
    new Promise((resolve) => {
      const element = document.createElement(tag);
      if (tag === 'link') element.setAttribute('rel', 'stylesheet');
      element.addEventListener('load', () => resolve('loaded'));
      element.addEventListener('error', () => resolve('refused'));
      element.setAttribute(attribute, url);
      document.body.append(element);
    });
  return {
    script: await load('script', 'src'),
    style: await load('link', 'href'),
    image: await load('img', 'src'),
  };
}

/** Runs in the page. Resolves when a frame has loaded or was refused. */
async function frame(url: string): Promise<void> {
  const element = document.createElement('iframe');
  const loaded = new Promise((resolve) => element.addEventListener('load', resolve));
  element.src = url;
  document.body.append(element);
  await loaded;
}

/** Runs in the page. Sends a form. */
function submit([action, token]: readonly [string, string]): void {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = action;
  const input = document.createElement('input');
  input.name = 'token';
  input.value = token;
  form.append(input);
  document.body.append(form);
  form.submit();
}
