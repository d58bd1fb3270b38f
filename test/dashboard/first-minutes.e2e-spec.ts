import type { Page } from 'playwright-core';
import type {
  AlertsResponse,
  Breakdown,
  Status,
  Timeline,
} from '../../src/llm-telemetry/dashboard/api/index.js';
import { addressOf, axeFindings, FixturePages, type Look } from './browser.js';
import { fixtureAnswer } from './fixture-answers.js';

/** 14:45:30 in Berlin. */
const NOW = Date.UTC(2026, 10, 23, 13, 45, 30);
const MINUTE = 60_000;

interface Answers {
  readonly alerts: AlertsResponse;
  readonly breakdown: Breakdown;
  readonly status: Status;
  readonly timeline: Timeline;
}

describe('the overview with a few minutes of data', () => {
  const pages = new FixturePages(NOW);
  let page: Page;

  /** Modifies the responses of one endpoint of the fixture server. */
  const change = async <Name extends keyof Answers>(
    page: Page,
    endpoint: Name,
    changes: (answer: Answers[Name]) => object,
  ): Promise<void> => {
    await page.route(
      (url) => url.pathname.endsWith(`/api/${endpoint}`),
      (route) => {
        const { searchParams } = new URL(route.request().url());
        const answer = fixtureAnswer(endpoint, searchParams, pages.server.state, NOW) as Answers[Name];
        return route.fulfill({ json: { ...answer, ...changes(answer) } });
      },
    );
  };
  const open = async (path: string, ageMs: number | null | undefined, look: Look = {}): Promise<void> => {
    page = await pages.open(path, {
      ...look,
      before: async (page) => {
        if (ageMs !== undefined)
          await change(page, 'status', () => ({ firstCallAt: ageMs === null ? null : NOW - ageMs }));
        await look.before?.(page);
      },
    });
  };
  const loaded = (): Promise<void> => page.locator('.plot canvas').first().waitFor();
  const range = (name: string) => page.getByRole('button', { name, exact: true });

  it.each([
    [5 * MINUTE, '15 min', 'Showing the last 15 minutes: data starts at 14:40.'],
    [40 * MINUTE, '1 h', 'Showing the last hour: data starts at 14:05.'],
    [3 * 60 * MINUTE, '6 h', 'Showing the last 6 hours: data starts at 11:45.'],
  ])('selects the range that fits data of the last %d ms: %s', async (age, name, hint) => {
    await open('', age);
    await loaded();
    await page.getByText(hint).waitFor();
    expect(await range(name).getAttribute('aria-pressed')).toBe('true');
    expect(await addressOf(page)).toBe('/llm/');
    // No other range was requested before.
    const ranges = pages.server.asked
      .filter((request) => request.startsWith('summary?'))
      .map((request) => new URLSearchParams(request.split('?')[1]))
      .map((query) => Date.parse(query.get('to')!) - Date.parse(query.get('from')!));
    expect([...new Set(ranges)]).toHaveLength(1);
  });

  it('selects 24 hours without a hint if data is older', async () => {
    await open('', 9 * 24 * 60 * MINUTE);
    await loaded();
    expect(await range('24 h').getAttribute('aria-pressed')).toBe('true');
    expect(await page.getByText('data starts at').count()).toBe(0);
  });

  it('selects 24 hours if the start of data is unknown', async () => {
    await open('', null);
    await loaded();
    expect(await range('24 h').getAttribute('aria-pressed')).toBe('true');
  });

  it('shows 15 buckets of a minute and marks the last as incomplete', async () => {
    await open('', 5 * MINUTE);
    await loaded();
    await page.getByText('every minute, last bucket incomplete').waitFor();
    await page.getByRole('button', { name: 'Table of Spend over time' }).click();
    const rows = page.getByRole('table', { name: /^Spend over time/ }).locator('tbody tr');
    await rows.first().waitFor();
    expect(await rows.count()).toBe(15);
  });

  it('keeps a selected range in the address and after a reload', async () => {
    await open('', 5 * MINUTE);
    await loaded();
    await range('24 h').click();
    expect(await addressOf(page)).toBe('/llm/?range=24h');
    await page.reload();
    await loaded();
    expect(await range('24 h').getAttribute('aria-pressed')).toBe('true');
    await range('15 min').click();
    expect(await addressOf(page)).toBe('/llm/?range=15m');
    expect(await page.getByText('data starts at').count()).toBe(0);
  });

  it.each([0.0073, 0.00015, 123_456, 0.000_000_3])('does not clip axis labels of %d USD', async (usd) => {
    const values = (timeline: Timeline): object => ({
      groups: timeline.groups.slice(0, 1).map((group) => ({
        ...group,
        values: { ...group.values, costUsd: timeline.at.map(() => usd) },
      })),
      others: null,
    });
    await open('?compare=off', 5 * MINUTE, { before: (page) => change(page, 'timeline', values) });
    await loaded();
    // Labels begin inside the canvas, so its first column is empty.
    const drawn = await page
      .locator('.plot canvas')
      .first()
      .evaluate((canvas: HTMLCanvasElement) => {
        const { width, height } = canvas;
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, width, height);
        const columns = new Set<number>();
        for (let index = 3; index < data.length; index += 4)
          if (data[index]! > 0) columns.add(((index - 3) / 4) % width);
        return [...columns].sort((a, b) => a - b).slice(0, 3);
      });
    expect(drawn[0]).toBeGreaterThanOrEqual(1);
    expect(drawn[0]).toBeLessThan(40);
  });

  it('shows the same truncation ratio in the panel as in the alert', async () => {
    const alerts = (answer: AlertsResponse): object => ({
      alerts: answer.alerts.map((rule) =>
        rule.name === 'truncation_spike'
          ? {
              ...rule,
              state: 'pending',
              instances: [
                {
                  state: 'pending',
                  names: { model: 'gpt-4o-mini' },
                  value: 0.097,
                  limit: 0.05,
                  since: NOW - MINUTE,
                  lastFiredAt: null,
                  sentence: 'Truncated calls of gpt-4o-mini: 9.7% in 15 min, above the limit of 5%.',
                  note: null,
                },
              ],
            }
          : rule,
      ),
    });
    await open('', 5 * MINUTE, { before: (page) => change(page, 'alerts', alerts) });
    await loaded();
    const panel = page.getByRole('region', { name: 'Truncation by model' });
    await panel.getByText('gpt-4o-mini is at 9.7%, above its limit of 5% since 14:44 (pending)').waitFor();
    const card = page.getByRole('region', { name: 'Alerts', exact: true });
    await card.getByText('Truncation spike').waitFor();
    expect(await card.innerText()).toMatch(/Truncation spike in gpt-4o-mini\s+9\.7% limit 5%\s+fires at/);
  });

  it('groups versions of a model in one row that can be expanded', async () => {
    const versions = (answer: Breakdown): object => ({
      groups: answer.groups.map((group) => ({
        ...group,
        versions: ['-2024-07-18', ''].map((date) => ({
          model: `${group.names.model}${date}`,
          measures: group.measures,
        })),
      })),
    });
    await open('?by=model', 5 * MINUTE, { before: (page) => change(page, 'breakdown', versions) });
    await loaded();
    const row = page.locator('.blame li').filter({ has: page.getByRole('button', { name: /gpt-4o-mini/ }) });
    await row.getByText('2 names').click();
    await row.getByText('gpt-4o-mini-2024-07-18').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    const requests = pages.server.asked.concat(
      await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name)),
    );
    expect(
      requests
        .filter((request) => /by=model/.test(request))
        .every((request) => /mergeVersions=true/.test(request)),
    ).toBe(true);
  });

  it.each([1280, 1488])(
    'has two rows of controls at a width of %d px, and no range control on the alerts page',
    async (width) => {
      await open('', 5 * MINUTE, { width });
      await loaded();
      const height = await page.locator('header.top').evaluate((element) => element.clientHeight);
      expect(height).toBeLessThanOrEqual(100);
      expect(
        await page.locator('.filters').evaluate((row) => row.scrollWidth - row.clientWidth),
      ).toBeLessThanOrEqual(0);
      await page
        .getByRole('link', { name: /^Alerts/ })
        .first()
        .click();
      await page.locator('.alert-rule').first().waitFor();
      expect(await page.getByRole('group', { name: 'Time range' }).count()).toBe(0);
    },
  );

  it('does not clip names or wrap values on a narrow screen', async () => {
    await open('', 5 * MINUTE, { narrow: true });
    await loaded();
    await page.locator('.calls-list li').first().waitFor();
    const cut = await page
      .locator('.calls-operation, .dumbbell-name')
      .evaluateAll((names) =>
        names.filter((name) => name.scrollWidth > name.clientWidth + 1).map((name) => name.textContent),
      );
    expect(cut).toEqual([]);
    const broken = await page
      .locator('table.data td.num')
      .evaluateAll((cells) => cells.filter((cell) => cell.clientHeight > 30).map((cell) => cell.textContent));
    expect(broken).toEqual([]);
    const legends = await page
      .locator('.chart + .legend')
      .evaluateAll((all) => all.map((legend) => legend.clientHeight));
    for (const height of legends) expect(height).toBeLessThan(224 / 2);
  });
});
