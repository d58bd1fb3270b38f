import { axeFindings, FixturePages } from './browser.js';

const pages = new FixturePages();

/** Returns the queries of all requests to an endpoint. */
const queriesOf = (endpoint: string): URLSearchParams[] =>
  pages.server.asked
    .filter((request) => request.startsWith(`${endpoint}?`))
    .map((request) => new URLSearchParams(request.slice(endpoint.length + 1)));

describe('the Budgets panel', () => {
  it('shows the spend of each budget and which budgets are used up', async () => {
    const page = await pages.open('');
    const panel = page.getByRole('region', { name: 'Budgets' });
    await panel.waitFor();
    const rows = panel.getByRole('listitem');
    expect(await rows.count()).toBe(3);
    expect(await rows.nth(0).innerText()).toMatch(
      /^All calls \w+\n≥ \$[\d,.]+ of \$4,500\.00\nOn pace for \$3,870\n14% under$/,
    );
    expect(await rows.nth(1).innerText()).toMatch(/^support_chat [\s\S]*Used up [\s\S]*on pace for \$1,872$/);
    expect(await rows.nth(0).getByRole('img').getAttribute('aria-label')).toMatch(
      /^[\d.<]+% of the budget used, [\d.<]+% of its period passed$/,
    );
  });

  it('is hidden if there are no budgets', async () => {
    pages.server.state = 'calm';
    const page = await pages.open('');
    await page.getByRole('region', { name: 'What if' }).waitFor();
    await page.getByRole('region', { name: 'Retries' }).waitFor();
    expect(queriesOf('budgets').length).toBeGreaterThan(0);
    expect(await page.getByRole('region', { name: 'Budgets' }).count()).toBe(0);
  });
});

describe('the What if panel', () => {
  it('sends one request when a model is entered', async () => {
    const page = await pages.open('');
    const panel = page.getByRole('region', { name: 'What if' });
    await panel.getByLabel('Feature').selectOption('support_chat');
    expect(queriesOf('what-if')).toEqual([]);
    await panel.getByLabel('Model').fill('gpt-4o-mini');
    await panel.getByLabel('Model').press('Enter');
    await panel.getByText('−$79.81 (−94%)').waitFor();
    expect(await panel.innerText()).toContain(
      'The latest 2,000 of 21,480 calls: 1,991 of 2,000 calls can be repriced; 9 cannot: no usage.',
    );
    expect(queriesOf('what-if').map((query) => [query.get('feature'), query.get('model')])).toEqual([
      ['support_chat', 'gpt-4o-mini'],
    ]);
  });

  it('shows an error if the model has no price, and accepts another model', async () => {
    pages.server.failing.set('what-if', {
      status: 400,
      message: 'No price found for this model. Check its name or add it to pricing.overrides.',
    });
    const page = await pages.open('');
    const panel = page.getByRole('region', { name: 'What if' });
    await panel.getByLabel('Model').fill('my-model');
    await panel.getByLabel('Model').press('Enter');
    await panel
      .getByText('No price found for this model. Check its name or add it to pricing.overrides.')
      .waitFor();
    pages.complaints = [];
    pages.server.failing.clear();
    await panel.getByLabel('Model').fill('gpt-4o');
    await panel.getByLabel('Model').press('Enter');
    await panel.getByText('−$79.81 (−94%)').waitFor();
  });
});

it.each([
  ['light and wide', { theme: 'light', narrow: false }],
  ['dark and narrow', { theme: 'dark', narrow: true }],
] as const)('Budgets and What if panels have no axe violations: %s', async (_, look) => {
  const page = await pages.open('', look);
  const panel = page.getByRole('region', { name: 'What if' });
  await page.getByRole('region', { name: 'Budgets' }).waitFor();
  await panel.getByLabel('Model').fill('gpt-4o-mini');
  await panel.getByLabel('Model').press('Enter');
  await panel.getByText('−$79.81 (−94%)').waitFor();
  expect(await axeFindings(page)).toEqual([]);
});
