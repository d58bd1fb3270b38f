import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext } from 'playwright-core';
import { CALL_STORE, type CallStore } from '../../src/llm-telemetry/store/call-store.js';
import { Records } from '../../bench/store/records.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';
import { startBrowser } from './browser.js';

const DAY = 86_400_000;
const DAYS = 90;
const CALLS_PER_DAY = 60;

/** Response of the API: request without time range, size, and number of time buckets. */
interface ApiResponse {
  readonly path: string;
  readonly bytes: number;
  readonly buckets: number;
}

/**
 * The time to load the page is measured by `npm run bench:page`. This test checks why it does not grow with the
 * range: the number of requests and the number of buckets in responses are the same.
 */
describe('the overview of 90 days', () => {
  let telemetry: TelemetryApp;
  let browser: Browser;
  let context: BrowserContext;
  let url = '';
  beforeAll(async () => {
    [telemetry, browser] = await Promise.all([
      startTelemetryApp({ options: { store: 'memory', alerts: false } }),
      startBrowser(),
    ]);
    await fill(telemetry.app.get<CallStore>(CALL_STORE));
    await telemetry.app.listen(0, '127.0.0.1');
    url = `http://127.0.0.1:${(telemetry.app.getHttpServer().address() as AddressInfo).port}/llm`;
    context = await browser.newContext({ viewport: { width: 1488, height: 1000 } });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await telemetry.stop();
  });

  /** Loads a page and returns all responses of the API. */
  const responsesOf = async (path: string): Promise<ApiResponse[]> => {
    const responses: Array<Promise<ApiResponse>> = [];
    const page = await context.newPage();
    page.on('response', (response) => {
      const [, path] = /\/api\/(.+)/.exec(response.url()) ?? [];
      if (path === undefined || path === 'live') return;
      responses.push(
        response.body().then((body) => {
          const { at = [] } = JSON.parse(body.toString()) as { at?: unknown[] };
          return {
            path: path.replaceAll(/\b(from|to)=[^&]*&?/g, ''),
            bytes: body.length,
            buckets: at.length,
          };
        }),
      );
    });
    // Without live updates no request is repeated.
    await page.goto(`${url}/${path}${path.includes('?') ? '&' : '?'}live=off`);
    await page.locator('.plot canvas').nth(2).waitFor();
    await page.locator('table.calls tbody tr').nth(11).waitFor();
    await page.waitForFunction(() => document.querySelector('[aria-busy=true]') === null);
    const all = await Promise.all(responses);
    await page.close();
    return all;
  };
  const interval = (days: number): string => {
    const to = Math.floor(Date.now() / DAY) * DAY;
    return [to - days * DAY, to].map((at) => `${new Date(at).toISOString().slice(0, 16)}Z`).join('/');
  };

  it('shows the calls of all days', async () => {
    const page = await context.newPage();
    await page.goto(`${url}/?range=${interval(DAYS)}`);
    await page.getByRole('heading', { name: /in the 90 days to/ }).waitFor();
    const text = await page
      .locator('.kpis')
      .getByRole('button', { name: /^Calls/ })
      .innerText();
    const calls = Number(/([\d,]+)/.exec(text)![1]!.replaceAll(',', ''));
    expect(calls).toBeGreaterThan((DAYS - 2) * CALLS_PER_DAY);
  });

  it('needs the same requests as one day, with responses of limited size', async () => {
    const ofDay = await responsesOf('');
    const ofAll = await responsesOf(`?range=${interval(DAYS)}`);
    // Components with equal concurrent requests share a response, so the number of requests varies.
    const pathsOf = (responses: readonly ApiResponse[]): string[] =>
      [...new Set(responses.map(({ path }) => path))].sort();
    expect(pathsOf(ofAll)).toEqual(pathsOf(ofDay));
    expect(ofDay.length).toBeLessThanOrEqual(25);
    for (const responses of [ofDay, ofAll]) {
      // The maximum of a chart, plus a partial bucket at each end.
      expect(Math.max(...responses.map(({ buckets }) => buckets))).toBeLessThanOrEqual(122);
      for (const { path, bytes } of responses) expect([path, bytes < 60_000]).toEqual([path, true]);
      expect(responses.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(200_000);
    }
  });
});

async function fill(store: CallStore): Promise<void> {
  const records = new Records();
  const now = Date.now();
  const calls = DAYS * CALLS_PER_DAY;
  for (let index = 0; index < calls; index++) {
    store.record(records.next(now - DAYS * DAY + (index / calls) * DAYS * DAY));
    if (index % 5000 === 4999) await store.flush();
  }
  await store.flush();
  // The store responds after all previous writes.
  await store.measure({ range: { from: now - DAY, to: now } });
}
