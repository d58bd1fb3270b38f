import type { Page } from 'playwright-core';
import type { Breakdown, Summary } from '../../src/llm-telemetry/dashboard/api/index.js';
import { money, percent, wholeCount } from '../../src/llm-telemetry/dashboard/ui/formats/formats.js';
import { addressOf, FixturePages } from './browser.js';
import { fixtureAnswer } from './fixture-answers.js';

/** 14:45:30 in Berlin, so that the last bucket is incomplete. */
const NOW = Date.UTC(2026, 10, 23, 13, 45, 30);

describe('the overview', () => {
  const pages = new FixturePages(NOW);
  let page: Page;

  const open = async (path = ''): Promise<void> => {
    page = await pages.open(path);
  };
  /** Waits until all responses are shown. */
  const loaded = async (): Promise<void> => {
    await page.locator('.plot canvas').first().waitFor();
    await page.waitForFunction(() => !document.querySelector('[aria-busy=true]'));
  };
  const heading = (): Promise<string> => page.locator('h1').innerText();
  const address = async (): Promise<URLSearchParams> =>
    new URLSearchParams((await addressOf(page)).split('?')[1]);
  /** Returns the response to the last request of an endpoint whose query has the given end. */
  const lastResponse = (endpoint: string, end = ''): unknown => {
    const lastRequest = pages.server.asked.findLast(
      (request) => request.startsWith(`${endpoint}?`) && request.endsWith(end),
    )!;
    return fixtureAnswer(endpoint, new URLSearchParams(lastRequest.split('?')[1]), pages.server.state, NOW);
  };
  const kpi = (name: string) => page.locator('.kpis').getByRole('button', { name: new RegExp(`^${name}`) });
  const featureRow = (name: string) => page.locator('.blame').getByRole('button', { name });

  describe('headline and key measures', () => {
    it('show the spend and the feature with the largest share', async () => {
      await open();
      await loaded();
      await page.locator('h1', { hasText: 'support_chat' }).waitFor();
      const { costUsd, before } = lastResponse('summary') as Summary;
      const [first] = (lastResponse('breakdown', 'Z&by=feature') as Breakdown).groups;
      const text = await heading();
      expect(text).toContain(
        `At least ${money(costUsd)} in 24 hours, up ${percent(costUsd / before.costUsd - 1)}.`,
      );
      expect(text).toContain(`support_chat is ${percent(first!.measures.costUsd / costUsd)} of it`);
    });

    it('do not mix responses of two requests', async () => {
      await open();
      await loaded();
      await page.locator('h1', { hasText: 'support_chat' }).waitFor();
      const before = await heading();
      const calls = await kpi('Calls').innerText();
      pages.server.silent.add('summary');
      await featureRow('support_chat').click();
      await page.getByRole('heading', { name: 'All spend comes from support_chat' }).waitFor();
      expect(await kpi('Calls').innerText()).toBe(calls);
      expect(await heading()).toBe(before);
    });

    it('show the measures of the summary and the firing alerts', async () => {
      await open();
      await loaded();
      const { calls, failed } = lastResponse('summary') as Summary;
      expect(await kpi('Calls').innerText()).toContain(wholeCount(calls));
      expect(await kpi('Errors').innerText()).toContain(percent(failed / calls));
      await page.getByRole('link', { name: 'Alerts 2 firing' }).waitFor();
      expect(await page.getByRole('region', { name: 'Alerts' }).innerText()).toMatch(
        /Firing\s+Cost spike in support_chat\s+\$13\.82\/h limit \$6\.40\/h\s+since 12:31/,
      );
    });

    it('show that no alert is firing if some have too little data', async () => {
      pages.server.state = 'calm';
      await open();
      await loaded();
      await page.getByText('None firing').waitFor();
      expect(await page.getByRole('region', { name: 'Alerts' }).innerText()).toMatch(
        /^None firing\s+9 alerts watched/,
      );
    });
  });

  describe('navigation', () => {
    it('filters by a feature, and Back removes the filter', async () => {
      await open();
      await loaded();
      await page.locator('h1', { hasText: 'support_chat' }).waitFor();
      const before = await heading();
      await featureRow('support_chat').click();
      await page.getByText('support_chat is all of it.').waitFor();
      expect((await address()).getAll('feature')).toEqual(['support_chat']);
      expect(await kpi('Calls').innerText()).toContain(
        wholeCount((lastResponse('summary') as Summary).calls),
      );
      await page.goBack();
      await page.getByText('of the rise').waitFor();
      expect(await heading()).toBe(before);
      await page.goForward();
      await page.getByText('support_chat is all of it.').waitFor();
    });

    it('links an alert to its measure', async () => {
      await open();
      await page.getByRole('link', { name: /Truncation spike/ }).click();
      await page.getByRole('heading', { name: 'Truncated over time' }).waitFor();
      expect((await address()).get('kpi')).toBe('truncated');
      expect((await address()).getAll('model')).toEqual(['gpt-4o-mini']);
    });

    it('zooms all measures into a part of the chart and out again', async () => {
      await open();
      await loaded();
      const calls = await kpi('Calls').innerText();
      const chart = (await page.locator('.u-over').first().boundingBox())!;
      await page.mouse.move(chart.x + chart.width * 0.5, chart.y + 80);
      await page.mouse.down();
      await page.mouse.move(chart.x + chart.width * 0.75, chart.y + 80, { steps: 5 });
      await page.mouse.up();
      await page.getByRole('button', { name: 'Zoom out' }).waitFor();
      const [from, to] = (await address()).get('zoom')!.split('/').map(Date.parse);
      expect((to! - from!) / 3_600_000).toBeCloseTo(6, 0);
      await page.getByRole('heading', { name: /in the 6 hours to/ }).waitFor();
      const { range } = lastResponse('summary') as Summary;
      expect([range.from, range.to]).toEqual([from, to]);
      expect(await kpi('Calls').innerText()).not.toBe(calls);
      await page.getByRole('button', { name: 'Zoom out' }).click();
      await page.getByRole('heading', { name: /in 24 hours/ }).waitFor();
      expect((await address()).has('zoom')).toBe(false);
    });

    it('zooms into a part of the chart by touch without blocking vertical scrolling', async () => {
      page = await pages.open('', { narrow: true, touch: true });
      await loaded();
      const chart = page.locator('.u-over').first();
      await chart.scrollIntoViewIfNeeded();
      const { x, y, width, height } = (await chart.boundingBox())!;
      const finger = await pages.context.newCDPSession(page);
      const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', part?: number): Promise<unknown> =>
        finger.send('Input.dispatchTouchEvent', {
          type,
          touchPoints: part === undefined ? [] : [{ x: x + width * part, y: y + height / 2 }],
        });
      await touch('touchStart', 0.5);
      for (const part of [0.55, 0.65, 0.75]) await touch('touchMove', part);
      await touch('touchEnd');
      await page.getByRole('heading', { name: /in the 6 hours to/ }).waitFor();
      const [from, to] = (await address()).get('zoom')!.split('/').map(Date.parse);
      expect((to! - from!) / 3_600_000).toBeCloseTo(6, 0);
      expect(await chart.evaluate((element) => getComputedStyle(element).touchAction)).toBe('pan-y');
    });

    it('selects predefined and custom time ranges', async () => {
      await open();
      await page.getByRole('button', { name: '7 d' }).click();
      await page.getByRole('heading', { name: /in 7 days/ }).waitFor();
      await page.getByRole('button', { name: 'Custom' }).click();
      await page.getByRole('textbox', { name: 'From' }).fill('2026-11-20T08:00');
      await page.getByRole('textbox', { name: 'To' }).fill('2026-11-20T06:00');
      await page.getByText('The end must be after the start.').waitFor();
      await page.getByRole('textbox', { name: 'To' }).fill('2026-11-20T10:00');
      await page.getByRole('button', { name: 'Show this range' }).click();
      await page.getByRole('heading', { name: /in the 2 hours to 20 Nov, 10:00/ }).waitFor();
      // Berlin is an hour ahead of UTC.
      expect((await address()).get('range')).toBe('2026-11-20T07:00Z/2026-11-20T09:00Z');
    });

    it('filters by several names and clears the filters', async () => {
      await open();
      await loaded();
      await page.locator('.filters').getByRole('button', { name: 'Feature' }).click();
      await page.getByRole('checkbox', { name: 'support_chat' }).check();
      await page.getByRole('checkbox', { name: 'order_dashboard' }).check();
      expect((await address()).getAll('feature')).toEqual(['support_chat', 'order_dashboard']);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Feature 2 selected' }).waitFor();
      await page.getByRole('heading', { name: '1 of 2 features makes' }).waitFor();
      await page.getByRole('button', { name: 'Clear filters' }).click();
      await featureRow('contract_review').waitFor();
      expect((await address()).has('feature')).toBe(false);
    });

    it('shows the selected measure and grouping as chart and as table', async () => {
      await open();
      await loaded();
      await kpi('Tokens').click();
      await page.getByRole('heading', { name: 'Tokens over time' }).waitFor();
      await page.getByRole('group', { name: 'Group by' }).getByRole('button', { name: 'Model' }).click();
      await featureRow('gpt-4o-mini').waitFor();
      await page.getByRole('button', { name: 'Table of Tokens over time' }).click();
      const table = page.getByRole('table', { name: /^Tokens over time/ });
      await table.waitFor();
      expect(await table.locator('thead').innerText()).toMatch(/Time.*gpt-4o.*24 h before/);
      // The newest bucket is first.
      expect(await table.locator('tbody tr').first().innerText()).toMatch(/^14:45 – 15:00/);
      expect(await table.locator('tbody tr').count()).toBe(97);
    });

    it('restores the view from its address', async () => {
      await open('?range=6h&kpi=errors&by=model&view=table&compare=off');
      await page.getByRole('table', { name: /^Errors over time/ }).waitFor();
      expect(await page.getByRole('button', { name: '6 h', exact: true }).getAttribute('aria-pressed')).toBe(
        'true',
      );
      expect(await kpi('Errors').getAttribute('aria-pressed')).toBe('true');
      expect(await kpi('Spend').innerText()).not.toContain('from');
      await page.getByRole('button', { name: 'Compare: 6 h before' }).click();
      await page.getByRole('columnheader', { name: '6 h before' }).waitFor();
      expect(await kpi('Spend').innerText()).toMatch(/[↑↓±].*from \$/);
    });
  });

  describe('keyboard', () => {
    it('controls the page by shortcuts', async () => {
      await open();
      await loaded();
      await page.keyboard.press('2');
      await page.getByRole('heading', { name: 'Calls over time' }).waitFor();
      await page.keyboard.press('c');
      await page.getByRole('button', { name: 'Compare: 24 h before', pressed: false }).waitFor();
      await page.keyboard.press('[');
      await page.getByRole('heading', { name: /in the 24 hours to 22 Nov/ }).waitFor();
      await page.keyboard.press('t');
      expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.keyboard.press('g');
      await page.keyboard.press('a');
      await page.waitForURL(/\/alerts\?/);
      await page.keyboard.press('g');
      await page.keyboard.press('o');
      await page.waitForURL((to) => !to.pathname.endsWith('alerts'));
      await page.keyboard.press('/');
      // Shortcuts do not apply in a text field.
      await page.keyboard.type('t2');
      expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
      expect(await page.locator('#find').inputValue()).toBe('t2');
    });

    it('reads the values of a chart', async () => {
      await open();
      await loaded();
      await page.locator('.plot').first().focus();
      await page.keyboard.press('End');
      const liveRegion = page.locator('.chart [aria-live]').first();
      expect(await liveRegion.textContent()).toMatch(
        /^14:45 – 15:00, so far: support_chat \$.*Total \$.*24 h before \$/,
      );
      await page.keyboard.press('ArrowLeft');
      expect(await liveRegion.textContent()).toMatch(/^14:30 – 14:45: support_chat/);
      await page.keyboard.press('Home');
      expect(await liveRegion.textContent()).toMatch(/^22 Nov, 14:45 – 15:00: support_chat/);
    });

    it('zooms into a chart', async () => {
      await open();
      await loaded();
      const chart = page.locator('.plot').first();
      const liveRegion = page.locator('.chart [aria-live]').first();
      await chart.focus();
      await page.keyboard.press('End');
      for (let press = 0; press < 3; press++) await page.keyboard.press('Shift+ArrowLeft');
      expect(await liveRegion.textContent()).toMatch(
        /^14:00 – 14:15: .* Selected: 14:00 – 15:00\. Enter zooms in\.$/,
      );
      await page.keyboard.press('Escape');
      expect(await liveRegion.textContent()).not.toContain('Selected');
      await page.keyboard.press('Shift+ArrowLeft');
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Zoom out' }).waitFor();
      expect((await address()).get('zoom')).toBe('2026-11-23T12:45Z/2026-11-23T13:15Z');
      await page.keyboard.press('-');
      await page.getByRole('heading', { name: /in 24 hours/ }).waitFor();
    });

    it('opens a menu, selects an option and closes the menu', async () => {
      await open();
      await loaded();
      const chip = page.locator('.filters').getByRole('button', { name: 'Model' });
      await chip.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('checkbox', { name: 'claude-sonnet-4-6' }).waitFor();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Space');
      await page.keyboard.press('Escape');
      expect((await address()).getAll('model')).toHaveLength(1);
      expect(await chip.evaluate((element) => element === document.activeElement)).toBe(true);
    });
  });
});

describe('live updates of the overview', () => {
  const pages = new FixturePages();

  it('request data when calls end, without a reload', async () => {
    const page = await pages.open('');
    await page.locator('.plot canvas').first().waitFor();
    const origin = await page.evaluate(() => performance.timeOrigin);
    const asksAgain = page.waitForRequest(/api\/summary/);
    pages.server.send('calls', { calls: [], more: false });
    await asksAgain;
    expect(await page.evaluate(() => performance.timeOrigin)).toBe(origin);
  });

  it('show "Not live" while the connection is lost', async () => {
    const page = await pages.open('');
    const live = page.getByRole('button', { name: 'Live', exact: true });
    await live.locator('.pulse:not(.off)').waitFor();
    pages.server.dropClients();
    await page.getByRole('button', { name: 'Not live' }).waitFor();
    await live.waitFor();
    // The browser logs the lost connection.
    pages.complaints = pages.complaints.filter((text) => !text.includes('net::ERR_'));
  });
});
