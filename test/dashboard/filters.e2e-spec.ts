import type { CostReasonCode } from '../../src/llm-telemetry/dashboard/api/index.js';
import { axeFindings, FixturePages } from './browser.js';
import { attemptOf, callOf, usageOf } from './fixture-records.js';

const pages = new FixturePages();
// Each test opens several pages.
import.meta.jest.setTimeout(60_000);

const queriesOf = (endpoint: string): URLSearchParams[] =>
  pages.server.asked
    .filter((request) => request.startsWith(`${endpoint}?`))
    .map((request) => new URLSearchParams(request.slice(endpoint.length + 1)));

describe('filters by route, tenant and user', () => {
  it('are in one menu, apply to measures and lists, and are shown as columns and details', async () => {
    const page = await pages.open('calls');
    await page.locator('table.calls tbody tr').first().waitFor();
    const head = await page.locator('table.calls th').allInnerTexts();
    expect(head.filter((name) => name === 'Tenant' || name === 'User')).toEqual(['Tenant', 'User']);
    await page.locator('.filters').getByRole('button', { name: 'More' }).click();
    await page.getByRole('group', { name: 'Filter by' }).getByRole('button', { name: 'Tenant' }).click();
    await page.getByRole('checkbox', { name: 'no tenant' }).waitFor();
    expect(await axeFindings(page)).toEqual([]);
    const filtered = page.waitForRequest(/\/api\/calls\?.*tenant=acme-eu/);
    await page.getByRole('checkbox', { name: 'acme-eu' }).check();
    await page.waitForURL('**/calls?tenant=acme-eu');
    await filtered;
    await page.goto(`${pages.url}/?user=&route=GET+%2Fsearch&by=user`);
    await page.locator('.plot canvas').first().waitFor();
    const summary = queriesOf('summary').at(-1)!;
    expect([summary.getAll('user'), summary.getAll('route')]).toEqual([[''], ['GET /search']]);
    await page.getByText('no user').first().waitFor();
    await page.goto(`${pages.url}/calls/${pages.idOf(130)}`);
    const details = page.getByRole('region', { name: 'Details' });
    expect(await details.innerText()).toMatch(/User\s+u_8841\s+Tenant\s+acme-eu/);
  });

  it('offer a search among many names', async () => {
    pages.server.state = 'busy';
    const page = await pages.open('?' + Array.from({ length: 12 }, (_, at) => `user=u_${at}`).join('&'));
    await page.locator('.filters').getByRole('button', { name: 'More' }).click();
    const find = page.getByRole('searchbox', { name: 'Search user' });
    await find.fill('_11');
    await page.getByRole('checkbox', { name: 'u_0' }).waitFor({ state: 'detached' });
    expect(await page.locator('.popup-content .option').allInnerTexts()).toEqual(['u_11']);
    await find.press('Enter');
    await page.waitForURL((url) => !url.searchParams.getAll('user').includes('u_11'));
    await find.fill('nobody');
    await page.getByText('No match.').waitFor();
  });
});

describe('unknown costs', () => {
  const add = (reasonCode: CostReasonCode, requestModel = 'gpt-5.4'): void => {
    const cost = { source: 'unknown', reason: `no price for ${requestModel}`, reasonCode } as const;
    const attempts = [attemptOf({ requestModel, usage: usageOf(812, 90), cost, durationMs: 900 })];
    pages.server.calls.add(callOf(attempts, { startedAt: Date.now() - 2000, feature: 'ticket_routing' }));
  };

  it('are filtered by their reason, in the address, the request and the exported files', async () => {
    for (const code of ['unpriced_service_tier', 'unpriced_tool'] as const) add(code);
    const page = await pages.open('calls');
    await page.locator('table.calls tbody tr').first().waitFor();
    await page.locator('.filters').getByRole('button', { name: 'More' }).click();
    await page.getByRole('group', { name: 'Filter by' }).getByRole('button', { name: 'Cost' }).click();
    const tier = page.getByRole('checkbox', { name: 'No price for the service tier' });
    await tier.waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await tier.check();
    await page.waitForURL('**/calls?costReason=unpriced_service_tier');
    await page.keyboard.press('Escape');
    const costs = page.locator('table.calls tbody td:last-child span[title]');
    await page.waitForFunction(() => document.querySelectorAll('table.calls tbody tr').length === 1);
    expect(await costs.getAttribute('title')).toBe('No price for the service tier');
    expect(queriesOf('calls').at(-1)!.getAll('costReasonCode')).toEqual(['unpriced_service_tier']);
    await page.getByRole('button', { name: 'More No price for the service tier' }).waitFor();
    await page.getByRole('button', { name: 'Export' }).click();
    for (const name of ['CSV', 'NDJSON'])
      expect(await page.getByRole('link', { name }).getAttribute('href')).toContain(
        'costReasonCode=unpriced_service_tier',
      );
  });

  it('are all found with “Any reason”', async () => {
    const page = await pages.open('calls?costReason=any');
    await page.locator('table.calls tbody tr').first().waitFor();
    const costs = await page.locator('table.calls tbody td:last-child').allInnerTexts();
    expect(new Set(costs)).toEqual(new Set(['unpriced']));
    expect(queriesOf('calls').at(-1)!.getAll('costReasonCode')).toContain('price_provider_failed');
  });

  it('have their reason on the page of the call', async () => {
    add('unpriced_service_tier');
    const page = await pages.open('calls?costReason=unpriced_service_tier');
    await page.locator('table.calls tbody a').first().click();
    const facts = page.locator('.facts');
    await facts.getByText('no price for the service tier', { exact: true }).waitFor();
    const titles = await page
      .locator('main .dotted')
      .evaluateAll((elements) => elements.map((element) => element.getAttribute('title')));
    expect(new Set(titles)).toEqual(new Set(['No price for the service tier']));
  });

  it('are counted by reason beside the note, with a price to set and a link to the calls', async () => {
    for (let count = 0; count < 40; count++) add('unpriced_tool');
    const page = await pages.open('?feature=ticket_routing');
    await page.getByRole('button', { name: 'Set a price' }).click();
    const help = page.getByRole('group', { name: 'How to set a price' });
    await help.getByText('No price for a tool').waitFor();
    expect(await help.locator('dt').first().innerText()).toBe('No price for a tool');
    expect(await help.locator('dd').first().innerText()).toBe('40');
    expect(await help.locator('pre').innerText()).toMatch(
      /'gpt-5\.4': \{[^}]*tools: \{ file_search: 2\.5 \}/,
    );
    expect(await axeFindings(page)).toEqual([]);
    await help.getByRole('link', { name: 'No price for a tool' }).click();
    await page.waitForURL('**/calls?feature=ticket_routing&costReason=unpriced_tool');
    await page.locator('table.calls tbody tr').first().waitFor();
  });
});

it('What if and Budgets panels apply the filters and state which do not apply', async () => {
  const page = await pages.open('?feature=support_chat&model=gpt-4o&whatif=gpt-4o-mini');
  await page.getByText('can be repriced').waitFor();
  const query = queriesOf('what-if').at(-1)!;
  expect([query.get('feature'), query.get('fromModel'), query.get('model')]).toEqual([
    'support_chat',
    'gpt-4o',
    'gpt-4o-mini',
  ]);
  await page.getByText('Only calls of gpt-4o.').waitFor();
  const budgets = page.getByRole('region', { name: 'Budgets' });
  await budgets.waitFor();
  expect(await budgets.getByRole('listitem').count()).toBe(2);
  expect(await budgets.innerText()).toContain(
    'Budgets count all calls of their scope: the filters by feature and model do not apply.',
  );
});

it('shows cancelled streams and aborted calls as one outcome, Cancelled', async () => {
  const page = await pages.open('calls?outcome=cancelled');
  const state = page.locator('table.calls tbody .state');
  await state.first().waitFor();
  expect(new Set(await state.allInnerTexts())).toEqual(new Set(['Cancelled']));
  expect(queriesOf('calls').at(-1)!.getAll('outcome')).toEqual(['cancelled', 'aborted']);
  await page.getByRole('button', { name: /^Outcome/ }).click();
  await page.getByRole('checkbox', { name: 'Cancelled' }).waitFor();
  expect(await page.getByRole('checkbox', { name: /aborted/i }).count()).toBe(0);
});

it('shows a hint about the budgets option without budgets until the hint is hidden', async () => {
  pages.server.state = 'calm';
  const page = await pages.open('');
  const hint = page.locator('.budget-hint');
  await hint.waitFor();
  expect(await hint.getByRole('link', { name: 'Documentation' }).getAttribute('href')).toMatch(
    /docs\/budgets\.md$/,
  );
  expect(await axeFindings(page)).toEqual([]);
  await hint.getByRole('button', { name: 'Hide' }).click();
  await hint.waitFor({ state: 'detached' });
  await page.reload();
  await page.locator('.plot canvas').first().waitFor();
  await page.getByRole('region', { name: 'What if' }).waitFor();
  expect(await hint.count()).toBe(0);
});

it('shows the exact total of a call and of an attempt on the page of the call', async () => {
  const page = await pages.open(`calls/${pages.idOf(130)}`);
  const note = page.locator('.receipt-note');
  await note.waitFor();
  expect(await note.innerText()).toContain(
    'Exact total: $0.02035 for this attempt, $0.03458 for all 3 attempts.',
  );
});

it('shows service, version and instance in the footer', async () => {
  const page = await pages.open('');
  await page.locator('.foot').getByText('orders-api 2.4.1 on orders-7d9f, pid 4711').waitFor();
});
