import type { Page } from 'playwright-core';
import { addressOf, FixturePages } from './browser.js';

const NOW = Date.UTC(2026, 10, 23, 13, 45, 30);
const pages = new FixturePages(NOW);
// Each test opens several pages.
import.meta.jest.setTimeout(60_000);

const PAGES = ['', 'calls', 'calls/<id>', 'alerts', 'nonsense'] as const;
type Place = (typeof PAGES)[number];
const at = (place: string): string => `/llm/${place.replace('<id>', pages.idOf(100))}`;
const isAt = (page: Page, expected: string): Promise<void> =>
  page.waitForURL((url) => url.pathname + url.search === expected, { timeout: 10_000 });

async function openReady(place: Place): Promise<Page> {
  const page = await pages.open(at(place).slice('/llm/'.length));
  const shown = {
    '': '.plot canvas',
    calls: 'table.calls tbody tr',
    'calls/<id>': '.waterfall-key',
    alerts: '.alert-rule',
    nonsense: '.notice',
  }[place];
  await page.locator(shown).first().waitFor();
  return page;
}

/** Presses each key, checks the new address (`undefined`: unchanged) and returns to the previous address. */
async function expectKeys(place: Place, keys: Readonly<Record<string, string | undefined>>): Promise<void> {
  const page = await openReady(place);
  const before = await addressOf(page);
  for (const [key, after] of Object.entries(keys)) {
    for (const one of key.split(' ')) await page.keyboard.press(one);
    expect([key, await addressOf(page)]).toEqual([key, after ?? before]);
    if (after === undefined) continue;
    await page.goBack();
    await isAt(page, before);
  }
}

const RANGE = 'range=2026-11-21T13:46Z/2026-11-22T13:46Z';
const IGNORED = {
  '[': undefined,
  ']': undefined,
  c: undefined,
  '1': undefined,
  '7': undefined,
  '-': undefined,
};

describe('keyboard shortcuts', () => {
  it('work on the overview', () =>
    expectKeys('', {
      '1': undefined,
      '2': '/llm/?kpi=calls',
      '7': '/llm/?kpi=tokens',
      c: '/llm/?compare=off',
      '[': `/llm/?${RANGE}`,
      ']': undefined,
      Escape: undefined,
      'g c': '/llm/calls',
      'g a': '/llm/alerts',
    }));

  it('work on the list of calls', () =>
    expectKeys('calls', {
      ...IGNORED,
      '[': `/llm/calls?${RANGE}`,
      Escape: '/llm/',
      'g o': '/llm/',
      'g a': '/llm/alerts',
    }));

  it('work on the page of a call', () =>
    expectKeys('calls/<id>', { ...IGNORED, Escape: '/llm/calls', 'g o': '/llm/', 'g a': '/llm/alerts' }));

  it('work on the alerts page', () =>
    expectKeys('alerts', { ...IGNORED, Escape: '/llm/', 'g c': '/llm/calls' }));

  it('work on the "Page not found" page', () =>
    expectKeys('nonsense', { ...IGNORED, Escape: '/llm/', 'g o': '/llm/', 'g c': '/llm/calls' }));

  it.each(PAGES)('for search, theme, live updates and help work on every page: /%s', async (place) => {
    const page = await openReady(place);
    await page.keyboard.press('t');
    await page.keyboard.press('l');
    const query = (await addressOf(page)).split('?')[1];
    expect(query).toBe('live=off&theme=dark');
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    // Escape closes only the help.
    expect(await addressOf(page)).toBe(`${at(place)}?${query}`);
    await page.keyboard.press('/');
    await page.waitForFunction(() => document.activeElement?.id === 'find');
    const expected = place === '' || place === 'calls' ? at(place) : '/llm/calls';
    expect(await addressOf(page)).toBe(`${expected}?${query}`);
  });
});

it('returns to the moving range after earlier ranges, and leaves the zoom before the page on Escape', async () => {
  const page = await openReady('calls');
  await page.keyboard.press('[');
  await page.keyboard.press('[');
  await page.keyboard.press(']');
  await page.keyboard.press(']');
  expect(await addressOf(page)).toBe('/llm/calls?range=24h');
  await page.goto(`${pages.url}/calls?zoom=2026-11-23T10:00Z/2026-11-23T11:00Z`);
  await page.getByText('Zoom out').waitFor();
  await page.keyboard.press('[');
  expect(await addressOf(page)).toBe('/llm/calls?zoom=2026-11-23T09:00Z/2026-11-23T10:00Z');
  await page.keyboard.press('Escape');
  expect(await addressOf(page)).toBe('/llm/calls');
  await page.keyboard.press('Escape');
  expect(await addressOf(page)).toBe('/llm/');
});

it('focuses the search with "/" on a narrow screen, and Escape leaves it with its text', async () => {
  const page = await pages.open('calls', { narrow: true });
  await page.locator('[data-call]').first().waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('contract');
  await page.waitForURL('**/calls?text=contract');
  await page.keyboard.press('Escape');
  expect(await page.evaluate(() => document.activeElement?.id)).not.toBe('find');
  expect(await page.locator('#find').inputValue()).toBe('contract');
  expect(await addressOf(page)).toBe('/llm/calls?text=contract');
});
