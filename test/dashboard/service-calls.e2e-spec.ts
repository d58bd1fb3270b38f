import type { Browser, Page } from 'playwright-core';
import { startDashboardApp, type DashboardApp } from '../support/dashboard-app.js';
import { axeFindings, startBrowser } from './browser.js';
import { attemptOf, callOf, retriedCall } from './fixture-records.js';

import.meta.jest.setTimeout(60_000);

/** Records calls that end one after the other until `now`. The last one has retries. */
function fill({ store }: DashboardApp, now: number): void {
  for (let index = 60; index > 0; index--)
    store.record(
      callOf([attemptOf({ requestModel: 'gpt-4o-mini' })], {
        startedAt: now - 20_000 - index * 1000,
        feature: 'order_dashboard',
        operation: 'summarize',
      }),
    );
  store.record(retriedCall(now - 14_000));
}

describe.each([
  { platform: 'fastify', prefix: undefined, theme: 'light', width: 1488 },
  { platform: 'express', prefix: 'behind/a', theme: 'dark', width: 390 },
] as const)('calls on the dashboard of a service on $platform', ({ platform, prefix, theme, width }) => {
  let browser: Browser;
  let service: DashboardApp;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await startBrowser();
    service = await startDashboardApp({ platform, prefix, options: { dashboard: {} } });
    fill(service, Date.now());
    const context = await browser.newContext({ colorScheme: theme, viewport: { width, height: 900 } });
    page = await context.newPage();
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  const calls = () => page.locator('[data-call]');
  const open = (path: string) =>
    page.goto(`http://127.0.0.1:${service.port}${prefix ? `/${prefix}` : ''}/llm/${path}`);

  it('are listed, sorted, filtered and paginated', async () => {
    await open('calls');
    await calls().nth(49).waitFor();
    await page.getByRole('button', { name: 'Show 50 more' }).click();
    await calls().nth(60).waitFor();
    await open('calls?sort=costUsd');
    await calls().nth(49).waitFor();
    expect(await calls().first().innerText()).toContain('support_chat');
    await open('calls?feature=order_dashboard&retries=without&outcome=ok&text=gpt-4o');
    await calls().nth(49).waitFor();
    expect(await calls().first().innerText()).toContain('order_dashboard');
  });

  it('appear in the list without a reload', async () => {
    await open('calls?feature=contract_review');
    await page.getByRole('heading', { name: 'No calls match' }).waitFor();
    service.store.record(
      callOf([attemptOf()], {
        startedAt: Date.now() - 2000,
        feature: 'contract_review',
        operation: 'extract',
      }),
    );
    await calls().first().waitFor();
    expect(await calls().count()).toBe(1);
  });

  it('have their own pages, and unknown ids are not found', async () => {
    await open('calls/61?feature=support_chat');
    await page.getByRole('heading', { level: 1, name: 'support_chat / reply' }).waitFor();
    await page.locator('.waterfall-key').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await open('calls/61');
    await page.getByRole('link', { name: 'Older' }).click();
    await page.getByRole('heading', { level: 1, name: 'order_dashboard / summarize' }).waitFor();
    expect(complaints.splice(0)).toEqual([]);
    await open('calls/4711');
    await page.getByRole('heading', { level: 1, name: 'Call 4711 not found' }).waitFor();
    expect(complaints.splice(0)).toEqual([expect.stringContaining('404')]);
  });

  it('are evaluated by alerts, which are all listed', async () => {
    await open('alerts');
    await page.locator('.alert-rule').nth(9).waitFor();
    expect(await axeFindings(page)).toEqual([]);
    expect(complaints.splice(0)).toEqual([]);
  });
});
