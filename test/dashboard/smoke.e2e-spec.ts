import type { Browser, Page } from 'playwright-core';
import { TOKEN } from '../support/dashboard-access.js';
import { startDashboardApp, type DashboardApp } from '../support/dashboard-app.js';
import { stripPrefix, type Proxy } from '../support/strip-prefix.js';
import { axeFindings, startBrowser } from './browser.js';
import { FixtureCalls } from './fixture-calls.js';

/** Path in the browser: a proxy strips `/tools`, and `/shop` is the global prefix of the application. */
const PATH = '/tools/shop/llm/';

import.meta.jest.setTimeout(60_000);

describe('the dashboard on Express, dark, narrow, with a token, a global prefix and a proxy prefix', () => {
  let browser: Browser;
  let service: DashboardApp;
  let proxy: Proxy;
  let page: Page;
  /** Console messages, page errors and failed requests. */
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await startBrowser();
    service = await startDashboardApp({
      platform: 'express',
      prefix: 'shop',
      options: {
        dashboard: { token: TOKEN },
        budgets: [{ usd: 100, per: 'month', onExceed: 'warn' }],
        pricing: { overrides: { 'qwen3-32b': { input: 0.1, output: 0.3 } } },
      },
    });
    for (const { record } of new FixtureCalls(Date.now() - 5000).calls) service.store.record(record);
    proxy = await stripPrefix('/tools', service.port);
    const context = await browser.newContext({
      colorScheme: 'dark',
      reducedMotion: 'reduce',
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    page = await context.newPage();
    // Violations of the content security policy are console errors.
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
    await open();
    await signIn(TOKEN);
    await page.locator('.plot canvas').first().waitFor();
    // The browser logs the 401 response of the form, which the last test checks.
    complaints.length = 0;
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await proxy.stop();
    await service.stop();
  });

  const open = (path = '') => page.goto(`http://127.0.0.1:${proxy.port}${PATH}${path}`);
  const signIn = async (token: string): Promise<void> => {
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };
  const expectValidPage = async (): Promise<void> => {
    expect(await axeFindings(page)).toEqual([]);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(wide).toBeLessThanOrEqual(0);
    const canvas = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(canvas).toBe('rgb(16, 17, 19)');
    expect(new URL(page.url()).pathname.startsWith(PATH)).toBe(true);
  };
  /** Returns and clears complaints. Aborted API requests of a page that was left are ignored. */
  const takeComplaints = (): string[] =>
    complaints.splice(0).filter((text) => !/^failed: .*\/api\//.test(text));

  it('shows the overview with the Budgets and What if panels', async () => {
    await open();
    await page.locator('.plot canvas').nth(2).waitFor();
    await page.getByRole('region', { name: 'Budgets' }).getByRole('listitem').waitFor();
    const whatIf = page.getByRole('region', { name: 'What if' });
    await whatIf.getByLabel('Model').fill('gpt-4o-mini');
    await whatIf.getByLabel('Model').press('Enter');
    await whatIf.getByText('can be repriced').waitFor();
    await page.locator('[data-call]').first().waitFor();
    await expectValidPage();
    await page.getByRole('combobox', { name: 'Group by' }).selectOption('model');
    await page.getByRole('button', { name: 'Table of Spend over time' }).click();
    await page.getByRole('table', { name: /^Spend over time/ }).waitFor();
    await expectValidPage();
    expect(takeComplaints()).toEqual([]);
  });

  it('states on the overview which filters do not apply to its measures', async () => {
    await open('?outcome=failed');
    await page.getByText('Everything else covers all calls.').waitFor();
    await open('?feature=support_chat');
    await page.getByText('support_chat is all of it.').waitFor();
    expect(await page.getByText('Everything else covers all calls.').count()).toBe(0);
    await expectValidPage();
    expect(takeComplaints()).toEqual([]);
  });

  it('shows the list of calls and a call', async () => {
    await open('calls');
    await page.locator('[data-call]').nth(49).waitFor();
    await expectValidPage();
    await page.locator('[data-call]').first().click();
    await page.locator('.waterfall-key').waitFor();
    expect(new URL(page.url()).pathname).toMatch(/\/tools\/shop\/llm\/calls\/\d+$/);
    await expectValidPage();
    await page.getByRole('link', { name: '← Calls' }).click();
    await page.locator('[data-call]').nth(49).waitFor();
    expect(takeComplaints()).toEqual([]);
  });

  it('shows the content of a call', async () => {
    const { id } = service.store.rows.findLast(({ record }) =>
      record.attempts.some(({ content }) => content),
    )!;
    await open(`calls/${id}`);
    await page.getByRole('region', { name: /Content of attempt/ }).waitFor();
    await expectValidPage();
    expect(takeComplaints()).toEqual([]);
  });

  it('shows the alerts', async () => {
    await open('alerts');
    await page.locator('.alert-rule').nth(9).waitFor();
    await expectValidPage();
    expect(takeComplaints()).toEqual([]);
  });

  it('shows the login form and accepts the token', async () => {
    await page.context().clearCookies();
    await open();
    await page.getByRole('heading', { level: 1, name: 'LLM telemetry' }).waitFor();
    await expectValidPage();
    await signIn('not-the-token-at-all');
    await page.getByText('Wrong token.').waitFor();
    await expectValidPage();
    // The browser logs responses with an error status.
    expect(takeComplaints().filter((text) => !text.includes('401'))).toEqual([]);
    await signIn(TOKEN);
    await page.locator('.plot canvas').first().waitFor();
    expect(page.url()).not.toContain(TOKEN);
    expect(takeComplaints()).toEqual([]);
  });
});
