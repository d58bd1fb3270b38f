import type { Page } from 'playwright-core';
import { addressOf, axeFindings, FixturePages } from './browser.js';

const pages = new FixturePages();

/** Numbers of fixture calls: the newest, with a rate-limited, a timed out and a truncated attempt; one with content. */
const RETRIED = 130;
const WITH_CONTENT = 127;

const title = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor();
const attempts = (page: Page) => page.locator('button.waterfall-row');
const card = (page: Page, name: string | RegExp) => page.getByRole('region', { name });

async function factsOn(page: Page): Promise<string[][]> {
  const facts = await page.locator('.facts > div').all();
  return Promise.all(facts.map((fact) => fact.locator('dt, dd').allInnerTexts()));
}

describe('the page of a call', () => {
  it('shows the key facts with explanations', async () => {
    const page = await pages.open(`calls/${pages.idOf(RETRIED)}`);
    await title(page, 'support_chat / reply');
    expect(await factsOn(page)).toEqual([
      ['Cost', '~$0.03458', '41% of it on attempt 2'],
      ['Duration', '13.4 s', '4.29 s lost to retries'],
      ['First token', '5.44 s', '1.12 s into attempt 3'],
      ['Attempts', '3', '1 rate_limit, 1 timeout'],
      ['Tokens', '~9,624 → 1,436', 'attempt 2 is estimated'],
      ['Finish', 'length', 'hit max_tokens 1,024'],
    ]);
    const trace = page.getByRole('link', { name: 'Open trace' });
    expect(await trace.getAttribute('href')).toBe(
      'https://traces.example/trace/4bf92f3577b34da6a3ce929d0e0e4736',
    );
  });

  it('shows a waterfall of attempts and waits', async () => {
    const page = await pages.open(`calls/${pages.idOf(RETRIED)}`);
    await attempts(page).nth(2).waitFor();
    expect(await attempts(page).locator('.state').allInnerTexts()).toEqual([
      '429 rate_limit',
      '200, then timeout',
      '200 truncated',
    ]);
    expect(await page.locator('.wait-text').allInnerTexts()).toEqual([
      'waited 1.00 s (retry-after)',
      'backed off 520 ms',
    ]);
    const lane = (await page.locator('.lane').first().boundingBox())!;
    const columns = await page
      .locator('.waterfall-row.call > *')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().width));
    expect([columns[0], columns[2]]).toEqual([236, 176]);
    const at = (ms: number): number => lane.x + (lane.width * ms) / 13_420;
    const streaming = (await attempts(page).nth(2).locator('.streaming').boundingBox())!;
    expect(streaming.x).toBeCloseTo(at(5436), 0);
    expect(streaming.x + streaming.width).toBeCloseTo(at(13_396), 0);
    expect(streaming.height).toBe(16);
  });

  it('shows the receipt of an attempt selected by keyboard or pointer', async () => {
    const page = await pages.open(`calls/${pages.idOf(RETRIED)}`);
    const receipt = card(page, /What attempt 3 cost/).getByRole('table');
    await receipt.waitFor();
    const costs = (await receipt.locator('tbody td:last-child, tfoot td:last-child').allInnerTexts()).filter(
      Boolean,
    );
    expect(costs).toEqual(['$0.00819', '$0.00192', '$0.01024', '$0.02035']);
    await page.keyboard.press('ArrowUp');
    await card(page, /What attempt 2 cost/)
      .getByText('usage estimated')
      .waitFor();
    expect(
      await card(page, /What attempt 2 cost/)
        .locator('tfoot')
        .innerText(),
    ).toMatch(/~5,224\s+\$0\.01423/);
    expect(await addressOf(page)).toContain('attempt=2');
    await page.reload();
    await card(page, /What attempt 2 cost/).waitFor();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await card(page, /What attempt 1 cost/)
      .getByText('Nothing can have been billed')
      .waitFor();
    expect(await attempts(page).first().getAttribute('aria-pressed')).toBe('true');
    await attempts(page).nth(2).click();
    await card(page, /What attempt 3 cost/).waitFor();
  });

  it('copies ids, and states that content was not recorded', async () => {
    const page = await pages.open(`calls/${pages.idOf(RETRIED)}`);
    await pages.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const details = card(page, 'Details');
    await details.getByRole('button', { name: 'Copy request id' }).click();
    await details.getByText('Copied').first().waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('req_0c51d7a1e0f24');
    expect(await details.innerText()).toContain('Not recorded. Content is opt-in.');
  });

  it('shows content as escaped text that can be collapsed and copied', async () => {
    const page = await pages.open(`calls/${pages.idOf(WITH_CONTENT)}`);
    const content = card(page, /Content of attempt 1/);
    await content.getByText('Where is my order? <img src=x onerror=alert(1)>').waitFor();
    expect(await content.locator('img').count()).toBe(0);
    expect(await content.innerText()).toContain('"number": 10457');
    await content.getByText('Input').click();
    await content.getByText('Where is my order?').waitFor({ state: 'hidden' });
    await pages.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await content.getByRole('button', { name: 'Copy output 1' }).click();
    await content.getByText('Copied').first().waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('It arrives on Friday.');
  });

  it('links to neighboring calls and adds a newer one when a call ends', async () => {
    const page = await pages.open(`calls/${pages.idOf(RETRIED)}`);
    await title(page, 'support_chat / reply');
    await page.keyboard.press('j');
    await title(page, 'order_dashboard / summarize');
    await page.keyboard.press('k');
    await title(page, 'support_chat / reply');
    expect(await page.getByRole('button', { name: 'Newer' }).isDisabled()).toBe(true);
    pages.server.endCall(6);
    await page.getByRole('link', { name: 'Newer' }).click();
    await title(page, 'contract_review / extract');
  });

  it('links only to neighboring calls that match the filters', async () => {
    const page = await pages.open(`calls/${pages.idOf(RETRIED)}?feature=support_chat&outcome=failed`);
    await title(page, 'support_chat / reply');
    expect(await page.getByRole('button', { name: 'Newer' }).isDisabled()).toBe(true);
    await page.getByRole('link', { name: 'Older' }).click();
    await page.waitForURL(`**/calls/${pages.idOf(125)}?*`);
    await page.getByRole('link', { name: 'Older' }).click();
    await page.waitForURL(`**/calls/${pages.idOf(113)}?*`);
    await page.getByRole('link', { name: 'Newer' }).waitFor();
    await page.keyboard.press('k');
    await page.waitForURL(`**/calls/${pages.idOf(125)}?*`);
  });

  it('disables the links and keys of a call once another one is requested', async () => {
    const [older, oldest] = [pages.idOf(RETRIED - 1), pages.idOf(RETRIED - 2)];
    const page = await pages.open(`calls/${pages.idOf(RETRIED)}`);
    await title(page, 'support_chat / reply');
    pages.server.silent.add(`calls/${older}`);
    await page.getByRole('link', { name: 'Older' }).click();
    await page.locator('section[aria-busy=true]').waitFor();
    for (const name of ['Older', 'Newer'])
      expect(await page.locator('nav .button', { hasText: name }).isDisabled()).toBe(true);
    await page.getByRole('link', { name: 'Older' }).click({ force: true });
    // The attempts are those of the previous call.
    for (const key of ['j', 'k', 'ArrowUp']) await page.keyboard.press(key);
    await attempts(page).first().click();
    expect(await addressOf(page)).toBe(`/llm/calls/${older}`);
    pages.server.release();
    await page.getByRole('link', { name: 'Older' }).click();
    await page.waitForURL(`**/calls/${oldest}`);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('Older');
  });

  it('opens from the list and returns to it with filters and focus restored', async () => {
    const page = await pages.open('calls?feature=order_dashboard');
    await page.locator('table.calls tbody tr').nth(3).click();
    await title(page, 'order_dashboard / summarize');
    expect(await addressOf(page)).toContain('feature=order_dashboard');
    const at = await addressOf(page);
    await page.goBack();
    await page.locator('table.calls tbody tr').nth(3).waitFor();
    await page.waitForFunction(() => document.activeElement?.closest('tr')?.rowIndex === 4);
    await page.goForward();
    await title(page, 'order_dashboard / summarize');
    expect(await addressOf(page)).toBe(at);
    await page.getByRole('link', { name: '← Calls' }).click();
    await page.waitForURL('**/calls?feature=order_dashboard');
  });

  const SEARCH = '?range=6h&feature=support_chat';
  it.each([
    ['', 'Overview'],
    ['calls', 'Calls'],
  ] as const)('returns to the previous page with its filters on Escape: /%s', async (path, name) => {
    const page = await pages.open(path + SEARCH);
    await page.locator('table.calls tbody tr').nth(2).click();
    const at = (path: RegExp) =>
      page.waitForURL(({ pathname, search }) => path.test(pathname) && search === SEARCH);
    await at(/calls\/\d+$/);
    const { pathname } = new URL(page.url());
    await page.getByRole('link', { name: 'Older' }).waitFor();
    await page.keyboard.press('j');
    await page.waitForURL((to) => /calls\/\d+$/.test(to.pathname) && to.pathname !== pathname);
    await page.reload();
    await page.getByRole('link', { name: `← ${name}` }).waitFor();
    await page.keyboard.press('Escape');
    await at(new RegExp(`/llm/${path}$`));
    await page.locator('table.calls tbody tr').nth(2).waitFor();
  });

  it('shows the position of the call in the list', async () => {
    const page = await pages.open('calls?feature=support_chat&outcome=failed');
    const rows = page.locator('table.calls tbody tr');
    await rows.nth(1).waitFor();
    const count = await rows.count();
    await rows.nth(1).click();
    await page.getByText(`2 of ${count}`, { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Newer' }).waitFor();
    await page.keyboard.press('k');
    await page.getByText(`1 of ${count}`, { exact: true }).waitFor();
    await page.goto(`${pages.url}/calls`);
    await rows.nth(49).waitFor();
    await rows.nth(4).click();
    await page.getByText(/^5 of \d+,\d{3}$/).waitFor();
  });

  it('shows "not found" for an unknown id', async () => {
    const page = await pages.open('calls/4711');
    await title(page, 'Call 4711 not found');
    expect(await axeFindings(page)).toEqual([]);
    // The browser logs responses with an error status.
    expect(pages.complaints.splice(0)).toEqual([expect.stringContaining('404')]);
  });

  it('shows loading and error states, and recovers after a retry', async () => {
    pages.server.silent.add(`calls/${pages.idOf(RETRIED)}`);
    const page = await pages.open(`calls/${pages.idOf(RETRIED)}`);
    await page.locator('.facts[aria-busy=true]').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    pages.server.silent.clear();
    pages.server.failing.set(`calls/${pages.idOf(RETRIED)}`, {
      status: 503,
      message: 'The store is not responding.',
    });
    await page.reload();
    await page.getByText('The store is not responding.').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    pages.server.failing.clear();
    await page.getByRole('button', { name: 'Try again' }).click();
    await title(page, 'support_chat / reply');
    expect(pages.complaints.splice(0)).toEqual([expect.stringContaining('503')]);
  });
});

describe('the page of a call in all themes and widths', () => {
  it.each([
    [RETRIED, 'light', false],
    [RETRIED, 'dark', true],
    [WITH_CONTENT, 'dark', false],
    [WITH_CONTENT, 'light', true],
  ] as const)(
    'has no axe violations or horizontal overflow: %d, %s, narrow %s',
    async (id, theme, narrow) => {
      const page = await pages.open(`calls/${pages.idOf(id)}`, { theme, narrow });
      await attempts(page).first().waitFor();
      expect(await axeFindings(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    },
  );
});
