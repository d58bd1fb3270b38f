import { axeFindings, FixturePages } from './browser.js';

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
