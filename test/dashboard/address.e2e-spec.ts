import type { Page } from 'playwright-core';
import { addressOf, axeFindings, FixturePages } from './browser.js';

const pages = new FixturePages();
// Each test opens several pages.
import.meta.jest.setTimeout(60_000);

const pressed = (page: Page, name: string) =>
  page.getByRole('button', { name, exact: true, pressed: true }).waitFor();
const heading = (page: Page, name: string | RegExp) =>
  page.getByRole('heading', { level: 1, name }).waitFor({ state: 'attached' });
const region = (page: Page, name: string) => page.getByRole('region', { name });

/** Address of each page and setting, with a check that it is shown. */
const STATES: ReadonlyArray<readonly [address: string, shown: (page: Page) => Promise<unknown>]> = [
  ['calls', (page) => heading(page, 'Calls')],
  ['alerts', (page) => page.locator('.alert-rule').first().waitFor()],
  ['calls/<id>', (page) => heading(page, 'support_chat / reply')],
  ['calls/<id>?attempt=2', (page) => region(page, 'What attempt 2 cost').waitFor()],
  ['?kpi=truncated&by=tenant', (page) => pressed(page, 'Tenant')],
  ['?range=7d', (page) => pressed(page, '7 d')],
  ['?zoom=2026-11-22T13:45Z/2026-11-23T13:45Z', (page) => page.getByText('Zoom out').waitFor()],
  ['?compare=off', (page) => page.locator('.filters .dash.off').waitFor()],
  ['?live=off', (page) => page.getByRole('button', { name: 'Live', pressed: false }).first().waitFor()],
  [
    '?table=explorer&table=truncation&table=errors',
    async (page) => {
      await page.getByRole('table', { name: /^Spend over time/ }).waitFor();
      for (const name of ['Truncation by model', 'Errors by type'])
        await region(page, name).getByRole('table').waitFor();
    },
  ],
  [
    '?table=duration&durations=over-time',
    (page) => region(page, 'Duration by operation').getByRole('table').waitFor(),
  ],
  ['?whatif=gpt-4o-mini&whatif-feature=support_chat', (page) => page.getByText('can be repriced').waitFor()],
  ['?theme=dark', (page) => page.locator('html[data-theme=dark]').waitFor()],
  ['calls?pause=on', (page) => page.getByRole('button', { name: 'Resume' }).waitFor()],
  ['calls?sort=costUsd', (page) => page.locator('th[aria-sort]', { hasText: 'Cost' }).waitFor()],
  ['calls?tenant=acme-eu&user=u_8841', (page) => page.locator('table.calls tbody tr').first().waitFor()],
  ['nonsense/here', (page) => heading(page, 'Page not found')],
];

it.each(STATES)('opens the page from a link, in a new tab and after a reload: %s', async (address, shown) => {
  const path = address.replace('<id>', pages.idOf(130));
  const page = await pages.open(path);
  await shown(page);
  expect(await addressOf(page)).toBe(`/llm/${path}`);
  await page.reload();
  await shown(page);
  const tab = await pages.context.newPage();
  await tab.goto(page.url());
  await shown(tab);
  expect(await addressOf(tab)).toBe(`/llm/${path}`);
});

describe('settings in the address', () => {
  it('are updated immediately, and display settings add no history entries', async () => {
    const page = await pages.open('');
    const steps = await page.evaluate(() => history.length);
    const errors = region(page, 'Errors by type');
    await errors.getByRole('button', { name: 'Table' }).click();
    await errors.getByRole('table').waitFor();
    await region(page, 'Duration by operation').getByRole('button', { name: 'Over time' }).click();
    await page.getByRole('button', { name: 'Switch theme (t)' }).click();
    await page.getByRole('button', { name: 'Pause' }).click();
    expect(await addressOf(page)).toBe('/llm/?pause=on&table=errors&durations=over-time&theme=dark');
    expect(await page.evaluate(() => history.length)).toBe(steps);
    await errors.getByRole('button', { name: 'Chart' }).click();
    await page.getByRole('button', { name: 'Resume' }).click();
    expect(await addressOf(page)).toBe('/llm/?durations=over-time&theme=dark');
  });

  // elastic/kibana#109354: Back must restore the state of the address.
  it('are restored one by one by Back and Forward', async () => {
    const page = await pages.open('');
    await page.getByRole('group', { name: 'Group by' }).getByRole('button', { name: 'Route' }).click();
    const model = region(page, 'What if').getByLabel('Model');
    await model.fill('gpt-4o-mini');
    await model.press('Enter');
    await page.getByText('can be repriced').waitFor();
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Calls' }).click();
    await page.locator('table.calls tbody tr').first().click();
    await page.locator('.waterfall-key').waitFor();
    const call = page.url();
    for (const path of [
      '/llm/calls?by=route&whatif=gpt-4o-mini',
      '/llm/?by=route&whatif=gpt-4o-mini',
      '/llm/?by=route',
      '/llm/',
    ]) {
      await page.goBack();
      expect(await addressOf(page)).toBe(path);
    }
    await pressed(page, 'Feature');
    for (let step = 0; step < 4; step++) await page.goForward();
    expect(page.url()).toBe(call);
    await page.locator('.waterfall-key').waitFor();
  });

  it('apply a theme once, and only a theme selected by the user is remembered', async () => {
    const page = await pages.open('alerts?theme=dark');
    await page.locator('html[data-theme=dark]').waitFor();
    await page.goto(`${pages.url}/alerts`);
    await page.locator('.alert-rule').first().waitFor();
    expect(await page.locator('html[data-theme]').count()).toBe(0);
    await page.keyboard.press('t');
    await page.locator('html[data-theme=dark]').waitFor();
    await page.goto(`${pages.url}/alerts`);
    await page.locator('html[data-theme=dark]').waitFor();
  });
});

// Ids beyond what JavaScript numbers hold exactly: qdrant/qdrant#6841, jaegertracing/jaeger-ui#982.
it('requests a call by the id in the address without converting it to a number', async () => {
  for (const id of ['9007199254740993', '0193e5c8-7a3b-7cc1-9c55-0f7f6d1c2a3b']) {
    const page = await pages.open(`calls/${id}`);
    await heading(page, `Call ${id} not found`);
    expect(pages.server.asked.some((asked) => asked.startsWith(`calls/${id}?`))).toBe(true);
    expect(pages.complaints.splice(0)).toEqual([expect.stringContaining('404')]);
    await page.context().close();
  }
});

it.each(['nonsense', 'calls/not_an_id', 'alerts/7'])(
  'shows "Page not found" with working navigation at /%s',
  async (path) => {
    const page = await pages.open(path);
    await heading(page, 'Page not found');
    expect(await page.title()).toMatch(/^Page not found/);
    expect(await axeFindings(page)).toEqual([]);
    await page.locator('main').getByRole('link', { name: 'Calls' }).click();
    await page.locator('table.calls tbody tr').first().waitFor();
    await page.goBack();
    await heading(page, 'Page not found');
    await page.keyboard.press('Escape');
    await page.locator('.plot canvas').first().waitFor();
  },
);
