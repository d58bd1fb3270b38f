import type { Page } from 'playwright-core';
import { FixturePages } from './browser.js';

const NOW = Date.UTC(2026, 10, 23, 13, 45, 30);
const pages = new FixturePages(NOW);
// Each test opens several pages.
import.meta.jest.setTimeout(60_000);

const PAGES = ['', 'calls', 'calls/<id>', 'alerts', 'nonsense'] as const;
type Place = (typeof PAGES)[number];
const at = (place: string): string => `/llm/${place.replace('<id>', pages.idOf(100))}`;
const address = (page: Page): string => {
  const { pathname, search } = new URL(page.url());
  return pathname + search;
};

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

/** Presses each key, and goes back where it came from if it went anywhere. `undefined`: the address stays. */
async function expectKeys(place: Place, keys: Readonly<Record<string, string | undefined>>): Promise<void> {
  const page = await openReady(place);
  const before = address(page);
  for (const [key, after] of Object.entries(keys)) {
    for (const one of key.split(' ')) await page.keyboard.press(one);
    // The browser reports the new address after the key was handled.
    if (after !== undefined) await isAt(page, after).catch(() => {});
    expect([key, address(page)]).toEqual([key, after ?? before]);
    if (after === undefined) continue;
    await page.goBack();
    await isAt(page, before);
  }
}

const RANGE = 'range=2026-11-21T13:46Z/2026-11-22T13:46Z';
const ELSEWHERE = {
  '[': undefined,
  ']': undefined,
  c: undefined,
  '1': undefined,
  '7': undefined,
  '-': undefined,
};

describe('each key does on each page what the help says', () => {
  it('on the overview', () =>
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

  it('on the list of calls', () =>
    expectKeys('calls', {
      ...ELSEWHERE,
      '[': `/llm/calls?${RANGE}`,
      Escape: '/llm/',
      'g o': '/llm/',
      'g a': '/llm/alerts',
    }));

  it('on a call', () =>
    expectKeys('calls/<id>', { ...ELSEWHERE, Escape: '/llm/calls', 'g o': '/llm/', 'g a': '/llm/alerts' }));

  it('on the alerts', () => expectKeys('alerts', { ...ELSEWHERE, Escape: '/llm/', 'g c': '/llm/calls' }));

  it('where there is no page', () =>
    expectKeys('nonsense', { ...ELSEWHERE, Escape: '/llm/', 'g o': '/llm/', 'g c': '/llm/calls' }));

  it.each(PAGES)('everywhere: find, theme, live, help: /%s', async (place) => {
    const page = await openReady(place);
    await page.keyboard.press('t');
    await page.keyboard.press('l');
    const query = address(page).split('?')[1];
    expect(query).toBe('live=off&theme=dark');
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    // Escape has closed the help, and nothing else.
    expect(address(page)).toBe(`${at(place)}?${query}`);
    await page.keyboard.press('/');
    await page.waitForFunction(() => document.activeElement?.id === 'find');
    const expected = place === '' || place === 'calls' ? at(place) : '/llm/calls';
    expect(address(page)).toBe(`${expected}?${query}`);
  });
});

it('leads from an earlier range back to the one that moves, and out of a zoom before out of the page', async () => {
  const page = await openReady('calls');
  await page.keyboard.press('[');
  await page.keyboard.press('[');
  await page.keyboard.press(']');
  await page.keyboard.press(']');
  expect(address(page)).toBe('/llm/calls?range=24h');
  await page.goto(`${pages.url}/calls?zoom=2026-11-23T10:00Z/2026-11-23T11:00Z`);
  await page.getByText('Zoom out').waitFor();
  await page.keyboard.press('[');
  expect(address(page)).toBe('/llm/calls?zoom=2026-11-23T09:00Z/2026-11-23T10:00Z');
  await page.keyboard.press('Escape');
  expect(address(page)).toBe('/llm/calls');
  await page.keyboard.press('Escape');
  expect(address(page)).toBe('/llm/');
});

it('finds calls on a narrow screen too', async () => {
  const page = await pages.open('calls', { narrow: true });
  await page.locator('[data-call]').first().waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('contract');
  await page.waitForURL('**/calls?text=contract');
  await page.keyboard.press('Escape');
  expect(await page.evaluate(() => document.activeElement?.id)).not.toBe('find');
  expect(address(page)).toBe('/llm/calls?text=contract');
});
