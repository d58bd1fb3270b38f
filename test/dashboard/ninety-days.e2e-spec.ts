import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext } from 'playwright-core';
import { CALL_STORE, type CallStore } from '../../src/llm-telemetry/store/call-store.js';
import { Records } from '../../bench/store/records.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';
import { startBrowser } from './browser.js';

const DAY = 86_400_000;
const DAYS = 90;
const CALLS_PER_DAY = 60;

/** An answer of the API: what was asked, whenever it was, its size, and how many buckets of time are in it. */
interface Answer {
  readonly question: string;
  readonly bytes: number;
  readonly buckets: number;
}

/**
 * How long the page takes to load is for a bench to say (`npm run bench:page`). What makes it no longer with 90 days than
 * with one: it asks as many questions, and is answered with as many buckets.
 */
describe('90 days of traffic', () => {
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

  /** All that the page asks until everything on it is there. */
  const answersTo = async (path: string): Promise<Answer[]> => {
    const answers: Array<Promise<Answer>> = [];
    const page = await context.newPage();
    page.on('response', (response) => {
      const [, question] = /\/api\/(.+)/.exec(response.url()) ?? [];
      if (question === undefined || question === 'live') return;
      answers.push(
        response.body().then((body) => {
          const { at = [] } = JSON.parse(body.toString()) as { at?: unknown[] };
          return {
            question: question.replaceAll(/\b(from|to)=[^&]*&?/g, ''),
            bytes: body.length,
            buckets: at.length,
          };
        }),
      );
    });
    // Without news nothing is asked twice.
    await page.goto(`${url}/${path}${path.includes('?') ? '&' : '?'}live=off`);
    await page.locator('.plot canvas').nth(2).waitFor();
    await page.locator('table.calls tbody tr').nth(11).waitFor();
    await page.waitForFunction(() => document.querySelector('[aria-busy=true]') === null);
    const all = await Promise.all(answers);
    await page.close();
    return all;
  };
  const interval = (days: number): string => {
    const to = Math.floor(Date.now() / DAY) * DAY;
    return [to - days * DAY, to].map((at) => `${new Date(at).toISOString().slice(0, 16)}Z`).join('/');
  };

  it('is all there', async () => {
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

  it('needs no more questions and no longer answers than a day', async () => {
    const ofDay = await answersTo('');
    const ofAll = await answersTo(`?range=${interval(DAYS)}`);
    // Components that ask the same at the same time share an answer: how many do is chance.
    const questions = (answers: readonly Answer[]): string[] =>
      [...new Set(answers.map(({ question }) => question))].sort();
    expect(questions(ofAll)).toEqual(questions(ofDay));
    expect(ofDay.length).toBeLessThanOrEqual(25);
    for (const answers of [ofDay, ofAll]) {
      // As many as a chart shows, and one that is cut at either end.
      expect(Math.max(...answers.map(({ buckets }) => buckets))).toBeLessThanOrEqual(122);
      for (const { question, bytes } of answers) expect([question, bytes < 60_000]).toEqual([question, true]);
      expect(answers.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(200_000);
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
  // An answer comes after all that was written before it.
  await store.measure({ range: { from: now - DAY, to: now } });
}
