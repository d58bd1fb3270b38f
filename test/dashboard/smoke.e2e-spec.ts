import type { Browser, Page } from 'playwright-core';
import { TOKEN } from '../support/dashboard-access.js';
import { startDashboardApp, type DashboardApp } from '../support/dashboard-app.js';
import { stripPrefix, type Proxy } from '../support/strip-prefix.js';
import { axeFindings, startBrowser } from './browser.js';
import { FixtureCalls } from './fixture-calls.js';

/** What a request of the browser's is answered by: a proxy that strips `/tools`, then `/shop` of the application. */
const PATH = '/tools/shop/llm/';

/** Every page where it is least at home: on Express, dark, on a narrow screen, behind two prefixes and a token. */
import.meta.jest.setTimeout(60_000);

describe('on Express, dark, narrow, under a global prefix and behind a proxy that strips another', () => {
  let browser: Browser;
  let service: DashboardApp;
  let proxy: Proxy;
  let page: Page;
  /** What the console, the policy and the network have to say. */
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
    // A breach of the policy is an error of the console.
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
    await open();
    await signIn(TOKEN);
    await page.locator('.plot canvas').first().waitFor();
    // The browser itself notes an answer that is an error; the last test looks at the form.
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
  const expectSound = async (): Promise<void> => {
    expect(await axeFindings(page)).toEqual([]);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(wide).toBeLessThanOrEqual(0);
    const canvas = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(canvas).toBe('rgb(16, 17, 19)');
    expect(new URL(page.url()).pathname.startsWith(PATH)).toBe(true);
  };
  /** The live connection of a page that is left is cut: that is no complaint. */
  const heard = (): string[] => complaints.splice(0).filter((text) => !/^failed: .*\/api\//.test(text));

  it('the overview, with budgets and a model that it could have been', async () => {
    await open();
    await page.locator('.plot canvas').nth(2).waitFor();
    await page.getByRole('region', { name: 'Budgets' }).getByRole('listitem').waitFor();
    const whatIf = page.getByRole('region', { name: 'What if' });
    await whatIf.getByLabel('Model').fill('gpt-4o-mini');
    await whatIf.getByLabel('Model').press('Enter');
    await whatIf.getByText('can be repriced').waitFor();
    await page.locator('[data-call]').first().waitFor();
    await expectSound();
    await page.getByRole('combobox', { name: 'Group by' }).selectOption('model');
    await page.getByRole('button', { name: 'Table of Spend over time' }).click();
    await page.getByRole('table', { name: /^Spend over time/ }).waitFor();
    await expectSound();
    expect(heard()).toEqual([]);
  });

  it('the overview says which filters its figures do not know', async () => {
    await open('?outcome=failed');
    await page.getByText('Everything else covers all calls.').waitFor();
    await open('?feature=support_chat');
    await page.getByText('support_chat is all of it.').waitFor();
    expect(await page.getByText('Everything else covers all calls.').count()).toBe(0);
    await expectSound();
    expect(heard()).toEqual([]);
  });

  it('the calls, and one of them', async () => {
    await open('calls');
    await page.locator('[data-call]').nth(49).waitFor();
    await expectSound();
    await page.locator('[data-call]').first().click();
    await page.locator('.waterfall-key').waitFor();
    expect(new URL(page.url()).pathname).toMatch(/\/tools\/shop\/llm\/calls\/\d+$/);
    await expectSound();
    await page.getByRole('link', { name: '← Calls' }).click();
    await page.locator('[data-call]').nth(49).waitFor();
    expect(heard()).toEqual([]);
  });

  it('a call with its content', async () => {
    const { id } = service.store.rows.findLast(({ record }) =>
      record.attempts.some(({ content }) => content),
    )!;
    await open(`calls/${id}`);
    await page.getByRole('region', { name: /Content of attempt/ }).waitFor();
    await expectSound();
    expect(heard()).toEqual([]);
  });

  it('the alerts', async () => {
    await open('alerts');
    await page.locator('.alert-rule').nth(9).waitFor();
    await expectSound();
    expect(heard()).toEqual([]);
  });

  it('the form that asks for the token', async () => {
    await page.context().clearCookies();
    await open();
    await page.getByRole('heading', { level: 1, name: 'LLM telemetry' }).waitFor();
    await expectSound();
    await signIn('not-the-token-at-all');
    await page.getByText('Wrong token.').waitFor();
    await expectSound();
    // The browser itself notes an answer that is an error.
    expect(heard().filter((text) => !text.includes('401'))).toEqual([]);
    await signIn(TOKEN);
    await page.locator('.plot canvas').first().waitFor();
    expect(page.url()).not.toContain(TOKEN);
    expect(heard()).toEqual([]);
  });
});
