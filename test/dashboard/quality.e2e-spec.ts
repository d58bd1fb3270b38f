import type { Status } from '../../src/llm-telemetry/dashboard/api/index.js';
import { axeFindings, FixturePages, type Look } from './browser.js';

const NOW = Date.UTC(2026, 10, 23, 13, 45, 30);
const pages = new FixturePages(NOW);

const MISSED: Status['capture'] = {
  requests: 1200,
  missedRequests: 1260,
  missedHost: 'api.x.ai',
  missedByHost: {
    'api.x.ai': 2,
    'generativelanguage.googleapis.com': 41,
    'api.mistral.ai': 12,
    'bedrock-runtime.eu-central-1.amazonaws.com': 1200,
    'api.openai.com': 3,
  },
  missedByTransport: {
    undici: {
      'api.x.ai': 2,
      'generativelanguage.googleapis.com': 41,
      'api.mistral.ai': 12,
    },
    http2: { 'bedrock-runtime.eu-central-1.amazonaws.com': 1200 },
    websocket: { 'api.openai.com': 3 },
  },
};
const NAMED =
  '1,260 requests to bedrock-runtime.eu-central-1.amazonaws.com, generativelanguage.googleapis.com, ' +
  'api.mistral.ai and 2 more hosts were not captured.';

describe('requests that were not captured', () => {
  it.each([
    ['with calls', 'busy', {}],
    ['with calls, dark', 'busy', { theme: 'dark', width: 1280 }],
    ['without calls', 'empty', {}],
    ['on a narrow screen', 'busy', { narrow: true }],
    ['on a narrow screen without calls, dark', 'empty', { narrow: true, theme: 'dark' }],
  ] as const)(
    'are counted by host: three hosts are named, and a list shows all of them with a remedy for each %s',
    async (_, state, look: Look) => {
      pages.server.state = state;
      pages.server.changes.set('status', () => ({ capture: MISSED }));
      const page = await pages.open('', look);
      await page.getByText(NAMED).waitFor();
      await page.getByRole('button', { name: 'All hosts and remedies' }).click();
      const list = page.getByRole('group', { name: 'Requests that were not captured' });
      await list.getByText('other hosts').waitFor();
      const texts = await list.locator('dt, dd').allInnerTexts();
      expect(Object.fromEntries(texts.map((text, at) => [text, texts[at + 1]]))).toMatchObject({
        'bedrock-runtime.eu-central-1.amazonaws.com': '1,200',
        'generativelanguage.googleapis.com': '41',
        'api.mistral.ai': '12',
        'api.openai.com': '3',
        'api.x.ai': '2',
        'other hosts': '2',
      });
      for (const remedy of ['wrapFetch(fetch)', 'observeAwsClient(client)', 'observeWebSocket(socket)'])
        expect(await list.getByText(`telemetry.${remedy}`, { exact: true }).count()).toBe(1);
      expect(await axeFindings(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    },
  );

  it('are not mentioned if there are none', async () => {
    const page = await pages.open('');
    await page.getByText('Spend is a lower bound.').waitFor();
    expect(await page.getByText('not captured').count()).toBe(0);
  });
});

describe('the footer', () => {
  it.each(['light', 'dark'] as const)(
    'is one line at a width of 1280 px, also with a long host and old prices: %s',
    async (theme) => {
      pages.server.changes.set('status', ({ instance, prices }: Status) => ({
        instance: {
          ...instance,
          host: 'orders-api-production-7d9f8b6c5d-x2k4q.eu-central-1.compute.internal',
        },
        prices: { ...prices, tableDate: '2026-06-01', overrides: 12 },
      }));
      const page = await pages.open('', { theme, width: 1280 });
      const footer = page.locator('.foot');
      await footer.getByText('Prices: 175 days old, 12 overrides').waitFor();
      const tops = await footer
        .locator('> span')
        .evaluateAll((parts) => parts.map((part) => part.getBoundingClientRect().top));
      expect(new Set(tops).size).toBe(1);
      expect(await footer.evaluate((element) => element.scrollWidth <= element.clientWidth)).toBe(true);
      // Only the name of the service is cut off, and a tooltip has all of it.
      const cut = await footer
        .locator('> span')
        .evaluateAll((parts) =>
          parts
            .filter((part) => part.scrollWidth > part.clientWidth)
            .map((part) => part.getAttribute('title')),
        );
      expect(cut).toEqual([expect.stringContaining('compute.internal, pid 4711')]);
    },
  );
});
