import { axeFindings, FixturePages } from './browser.js';
import { fleetStatus } from './fixture-fleet.js';

const pages = new FixturePages();
import.meta.jest.setTimeout(60_000);

describe('fleet', () => {
  it.each(['light', 'dark'] as const)(
    'is listed in the footer, with a link to the calls of each instance, %s',
    async (theme) => {
      pages.server.changes.set('status', fleetStatus(Date.now()));
      const page = await pages.open('?feature=support_chat', { theme });
      await page.getByRole('button', { name: '3 instances, 1 behind' }).click();
      const list = page.getByRole('group', { name: 'Instances' });
      const rows = list.getByRole('listitem');
      await rows.first().waitFor();
      expect(await rows.count()).toBe(3);
      expect(await rows.first().innerText()).toMatch(
        /^orders-9f00:4711\s+Behind\s+orders-api 2\.4\.1, production\s+seen \d+ s ago\s+312 calls wait since \d\d:\d\d$/,
      );
      expect(await rows.nth(1).innerText()).toMatch(
        /^orders-7d9f:4711\s+OK\s+orders-api 2\.5\.0, production/,
      );
      expect(await axeFindings(page)).toEqual([]);
      const filtered = page.waitForRequest(/\/api\/calls\?.*instance=orders-7d9f/);
      await rows.nth(1).getByRole('link').click();
      await page.waitForURL('**/calls?feature=support_chat&instance=orders-7d9f:4711');
      await page.getByRole('button', { name: 'More orders-7d9f:4711' }).waitFor();
      await list.waitFor({ state: 'hidden' });
      const { searchParams } = new URL((await filtered).url());
      expect(searchParams.getAll('instance')).toEqual(['orders-7d9f:4711']);
    },
  );

  it('is not mentioned for a single instance', async () => {
    const page = await pages.open('');
    await page.locator('.foot').waitFor();
    expect(await page.getByRole('button', { name: /instance/ }).count()).toBe(0);
  });
});

describe('filters by version, instance, environment and service', () => {
  it('are in the menu More, and apply to measures and lists', async () => {
    const page = await pages.open('');
    await page.locator('.plot canvas').first().waitFor();
    await page.locator('.filters').getByRole('button', { name: 'More' }).click();
    const tabs = page.getByRole('group', { name: 'Filter by' });
    await tabs.getByRole('button', { name: 'Version' }).click();
    const filtered = page.waitForRequest(/\/api\/summary\?.*version=2\.5\.0/);
    const listed = page.waitForRequest(/\/api\/calls\?.*version=2\.5\.0/);
    await page.getByRole('checkbox', { name: '2.5.0' }).check();
    await page.waitForURL('**/llm/?version=2.5.0');
    await Promise.all([filtered, listed]);
    // The fixture has one environment and one service.
    expect(await tabs.getByRole('button').allInnerTexts()).toEqual([
      'Route',
      'Tenant',
      'User',
      'Cost',
      'Version',
      'Instance',
    ]);
    expect(await axeFindings(page)).toEqual([]);
  });

  it('offer environments and services if there are several', async () => {
    pages.server.changes.set('breakdown', ({ groups, by }: { groups: object[]; by: string[] }) =>
      by.includes('service')
        ? {
            groups: ['orders-api', 'billing-api'].map((service) => ({
              ...groups[0],
              names: { service, environment: 'production' },
            })),
          }
        : {},
    );
    const page = await pages.open('calls');
    await page.locator('table.calls tbody tr').first().waitFor();
    await page.locator('.filters').getByRole('button', { name: 'More' }).click();
    const tabs = page.getByRole('group', { name: 'Filter by' });
    await tabs.getByRole('button', { name: 'Service' }).waitFor();
    expect(await tabs.getByRole('button', { name: 'Environment' }).count()).toBe(0);
  });

  it('offer the instances of the fleet if there are too many calls to list those that made them', async () => {
    pages.server.changes.set('status', fleetStatus(Date.now()));
    const page = await pages.open('calls');
    await page.locator('table.calls tbody tr').first().waitFor();
    pages.server.failing.set('breakdown', { status: 400, message: 'More than 50,000 calls match.' });
    await page.locator('.filters').getByRole('button', { name: 'More' }).click();
    await page.getByRole('group', { name: 'Filter by' }).getByRole('button', { name: 'Instance' }).click();
    await page.getByRole('checkbox', { name: 'orders-1b2c:4711' }).check();
    await page.waitForURL('**/calls?instance=orders-1b2c:4711');
    pages.complaints = pages.complaints.filter((text) => !text.includes('400'));
  });

  it('by version groups the overview, before and after a deployment', async () => {
    const page = await pages.open('');
    await page.getByRole('group', { name: 'Group by' }).getByRole('button', { name: 'Version' }).click();
    await page.getByRole('heading', { name: '1 of 2 versions makes' }).waitFor();
    await page.waitForURL('**/llm/?by=version');
    const rows = page.locator('button.blame-row');
    expect(await rows.allInnerTexts()).toEqual([
      expect.stringMatching(/^2\.4\.1/),
      expect.stringMatching(/^2\.5\.0/),
    ]);
  });

  it('show a remedy and the list of calls if there are too many calls for measures', async () => {
    const message = 'More than 50,000 calls match: choose a shorter range, or add a filter.';
    for (const endpoint of ['summary', 'breakdown', 'timeline', 'quality', 'errors', 'retries'])
      pages.server.failing.set(endpoint, { status: 400, message });
    const page = await pages.open('?instance=orders-7d9f:4711&range=7d');
    await page.getByText(message).waitFor();
    await page.locator('table.calls tbody tr').first().waitFor();
    expect(await axeFindings(page)).toEqual([]);
    pages.server.failing.clear();
    await page.getByRole('button', { name: 'Show 1 hour' }).click();
    await page.waitForURL('**/llm/?range=1h&instance=orders-7d9f:4711');
    await page.locator('.plot canvas').first().waitFor();
    pages.complaints = pages.complaints.filter((text) => !text.includes('400'));
  });
});

it('the page of a call shows the program and the process that made it', async () => {
  const page = await pages.open(`calls/${pages.idOf(130)}`);
  const details = page.getByRole('region', { name: 'Details' });
  expect(await details.innerText()).toMatch(
    /Service\s+orders-api 2\.4\.1, production\s+Instance\s+orders-7d9f:4711/,
  );
});

it('the overview states how many calls wait while the database does not respond', async () => {
  pages.server.changes.set('status', fleetStatus(Date.now(), 'buffered'));
  const page = await pages.open('');
  const banner = page.locator('.banner');
  await banner.waitFor();
  expect(await banner.innerText()).toMatch(
    /^Buffered\s+Since \d\d:\d\d: The database db\.internal\/telemetry cannot be reached.* 1,204 calls wait on this machine/s,
  );
});
