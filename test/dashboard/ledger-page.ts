import type { Browser, Locator, Page } from 'playwright-core';
import { startBrowser } from './browser.js';
import { ServiceTraffic, type SentCall } from './service-traffic.js';
import { groupsOf } from './ledger-texts.js';

/** Opens the dashboard with traffic of the example service in a browser. Both are stopped after the last test. */

export const OTHER_MODEL = 'gpt-4o-mini-2024-07-18';
export const BUDGETS = { support_triage: 0.05, all: 1000 };

export let traffic: ServiceTraffic;
let browser: Browser;
export let page: Page;
const complaints: string[] = [];

beforeAll(async () => {
  [traffic, browser] = await Promise.all([
    ServiceTraffic.start({
      alerts: {
        everyMs: 1000,
        limits: {
          content_filter: 0,
          error_ratio: { forMs: 0, minimum: 1 },
          truncation_spike: { forMs: 0, minimum: 1 },
        },
      },
      budgets: [
        { feature: 'support_triage', usd: BUDGETS.support_triage, per: 'month', onExceed: 'warn' },
        { usd: BUDGETS.all, per: 'month', onExceed: 'warn' },
      ],
    }),
    startBrowser(),
  ]);
  await traffic.sendSamples();
  const context = await browser.newContext({
    colorScheme: 'light',
    reducedMotion: 'reduce',
    viewport: { width: 1488, height: 1000 },
    timezoneId: 'UTC',
  });
  page = await context.newPage();
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(error.message));
}, 60_000);
afterAll(async () => {
  await browser.close();
  await traffic.example.stop();
});
afterEach(() => {
  if (complaints.length > 0)
    throw new Error(`The console is not silent:\n${complaints.splice(0).join('\n')}`);
});

export const open = async (path: string): Promise<void> => {
  await page.goto(`${traffic.url}/${path}`);
  await page.locator('main h1').waitFor();
};
/** Opens the overview of the last hour unless it is already open. */
export const overview = async (): Promise<void> => {
  if (page.url() !== `${traffic.url}/?range=1h`) await open('?range=1h');
};
export const panel = (name: string): Locator => page.getByRole('region', { name, exact: true });
export const kpi = (name: string): Locator =>
  page.locator('.kpis').getByRole('button', { name: new RegExp(`^${name}`) });

/** Returns the visible lines of an element, without text for screen readers and empty lines. */
export async function linesOf(element: Locator): Promise<string[]> {
  await element.first().waitFor();
  const text = await element.evaluate((root) => {
    const copy = root.cloneNode(true) as HTMLElement;
    for (const hidden of copy.querySelectorAll('.sr')) hidden.remove();
    root.after(copy);
    const { innerText } = copy;
    copy.remove();
    return innerText;
  });
  return text
    .split('\n')
    .map((line) => line.replaceAll(/\s+/g, ' ').trim())
    .filter(Boolean);
}

export async function cellsOf(table: Locator): Promise<{ head: string[]; body: string[][] }> {
  await table.waitFor();
  const rows = (row: Locator): Promise<string[][]> =>
    row.evaluateAll((all) =>
      all.map((one) =>
        [...one.children].map((cell) => (cell as HTMLElement).innerText.replaceAll(/\s+/g, ' ').trim()),
      ),
    );
  const [head = []] = await rows(table.locator('thead tr'));
  return { head, body: await rows(table.locator('tbody tr')) };
}

export const all = (): readonly SentCall[] => traffic.calls;
export const retried = (): SentCall[] => all().filter(({ entries }) => entries.length > 1);
export const byFeature = (): Map<string, SentCall[]> => groupsOf(all(), ({ feature }) => feature);

/** Returns the table of a chart by time and column, without missing data and the previous period. */
export async function tableOf(name: RegExp): Promise<Record<string, Record<string, string>>> {
  const { head, body } = await cellsOf(page.getByRole('table', { name }));
  const rows = body.map(([time = '', ...cells]) => {
    const known = cells
      .map((text, index) => [head[index + 1]!, text] as const)
      .filter(([column, text]) => text !== 'no data' && !column.endsWith(' before'));
    return [time.replace(/^.*, /, ''), Object.fromEntries(known)] as const;
  });
  return Object.fromEntries(rows.filter(([, cells]) => Object.keys(cells).length > 0));
}
