import type { Locator, Page } from 'playwright-core';
import type { AlertsResponse, Breakdown, CallDetail } from '../../src/llm-telemetry/dashboard/api/index.js';
import { FixturePages } from './browser.js';

const pages = new FixturePages();

const rowsOf = (page: Page): Locator => page.locator('table.calls tbody tr');
const isFocused = (element: Locator): Promise<boolean> =>
  element.evaluate((element) => element === document.activeElement);

describe('a menu of a filter', () => {
  const options = (page: Page): Promise<string[]> =>
    page.locator('.popup-content:popover-open .option').allInnerTexts();

  // grafana/grafana#26823, alephdata/aleph#2415: an option moved between looking and clicking.
  it('keeps the order of its options, its scroll position and its focus while it is open', async () => {
    const page = await pages.open('');
    await page.locator('.filters').getByRole('button', { name: 'Feature' }).click();
    const menu = page.locator('.popup-content:popover-open');
    await menu.getByRole('checkbox').nth(3).focus();
    const before = await options(page);
    pages.server.changes.set('breakdown', ({ groups }: Breakdown) => ({
      groups: [{ ...groups[0]!, names: { feature: 'brand_new' } }, ...groups.slice(1).toReversed()],
    }));
    await pages.refresh(page);
    await menu.getByText('brand_new').waitFor();
    expect((await options(page)).slice(0, before.length)).toEqual(before);
    expect(await isFocused(menu.getByRole('checkbox').nth(3))).toBe(true);
  });

  // manishjanky/ngx-select-dropdown#246: a deselected option left its place.
  it('keeps a name without calls that was deselected', async () => {
    const page = await pages.open('?feature=retired');
    await page.locator('.filters').getByRole('button', { name: 'Feature' }).click();
    const retired = page.getByRole('checkbox', { name: 'retired' });
    await retired.uncheck();
    await page.waitForURL((url) => url.search === '');
    await page.getByRole('checkbox', { name: 'support_chat' }).waitFor();
    await retired.check();
    await page.waitForURL('**/?feature=retired');
  });

  it('keeps its search field while options are deselected', async () => {
    const page = await pages.open('?' + Array.from({ length: 9 }, (_, at) => `user=u_${at}`).join('&'));
    pages.server.changes.set('breakdown', () => ({ groups: [] }));
    await page.locator('.filters').getByRole('button', { name: 'More' }).click();
    const find = page.getByRole('searchbox', { name: 'Search user' });
    await find.fill('_8');
    await find.press('Enter');
    await page.waitForURL((url) => !url.searchParams.getAll('user').includes('u_8'));
    await find.pressSequentially('_7');
    await find.press('Enter');
    await page.waitForURL((url) => !url.searchParams.getAll('user').includes('u_7'));
  });
});

describe('an open popup', () => {
  // grafana/grafana#1421, grafana/grafana#71863: a refresh closed it.
  it.each([
    ['Custom', 'Custom time range'],
    ['Export', 'Export'],
    ['Set a price', 'How to set a price'],
  ])('stays open while the page refreshes: %s', async (button, label) => {
    const page = await pages.open('');
    await page.getByRole('button', { name: button, exact: true }).click();
    const popup = page.getByRole('group', { name: label });
    await popup.waitFor();
    await pages.refresh(page);
    expect(await popup.isVisible()).toBe(true);
  });

  it('keeps the typed time of a custom range', async () => {
    const page = await pages.open('');
    await page.getByRole('button', { name: 'Custom', exact: true }).click();
    await page.getByRole('textbox', { name: 'From' }).fill('2026-11-20T08:00');
    await pages.refresh(page);
    expect(await page.getByRole('textbox', { name: 'From' }).inputValue()).toBe('2026-11-20T08:00');
  });

  it.each([
    ['below', 'Feature'],
    ['above', 'Set a price'],
  ] as const)('stays %s its button when the page scrolls: %s', async (side, name) => {
    const page = await pages.open('', { height: 600 });
    const button = page.getByRole('button', { name }).first();
    await button.evaluate((element) => element.scrollIntoView({ block: 'end' }));
    await button.click();
    const popup = page.locator('.popup-content:popover-open');
    const gap = async (): Promise<number> => {
      const [trigger, box] = [(await button.boundingBox())!, (await popup.boundingBox())!];
      return side === 'below' ? box.y - trigger.y - trigger.height : trigger.y - box.y - box.height;
    };
    expect(await gap()).toBeCloseTo(4, 0);
    const from = await page.evaluate(() => scrollY);
    await page.mouse.wheel(0, from > 60 ? -60 : 60);
    await page.waitForFunction((from) => scrollY !== from, from);
    await page.evaluate(
      () => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))),
    );
    expect(await gap()).toBeCloseTo(4, 0);
  });

  it('can be entered with Tab right after it was opened', async () => {
    const page = await pages.openPaused('', '.plot canvas');
    await page.getByRole('button', { name: 'Export' }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await isFocused(page.getByRole('link', { name: /^CSV/ }))).toBe(true);
  });
});

describe('shortcuts', () => {
  it('work as soon as what they change is visible', async () => {
    const id = pages.idOf(130);
    pages.server.silent.add(`calls/${id}`);
    const page = await pages.openPaused(`calls/${id}`, '.facts[aria-busy=true]');
    pages.server.release();
    await page.getByRole('region', { name: 'What attempt 3 cost' }).waitFor();
    await page.keyboard.press('ArrowUp');
    await page.getByRole('region', { name: 'What attempt 2 cost' }).waitFor();
  });

  it('close the help, and do not leave the page, when Escape follows while the help loads', async () => {
    const page = await pages.open('calls');
    await rowsOf(page).first().waitFor();
    let load: (() => Promise<void>) | undefined;
    await page.route(/help-dialog/, (route) => {
      load = () => route.continue();
    });
    await Promise.all([page.waitForRequest(/help-dialog.*js/), page.keyboard.press('?')]);
    await page.keyboard.press('Escape');
    await Promise.all([page.waitForResponse(/help-dialog.*js/), load!()]);
    await page.keyboard.press('g');
    await page.keyboard.press('a');
    await page.locator('.alert-rule').first().waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.goBack();
    expect(new URL(page.url()).pathname).toBe('/llm/calls');
  });
});

describe('the focus', () => {
  it('is not taken from the search by the row that was viewed last', async () => {
    const page = await pages.open('calls', { before: (page) => page.clock.install() });
    await rowsOf(page).nth(2).click();
    await page.locator('.waterfall-key').waitFor();
    await page.clock.pauseAt(Date.now() + 60_000);
    await page.keyboard.press('Escape');
    await rowsOf(page).nth(2).waitFor();
    await page.keyboard.press('/');
    await page.clock.runFor(1000);
    await page.keyboard.type('order');
    expect(await page.locator('#find').inputValue()).toBe('order');
  });

  it('returns to the row that was viewed last, also if the list is loaded again', async () => {
    const page = await pages.open('calls');
    await rowsOf(page).nth(2).click();
    await page.locator('.waterfall-key').waitFor();
    await page.reload();
    await page.getByRole('link', { name: '← Calls' }).click();
    await page.waitForFunction(() => document.activeElement?.closest('tr')?.rowIndex === 3);
  });

  // Icinga/icingaweb2#1358: a refresh took the focus. Browsers without `moveBefore` take it from elements that move.
  it.each([
    ['', '.blame button'],
    ['alerts', '.alert-rule a'],
  ])('stays on an element that a refresh moves: /%s', async (path, selector) => {
    const page = await pages.open(path, {
      before: (page) =>
        page
          .addInitScript(() => Reflect.deleteProperty(Element.prototype, 'moveBefore'))
          .then(() => undefined),
    });
    const second = page.locator(selector).nth(1);
    await second.focus();
    const text = await second.locator('.blame-name, .alert-about b').innerText();
    pages.server.changes.set('breakdown', ({ groups }: Breakdown) => ({
      groups: groups.map((group, at) => ({ ...group, measures: groups.at(-1 - at)!.measures })),
    }));
    pages.server.changes.set('alerts', ({ alerts }: AlertsResponse) => ({ alerts: alerts.toReversed() }));
    await pages.refresh(page);
    await page.locator(selector).nth(-2).getByText(text).waitFor();
    expect(await isFocused(page.locator(selector).nth(-2))).toBe(true);
  });

  it('stays on the chart when another measure is selected by its key', async () => {
    const page = await pages.open('');
    const chart = page.locator('.plot').first();
    await page.locator('.plot canvas').first().waitFor();
    await chart.focus();
    pages.server.silent.add('timeline');
    await page.keyboard.press('2');
    await page.waitForURL('**/?kpi=calls');
    expect(await isFocused(chart)).toBe(true);
    pages.server.release();
    await page.getByRole('heading', { name: 'Calls over time' }).waitFor();
    expect(await isFocused(chart)).toBe(true);
  });
});

describe('the list of calls', () => {
  it('follows new calls again when the focused row has been removed', async () => {
    const page = await pages.open('calls');
    await rowsOf(page).nth(49).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('[');
    await rowsOf(page).first().waitFor({ state: 'detached' });
    await page.keyboard.press(']');
    await rowsOf(page).nth(49).waitFor();
    await page.locator('.pulse:not(.off)').first().waitFor();
    pages.server.endCall(6);
    await rowsOf(page).first().getByText('contract_review').waitFor();
  });

  it('keeps new calls that arrive while a further page loads', async () => {
    const page = await pages.open('calls');
    await page.locator('.pulse:not(.off)').first().waitFor();
    await rowsOf(page).nth(49).waitFor();
    let answer: (() => Promise<void>) | undefined;
    await page.route(
      /api\/calls\?.*cursor=/,
      (route) => {
        answer = () => route.continue();
      },
      { times: 1 },
    );
    await Promise.all([
      page.waitForRequest(/cursor=/),
      page.getByRole('button', { name: 'Show 50 more' }).dispatchEvent('click'),
    ]);
    pages.server.endCall(6);
    await rowsOf(page).first().getByText('contract_review').waitFor();
    await answer!();
    await rowsOf(page).nth(99).waitFor();
    expect(await rowsOf(page).first().innerText()).toContain('contract_review');
  });
});

describe('a copy button', () => {
  it('does not state that an id was copied after the attempt changed', async () => {
    const id = pages.idOf(130);
    pages.server.changes.set(`calls/${id}`, ({ record }: CallDetail) => ({
      record: {
        ...record,
        attempts: record.attempts.map((attempt, at) => ({ ...attempt, requestId: `req_${at}` })),
      },
    }));
    const page = await pages.open(`calls/${id}`, { before: (page) => page.clock.install() });
    await pages.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const details = page.getByRole('region', { name: 'Details' });
    await details.getByRole('button', { name: 'Copy request id' }).click();
    await details.getByText('Copied').first().waitFor();
    await page.clock.pauseAt(Date.now() + 1000);
    await page.keyboard.press('ArrowUp');
    await page.getByRole('region', { name: 'What attempt 2 cost' }).waitFor();
    expect(await details.getByText('Copied').count()).toBe(0);
  });
});

describe('the What if panel', () => {
  // elstgav/projecthub#1: a menu was empty until its options had loaded.
  it('shows the selected feature and accepts a model while features load or cannot be loaded', async () => {
    pages.server.silent.add('breakdown');
    const page = await pages.open('?whatif-feature=support_chat');
    const panel = page.getByRole('region', { name: 'What if' });
    await panel.getByLabel('Model').pressSequentially('gpt-4o-');
    const shown = () =>
      panel.getByLabel('Feature').evaluate((select: HTMLSelectElement) => select.selectedOptions[0]?.text);
    expect(await shown()).toBe('support_chat');
    pages.server.failing.set('breakdown', { status: 503, message: 'The store is not responding.' });
    pages.server.release();
    await page.getByText('The store is not responding.').first().waitFor();
    expect(await panel.getByLabel('Model').inputValue()).toBe('gpt-4o-');
    await panel.getByLabel('Model').pressSequentially('mini');
    await panel.getByLabel('Model').press('Enter');
    await panel.getByText('can be repriced').waitFor();
    expect(await shown()).toBe('support_chat');
    pages.complaints = pages.complaints.filter((text) => !text.includes('503'));
  });
});
