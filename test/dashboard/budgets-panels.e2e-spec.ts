import { axeFindings, FixturePages } from './browser.js';

const pages = new FixturePages();

/** The questions that were asked of an endpoint. */
const asked = (endpoint: string): URLSearchParams[] =>
  pages.server.asked
    .filter((question) => question.startsWith(`${endpoint}?`))
    .map((question) => new URLSearchParams(question.slice(endpoint.length + 1)));

describe('the budgets', () => {
  it('say what is spent of each, and which will not last', async () => {
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

  it('have no panel where there are none', async () => {
    pages.server.state = 'calm';
    const page = await pages.open('');
    await page.getByRole('region', { name: 'What if' }).waitFor();
    await page.getByRole('region', { name: 'Retries' }).waitFor();
    expect(asked('budgets').length).toBeGreaterThan(0);
    expect(await page.getByRole('region', { name: 'Budgets' }).count()).toBe(0);
  });
});

describe('what if', () => {
  it('asks nothing before a model is named, and then once', async () => {
    const page = await pages.open('');
    const panel = page.getByRole('region', { name: 'What if' });
    await panel.getByLabel('Feature').selectOption('support_chat');
    expect(asked('what-if')).toEqual([]);
    await panel.getByLabel('Model').fill('gpt-4o-mini');
    await panel.getByLabel('Model').press('Enter');
    await panel.getByText('−$79.81 (−94%)').waitFor();
    expect(await panel.innerText()).toContain(
      'The latest 2,000 of 21,480 calls: 1,991 of 2,000 calls can be repriced; 9 cannot: no usage.',
    );
    expect(asked('what-if').map((query) => [query.get('feature'), query.get('model')])).toEqual([
      ['support_chat', 'gpt-4o-mini'],
    ]);
  });

  it('says so where there is no price, and can be asked another', async () => {
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
] as const)('axe finds nothing where both are shown: %s', async (_, look) => {
  const page = await pages.open('', look);
  const panel = page.getByRole('region', { name: 'What if' });
  await page.getByRole('region', { name: 'Budgets' }).waitFor();
  await panel.getByLabel('Model').fill('gpt-4o-mini');
  await panel.getByLabel('Model').press('Enter');
  await panel.getByText('−$79.81 (−94%)').waitFor();
  expect(await axeFindings(page)).toEqual([]);
});
