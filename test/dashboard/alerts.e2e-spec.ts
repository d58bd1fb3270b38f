import type { Page } from 'playwright-core';
import { axeFindings, FixturePages } from './browser.js';

const pages = new FixturePages();

const rule = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

/** Returns the state, name, value, limit, window and time of the first row of an alert. */
async function lineOf(page: Page, name: string): Promise<string[]> {
  const texts = await rule(page, name).locator('.alert-row').first().locator('> :not(svg)').allInnerTexts();
  return texts.map((text) => text.replace(/\s+/g, ' ').trim());
}

describe('the alerts page', () => {
  it('lists all alerts with their state, firing alerts first', async () => {
    const page = await pages.open('alerts');
    await page.getByRole('heading', { level: 1, name: '2 alerts are firing' }).waitFor();
    const states = await page
      .locator('.alert-rule')
      .evaluateAll((all) =>
        all.map((one) => [one.getAttribute('aria-label'), one.querySelector('.state')?.textContent]),
      );
    expect(states).toEqual([
      ['Cost spike', 'Firing'],
      ['Truncation spike', 'Firing'],
      ['Rate limiting', 'Pending'],
      ['High latency', 'OK'],
      ['Content filter', 'OK'],
      ['Error ratio', 'OK'],
      ['Unpriced calls', 'OK'],
      ['Missing usage', 'OK'],
      ['Budget burn', 'Off'],
      ['Traffic gone', 'OK'],
    ]);
  });

  it('shows subject, value, limit, window and time of each alert', async () => {
    const page = await pages.open('alerts');
    await rule(page, 'Cost spike').waitFor();
    expect(await lineOf(page, 'Cost spike')).toEqual([
      'Firing',
      expect.stringMatching(/^Cost spike in support_chat When cost_spike/),
      '$13.82/h',
      expect.stringMatching(/> \$6\.40\/h$/),
      '1 h, for 10 min',
      expect.stringMatching(/^since /),
    ]);
    expect((await lineOf(page, 'Rate limiting')).at(-1)).toMatch(/^fires at \d\d:\d\d$/);
    expect((await lineOf(page, 'Traffic gone'))[3]).toMatch(/fires below < 20$/);
  });

  it('shows the reason for missing data and no value', async () => {
    const page = await pages.open('alerts');
    await rule(page, 'High latency').getByText('2 others').click();
    const row = rule(page, 'High latency').getByRole('link', { name: /redline/ });
    expect(await row.innerText()).toContain('Too few calls: 7 in 5 min, at least 20 required.');
    expect(await row.innerText()).toContain('—');
  });

  it('links an alert to its measure, filtered by its subject', async () => {
    const page = await pages.open('alerts');
    await rule(page, 'Truncation spike').getByRole('link').click();
    await page.waitForURL(/\/llm\/\?/);
    const query = new URL(page.url()).searchParams;
    expect([query.get('kpi'), query.get('model')]).toEqual(['truncated', 'gpt-4o-mini']);
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: '2 alerts are firing' }).waitFor();
  });

  it('shows that no alert is firing', async () => {
    pages.server.state = 'calm';
    const page = await pages.open('alerts');
    await page.getByRole('heading', { level: 1, name: 'None firing' }).waitFor();
    expect(await page.locator('.alerts-head p').innerText()).toMatch(/^9 alerts watched .*last fired/);
    expect(await axeFindings(page)).toEqual([]);
  });

  it('updates alerts when a live event arrives', async () => {
    const page = await pages.open('alerts');
    await page.getByRole('heading', { level: 1, name: '2 alerts are firing' }).waitFor();
    const answer = await page.evaluate(async () => (await fetch('api/alerts')).json());
    const alerts = answer.alerts.map((rule: { instances: unknown[] }) => ({
      ...rule,
      state: 'ok',
      instances: [],
    }));
    pages.server.send('alerts', { ...answer, evaluatedAt: answer.evaluatedAt + 60_000, alerts, firings: [] });
    await page.getByRole('heading', { level: 1, name: 'All OK' }).waitFor();
  });

  it('shows loading and error states, and recovers after a retry', async () => {
    pages.server.silent.add('alerts');
    const page = await pages.open('alerts');
    await page.locator('section[aria-busy=true]').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    pages.server.silent.clear();
    pages.server.failing.set('alerts', { status: 503, message: 'The store is not responding.' });
    await page.reload();
    await page.getByText('The store is not responding.').waitFor();
    pages.server.failing.clear();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { level: 1, name: '2 alerts are firing' }).waitFor();
    expect(pages.complaints.splice(0).every((text) => text.includes('503'))).toBe(true);
  });

  it.each([
    ['light', false],
    ['dark', true],
  ] as const)('has no axe violations or horizontal overflow: %s, narrow %s', async (theme, narrow) => {
    const page = await pages.open('alerts', { theme, narrow });
    await rule(page, 'Traffic gone').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  });
});
