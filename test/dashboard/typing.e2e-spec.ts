import type { Locator, Page } from 'playwright-core';
import { FixturePages } from './browser.js';

const pages = new FixturePages();

const modelField = (page: Page): Locator => page.getByRole('region', { name: 'What if' }).getByLabel('Model');

const comparedModels = (): Array<string | null> =>
  pages.server.asked
    .filter((request) => request.startsWith('what-if?'))
    .map((request) => new URLSearchParams(request.slice('what-if?'.length)).get('model'));

/** Sends a live event that changes the number of firing alerts, and waits until the page shows it. */
async function changeAlerts(page: Page): Promise<void> {
  const answer = await page.evaluate(async () => (await fetch('api/alerts')).json());
  const firing = page.getByRole('link', { name: /^Alerts \d+ firing/ });
  await firing.waitFor();
  const alerts = answer.alerts.map((rule: { instances: unknown[] }) => ({ ...rule, instances: [] }));
  pages.server.send('alerts', { ...answer, evaluatedAt: answer.evaluatedAt + 60_000, alerts });
  await firing.waitFor({ state: 'detached' });
}

describe('the model of the What if panel', () => {
  // obot-platform/obot#7642: each render wrote the value of the address back into the field.
  it('keeps the typed text when a live event renders the page', async () => {
    const page = await pages.open('');
    await page.locator('.pulse:not(.off)').first().waitFor();
    await modelField(page).pressSequentially('gpt-4o-');
    await changeAlerts(page);
    expect(await modelField(page).inputValue()).toBe('gpt-4o-');
    await modelField(page).pressSequentially('mini');
    await modelField(page).press('Enter');
    await page.getByText('can be repriced').waitFor();
    expect(comparedModels()).toEqual(['gpt-4o-mini']);
  });

  it('keeps the typed text when responses arrive', async () => {
    pages.server.silent.add('quality').add('budgets').add('breakdown');
    const page = await pages.open('');
    await modelField(page).pressSequentially('gpt-4o-');
    pages.server.release();
    await page.getByText('Spend is a lower bound.').waitFor();
    await page.getByRole('region', { name: 'Budgets' }).waitFor();
    await page.locator('.blame-row').nth(2).waitFor();
    expect(await modelField(page).inputValue()).toBe('gpt-4o-');
    await modelField(page).press('Enter');
    await page.waitForURL('**/?whatif=gpt-4o-');
  });
});

describe('the search field', () => {
  const find = (page: Page): Locator => page.getByRole('searchbox', { name: /^Search calls/ });

  // 4gray/iptvnator#1432: the trimmed text of the address replaced what was typed.
  it('keeps a space at the end while the user pauses', async () => {
    const page = await pages.open('calls');
    await find(page).pressSequentially('order ');
    await page.waitForURL('**/calls?text=order');
    await page.locator('table.calls tbody tr', { hasText: 'order_dashboard' }).first().waitFor();
    await changeAlerts(page);
    await find(page).pressSequentially('10457');
    expect(await find(page).inputValue()).toBe('order 10457');
    await page.waitForURL('**/calls?text=order+10457');
    await find(page).blur();
    await page.goBack();
    await page.waitForURL('**/calls');
    await page.waitForFunction(() => document.querySelector<HTMLInputElement>('#find')?.value === '');
  });

  it('does not apply text that was cleared before the delay ended', async () => {
    const page = await pages.openPaused('calls?feature=order_dashboard', 'table.calls tbody tr');
    await find(page).pressSequentially('acme');
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.clock.runFor(1000);
    expect(new URL(page.url()).search).toBe('');
    expect(await find(page).inputValue()).toBe('');
  });

  it('receives the keys pressed right after "/" on another page', async () => {
    const page = await pages.openPaused('alerts', '.alert-rule');
    await page.keyboard.press('/');
    await page.keyboard.type('test');
    expect(await find(page).inputValue()).toBe('test');
    await page.clock.runFor(1000);
    await page.waitForURL('**/calls?text=test');
  });
});
