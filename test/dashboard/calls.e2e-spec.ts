import type { Page } from 'playwright-core';
import { addressOf, axeFindings, FixturePages } from './browser.js';

const pages = new FixturePages();

const rowsOf = (page: Page) => page.locator('table.calls tbody tr');

/** Waits for a number of rows and returns the texts of a column. */
async function column(page: Page, name: string, rows: number): Promise<string[]> {
  await rowsOf(page)
    .nth(rows - 1)
    .waitFor();
  const names = (await page.locator('table.calls th').allInnerTexts()).map((text) =>
    text.replace(/ [↑↓]$/, ''),
  );
  return page.locator(`table.calls tbody td:nth-child(${names.indexOf(name) + 1})`).allInnerTexts();
}

async function queriesOf(endpoint: string): Promise<URLSearchParams[]> {
  return pages.server.asked
    .filter((asked) => asked.startsWith(`${endpoint}?`))
    .map((asked) => new URLSearchParams(asked.split('?')[1]));
}

describe('the list of calls', () => {
  it('shows feature, model, outcome, duration, tokens and cost of each call', async () => {
    const page = await pages.open('calls');
    const [retried, , unpriced] = await rowsOf(page)
      .all()
      .then(async () => {
        await rowsOf(page).nth(49).waitFor();
        return Promise.all([0, 1, 2].map((row) => rowsOf(page).nth(row).locator('td').allInnerTexts()));
      });
    expect(retried!.slice(1)).toEqual([
      'support_chat · reply',
      'gpt-4o',
      'acme-eu',
      'u_8841',
      'Truncated',
      '3',
      '13.4 s',
      expect.stringMatching(/^~9,624 .*1,436/),
      '~$0.03458',
    ]);
    expect(unpriced!.at(-1)).toBe('unpriced');
    const words = await column(page, 'Outcome', 12);
    expect(words.slice(0, 12)).toEqual([
      'Truncated',
      'OK',
      'OK',
      'OK',
      'Truncated',
      'rate_limit',
      'OK',
      'Tool calls',
      'Cancelled',
      'Refused',
      'OK',
      'OK',
    ]);
  });

  it('is sorted by the selected column, which is kept in the address', async () => {
    const page = await pages.open('calls');
    const head = (name: string) => page.getByRole('columnheader', { name });
    expect(await head('Time').getAttribute('aria-sort')).toBe('descending');
    await head('Cost').getByRole('button').click();
    await page.locator('th[aria-sort]', { hasText: 'Cost' }).waitFor();
    expect(await head('Time').getAttribute('aria-sort')).toBeNull();
    await page.waitForFunction(() => document.querySelector('tbody tr')?.textContent?.includes('$0.07917'));
    expect(await addressOf(page)).toContain('sort=costUsd');
    await head('Time').getByRole('button').click();
    await page.waitForFunction(() => document.querySelector('tbody tr')?.textContent?.includes('~$0.03458'));
    await head('Time').getByRole('button').click();
    await page.locator('th[aria-sort=ascending]', { hasText: 'Time' }).waitFor();
    const times = await column(page, 'Time', 50);
    expect(times).toEqual([...times].sort());
  });

  it('loads further pages until all calls are shown', async () => {
    const page = await pages.open('calls');
    const more = page.getByRole('button', { name: 'Show 50 more' });
    await more.click();
    await rowsOf(page).nth(99).waitFor();
    await more.click();
    await rowsOf(page).nth(129).waitFor();
    await more.waitFor({ state: 'detached' });
    expect(await rowsOf(page).count()).toBe(130);
    const asked = await queriesOf('calls');
    expect(asked.filter((one) => one.has('cursor')).map((one) => one.get('cursor'))).toEqual(['50', '100']);
  });

  it('ignores a further page that fails after another order was chosen', async () => {
    const page = await pages.open('calls');
    const more = page.getByRole('button', { name: 'Show 50 more' });
    await more.waitFor();
    let fail: (() => Promise<void>) | undefined;
    await page.route(/api\/calls\?.*cursor=/, (route) => {
      fail = () => route.fulfill({ status: 503, json: { message: 'The store is not responding.' } });
    });
    await Promise.all([page.waitForRequest(/cursor=/), more.click()]);
    await page.locator('th', { hasText: 'Cost' }).getByRole('button').click();
    await page.waitForFunction(() => document.querySelector('tbody tr')?.textContent?.includes('$0.07917'));
    await Promise.all([page.waitForResponse(/cursor=/), fail!()]);
    await page.evaluate(() => new Promise(requestAnimationFrame));
    expect(await page.getByText('The store is not responding.').count()).toBe(0);
    expect(pages.complaints.splice(0)).toEqual([expect.stringContaining('503')]);
  });

  it('applies the filters of the address to the list and to exports', async () => {
    const page = await pages.open('calls?feature=support_chat&outcome=failed&retries=only&text=req_0c51');
    expect(new Set(await column(page, 'Outcome', 2))).toEqual(new Set(['rate_limit']));
    await page.getByRole('button', { name: 'Export' }).click();
    const exports = page.getByRole('link', { name: /CSV|NDJSON/ });
    await exports.nth(1).waitFor();
    const links = await exports.evaluateAll((all) => all.map((a) => (a as HTMLAnchorElement).href));
    expect(links.map((link) => new URL(link).pathname)).toEqual([
      '/llm/api/calls.csv',
      '/llm/api/calls.ndjson',
    ]);
    for (const link of links) {
      const query = new URL(link).searchParams;
      expect(Object.fromEntries(query)).toMatchObject({
        feature: 'support_chat',
        outcome: 'failed',
        retried: 'true',
        text: 'req_0c51',
      });
    }
  });

  it('states that no calls match, and clears the filters', async () => {
    const page = await pages.open('calls?feature=none_of_ours');
    await page.getByRole('heading', { name: 'No calls match' }).waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Clear filters' }).last().click();
    await rowsOf(page).nth(49).waitFor();
    expect(await addressOf(page)).not.toContain('feature');
  });

  it('shows an error if its request fails, and recovers after a retry', async () => {
    pages.server.failing.set('calls', { status: 503, message: 'The store is not responding.' });
    const page = await pages.open('calls');
    await page.getByText('The store is not responding.').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    pages.server.failing.clear();
    await page.getByRole('button', { name: 'Try again' }).click();
    await rowsOf(page).nth(49).waitFor();
    // The browser logs responses with an error status.
    expect(pages.complaints.splice(0).every((text) => text.includes('503'))).toBe(true);
  });
});

describe('new calls in the list', () => {
  it('appear at the top without a reload', async () => {
    const page = await pages.open('calls');
    await rowsOf(page).nth(49).waitFor();
    const loaded = await page.evaluate(() => performance.timeOrigin);
    pages.server.endCall(6);
    await page.waitForFunction(() =>
      document.querySelector('tbody tr')?.textContent?.includes('contract_review'),
    );
    expect(await rowsOf(page).count()).toBe(51);
    expect(await page.evaluate(() => performance.timeOrigin)).toBe(loaded);
  });

  it('appear only if they match the filters, which the service evaluates', async () => {
    const page = await pages.open('calls?text=order_dashboard');
    await rowsOf(page).nth(2).waitFor();
    const before = await rowsOf(page).count();
    pages.server.endCall(6);
    pages.server.endCall(1);
    await page.waitForFunction((count) => document.querySelectorAll('tbody tr').length === count, before + 1);
    expect(await rowsOf(page).first().innerText()).toContain('order_dashboard');
  });

  it('are held back while the pointer is on the list, and shown when it leaves', async () => {
    const page = await pages.open('calls');
    await rowsOf(page).nth(49).waitFor();
    await page.locator('.pulse:not(.off)').first().waitFor();
    await rowsOf(page).nth(4).hover();
    const first = await rowsOf(page).first().innerText();
    pages.server.endCall(6);
    pages.server.endCall(6);
    await page.getByRole('button', { name: '2 new calls' }).waitFor();
    expect(await rowsOf(page).first().innerText()).toBe(first);
    expect(await axeFindings(page)).toEqual([]);
    await page.mouse.move(5, 5);
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 52);
    expect(await page.getByRole('button', { name: 'new call' }).count()).toBe(0);
  });

  it('are held back while a row has focus, and shown on demand', async () => {
    const page = await pages.open('calls');
    await rowsOf(page).nth(49).waitFor();
    await page.keyboard.press('j');
    pages.server.endCall(6);
    const news = page.getByRole('button', { name: '1 new call' });
    await news.waitFor();
    await news.click();
    await page.waitForFunction(() =>
      document.querySelector('tbody tr')?.textContent?.includes('contract_review'),
    );
  });

  it('are held back while the top of the list is not visible', async () => {
    const page = await pages.open('calls');
    await rowsOf(page).nth(49).waitFor();
    await page.evaluate(() => scrollTo(0, 700));
    pages.server.endCall(6);
    const news = page.getByRole('button', { name: '1 new call' });
    await news.waitFor();
    await news.click();
    await page.waitForFunction(() => scrollY < 200 && document.querySelectorAll('tbody tr').length === 51);
  });

  it('are held back while the list is paused, and not announced if live updates are off', async () => {
    const page = await pages.open('calls');
    await rowsOf(page).nth(49).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    pages.server.endCall(6);
    await page.getByRole('button', { name: '1 new call' }).waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 51);
    await page.keyboard.press('l');
    await page.getByRole('button', { name: 'Pause' }).waitFor({ state: 'detached' });
  });

  it('include late calls of another instance that are below the newest hundred', async () => {
    const now = Date.now();
    for (let count = 0; count < 160; count++) pages.server.calls.addKind(1, now - 100 * count);
    const page = await pages.open('calls');
    for (const rows of [50, 100, 150]) {
      await rowsOf(page)
        .nth(rows - 1)
        .waitFor();
      if (rows < 150) await page.getByRole('button', { name: 'Show 50 more' }).click();
    }
    await page.locator('.pulse:not(.off)').first().waitFor();
    const first = await rowsOf(page).first().innerText();
    await rowsOf(page).first().hover();
    // At least 115 calls are newer than that of the other instance.
    pages.server.calls.addKind(6, now - 11_550);
    pages.server.endCall(6);
    await page.getByRole('button', { name: '2 new calls' }).waitFor();
    expect(await rowsOf(page).first().innerText()).toBe(first);
    await page.mouse.move(5, 5);
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 152);
  });

  it('are loaded when the connection is restored', async () => {
    const page = await pages.open('calls');
    await rowsOf(page).nth(49).waitFor();
    pages.server.calls.addKind(6, Date.now());
    const back = page.waitForResponse((response) => response.url().endsWith('/api/live'));
    pages.server.dropClients();
    await back;
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 51);
    pages.complaints.splice(0);
  });
});

describe('the list of calls on the overview', () => {
  it('shows the latest twelve calls when another call ends', async () => {
    const page = await pages.open('');
    await rowsOf(page).nth(11).waitFor();
    pages.server.endCall(6);
    await page.waitForFunction(() =>
      document.querySelector('table.calls tbody tr')?.textContent?.includes('contract_review'),
    );
    expect(await rowsOf(page).count()).toBe(12);
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'contract_review / extract' }).waitFor();
    await page.goBack();
    await rowsOf(page).nth(11).waitFor();
  });
});

describe('keyboard navigation in the list', () => {
  it('selects a call, opens it and returns to its row', async () => {
    const page = await pages.open('calls');
    await rowsOf(page).nth(49).waitFor();
    for (const key of ['j', 'j', 'j', 'k']) await page.keyboard.press(key);
    const row = await page.evaluate(() => document.activeElement?.closest('tr')?.textContent);
    expect(row).toBe(
      await rowsOf(page)
        .nth(1)
        .evaluate((element) => element.textContent),
    );
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'order_dashboard / summarize' }).waitFor();
    await page.keyboard.press('Escape');
    await rowsOf(page).nth(49).waitFor();
    await page.waitForFunction((row) => document.activeElement?.closest('tr')?.textContent === row, row);
  });
});

describe('the list of calls in all themes and widths', () => {
  it.each([
    ['light', false],
    ['dark', false],
    ['dark', true],
  ] as const)('has no axe violations or horizontal overflow: %s, narrow %s', async (theme, narrow) => {
    const page = await pages.open('calls', { theme, narrow });
    await page.locator(narrow ? '.calls-list li >> nth=49' : 'table.calls tbody tr >> nth=49').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  });

  it('has rows of 34 px, and two lines for each call on a narrow screen', async () => {
    const page = await pages.open('calls');
    await rowsOf(page).nth(49).waitFor();
    const heights = await rowsOf(page).evaluateAll((rows) =>
      rows.map((row) => row.getBoundingClientRect().height),
    );
    expect(new Set(heights)).toEqual(new Set([34]));
    await page.setViewportSize({ width: 780, height: 800 });
    expect(await page.evaluate(() => document.querySelector('table.calls')!.scrollWidth <= 732)).toBe(true);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.locator('.calls-list li').nth(49).waitFor();
    expect(await page.locator('.calls-list li').first().innerText()).toMatch(
      /support_chat\s*·\s*reply[^]*~\$0\.03458[^]*Truncated[^]*13\.4 s/,
    );
    await page.locator('.calls-list a').first().click();
    await page.getByRole('heading', { level: 1, name: 'support_chat / reply' }).waitFor();
  });
});
