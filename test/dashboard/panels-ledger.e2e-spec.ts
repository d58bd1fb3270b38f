import type { Browser, Locator, Page } from 'playwright-core';
import {
  callMoney,
  count,
  counted,
  money,
  moneyLike,
  percent,
  wholeCount,
} from '../../src/llm-telemetry/dashboard/ui/formats/formats.js';
import { costOf, sumOf } from '../support/bill.js';
import { startBrowser } from './browser.js';
import {
  failureOf,
  isTruncated,
  leastMsOf,
  LATENCY,
  modelOf,
  PRICES,
  ServiceTraffic,
  UNPRICED,
  usdOf,
  type SentCall,
} from './service-traffic.js';

/**
 * Every panel as it is read in the browser, on Fastify, against figures that are worked out here: from what the emulator
 * has put on the bill for each request that was sent. Only how numbers are written is the page's own.
 */

const OTHER_MODEL = 'gpt-4o-mini-2024-07-18';
const BUDGETS = { support_triage: 0.05, all: 1000 };

let traffic: ServiceTraffic;
let browser: Browser;
let page: Page;
const complaints: string[] = [];

beforeAll(async () => {
  [traffic, browser] = await Promise.all([
    ServiceTraffic.start({
      alerts: {
        everyMs: 1000,
        limits: {
          content_filter: 0,
          error_ratio: { forMs: 0, minimum: 1 },
          truncation_spike: { forMs: 0, minimum: 1 },
        },
      },
      budgets: [
        { feature: 'support_triage', usd: BUDGETS.support_triage, per: 'month', onExceed: 'warn' },
        { usd: BUDGETS.all, per: 'month', onExceed: 'warn' },
      ],
    }),
    startBrowser(),
  ]);
  await traffic.sendSamples();
  const context = await browser.newContext({
    colorScheme: 'light',
    reducedMotion: 'reduce',
    viewport: { width: 1488, height: 1000 },
    timezoneId: 'UTC',
  });
  page = await context.newPage();
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(error.message));
}, 60_000);
afterAll(async () => {
  await browser.close();
  await traffic.example.stop();
});
afterEach(() => {
  if (complaints.length > 0)
    throw new Error(`The console is not silent:\n${complaints.splice(0).join('\n')}`);
});

const open = async (path: string): Promise<void> => {
  await page.goto(`${traffic.url}/${path}`);
  await page.locator('main h1').waitFor();
};
/** The overview of the last hour, as it was left where it is there already. */
const overview = async (): Promise<void> => {
  if (page.url() !== `${traffic.url}/?range=1h`) await open('?range=1h');
};
const panel = (name: string): Locator => page.getByRole('region', { name, exact: true });
const kpi = (name: string): Locator =>
  page.locator('.kpis').getByRole('button', { name: new RegExp(`^${name}`) });

/** As it is read: in lines, without those that are only for screen readers and without what is empty. */
async function linesOf(element: Locator): Promise<string[]> {
  await element.first().waitFor();
  const text = await element.evaluate((root) => {
    const copy = root.cloneNode(true) as HTMLElement;
    for (const hidden of copy.querySelectorAll('.sr')) hidden.remove();
    root.after(copy);
    const { innerText } = copy;
    copy.remove();
    return innerText;
  });
  return text
    .split('\n')
    .map((line) => line.replaceAll(/\s+/g, ' ').trim())
    .filter(Boolean);
}

async function cellsOf(table: Locator): Promise<{ head: string[]; body: string[][] }> {
  await table.waitFor();
  const rows = (row: Locator): Promise<string[][]> =>
    row.evaluateAll((all) =>
      all.map((one) =>
        [...one.children].map((cell) => (cell as HTMLElement).innerText.replaceAll(/\s+/g, ' ').trim()),
      ),
    );
  const [head = []] = await rows(table.locator('thead tr'));
  return { head, body: await rows(table.locator('tbody tr')) };
}

const all = (): readonly SentCall[] => traffic.calls;
const entriesOf = (calls: readonly SentCall[]) => calls.flatMap(({ entries }) => entries);
const failed = (calls: readonly SentCall[]): SentCall[] => calls.filter((call) => failureOf(call) !== null);
const truncated = (calls: readonly SentCall[]): SentCall[] => calls.filter(isTruncated);
const retried = (): SentCall[] => all().filter(({ entries }) => entries.length > 1);

function groupsOf(calls: readonly SentCall[], by: (call: SentCall) => string): Map<string, SentCall[]> {
  const groups = new Map<string, SentCall[]>();
  for (const call of calls) groups.set(by(call), [...(groups.get(by(call)) ?? []), call]);
  return groups;
}
const byFeature = (): Map<string, SentCall[]> => groupsOf(all(), ({ feature }) => feature);

/** `00:42 – 00:43`, of a minute since 1970. */
function spanOf(minute: number): string {
  const [from, to] = [minute, minute + 1].map((at) => new Date(at * 60_000).toISOString().slice(11, 16));
  return `${from} – ${to}`;
}

/**
 * What a chart's table has to say, without the minutes that had no calls. Which minute a call belongs to that was under
 * way at the end of one, only the service knows: then there are two possible tables.
 */
function tablesOf(
  columns: ReadonlyMap<string, readonly SentCall[]>,
  of: (calls: readonly SentCall[]) => number,
  texts: (values: readonly number[]) => (value: number) => string,
): Array<Record<string, Record<string, string>>> {
  return (['startedAt', 'endedAt'] as const).map((moment) => {
    const cells = [...columns].flatMap(([name, calls]) =>
      [...groupsOf(calls, (call) => spanOf(Math.floor(call[moment] / 60_000)))].map(
        ([span, some]) => [span, name, of(some)] as const,
      ),
    );
    const text = texts(cells.map(([, , value]) => value));
    const table: Record<string, Record<string, string>> = {};
    for (const [span, name, value] of cells) table[span] = { ...table[span], [name]: text(value) };
    return table;
  });
}

/** The same as it is read. */
async function tableOf(name: RegExp): Promise<Record<string, Record<string, string>>> {
  const { head, body } = await cellsOf(page.getByRole('table', { name }));
  const rows = body.map(([time = '', ...cells]) => {
    const known = cells
      .map((text, index) => [head[index + 1]!, text] as const)
      .filter(([column, text]) => text !== 'no data' && !column.endsWith(' before'));
    return [time.replace(/^.*, /, ''), Object.fromEntries(known)] as const;
  });
  return Object.fromEntries(rows.filter(([, cells]) => Object.keys(cells).length > 0));
}

/** Of which this share of all is not larger. */
function quantileOf(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.max(1, Math.ceil(share * values.length)) - 1]!;
}

/** Milliseconds of `840 ms`, `<1 ms`, `1.84 s`. */
function msOf(text: string): number {
  const [, less, value, unit] = /(<)?([\d.]+) (ms|s)\b/.exec(text)!;
  return less ? 0 : Number(value) * (unit === 's' ? 1000 : 1);
}

/**
 * The clock is the only thing that is not on the bill: a call took no less than the emulator waited, and no more than its
 * client did. Quantiles are told within 1 %, and written in whole milliseconds or hundredths of a second.
 */
function expectDuration(text: string, calls: readonly SentCall[], share: number, leastOf = leastMsOf): void {
  const ms = msOf(text);
  const rounding = ms < 1000 ? 1 : 10;
  expect(ms).toBeGreaterThanOrEqual(quantileOf(calls.map(leastOf), share) * 0.99 - rounding);
  expect(ms).toBeLessThanOrEqual(
    quantileOf(
      calls.map(({ tookMs }) => tookMs),
      share,
    ) *
      1.01 +
      rounding,
  );
}

describe('of the example’s traffic with its faults', () => {
  it('the traffic has something of everything', () => {
    expect(new Set(all().map(failureOf))).toEqual(
      new Set([null, 'rate_limit', 'overloaded', 'content_filter', 'parse', 'empty_response']),
    );
    expect(truncated(all()).length).toBeGreaterThan(2);
    expect(retried().length).toBeGreaterThan(5);
    expect(sumOf(entriesOf(all()), ({ cachedInputTokens }) => cachedInputTokens)).toBeGreaterThan(1000);
  });

  // First: they look back for five minutes only.
  it('alerts have its values, and those that fire stand first on every page', async () => {
    await open('alerts');
    const valueOf = async (alert: string, subject: string): Promise<string[]> => {
      const row = panel(alert).locator('.alert-row', { hasText: subject }).first();
      await row.getByText('Firing').waitFor();
      return row.locator(':scope > .num').evaluateAll((cells) =>
        cells.slice(0, 2).map((cell) => {
          for (const hidden of cell.querySelectorAll('.sr')) hidden.remove();
          return cell.textContent.trim();
        }),
      );
    };
    for (const feature of ['order_dashboard', 'support_triage']) {
      const calls = byFeature().get(feature)!;
      const ratio = percent(failed(calls).length / calls.length);
      expect(await valueOf('Error ratio', feature)).toEqual([ratio, '> 5%']);
    }
    const filtered = all().filter((call) => failureOf(call) === 'content_filter');
    expect(await valueOf('Content filter', 'Content filter')).toEqual([`${filtered.length}`, '> 0']);
    const unpriced = byFeature().get('ticket_routing')!;
    expect(await valueOf('Unpriced calls', UNPRICED)).toEqual([`${unpriced.length}`, '> 0']);
    const mini = groupsOf(all(), modelOf).get('gpt-4o-mini')!;
    expect(await valueOf('Truncation spike', 'gpt-4o-mini')).toEqual([
      percent(truncated(mini).length / mini.length),
      '> 5%',
    ]);
    const firing = await page.locator('.alert-row', { hasText: 'Firing' }).count();
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(`${firing} alerts are firing`);
    await open('');
    const ratio = percent(
      failed(byFeature().get('order_dashboard')!).length / byFeature().get('order_dashboard')!.length,
    );
    await panel('Alerts')
      .getByRole('link', { name: `Error ratio in order_dashboard ${ratio}` })
      .waitFor();
  });

  it('the sentence and the key figures are of its bill', async () => {
    await overview();
    const [first, share] = [...byFeature()]
      .map(([name, calls]) => [name, usdOf(calls) / usdOf(all())] as const)
      .sort(([, a], [, b]) => b - a)[0]!;
    await page.getByText(`${first} is ${percent(share)} of it.`).waitFor();
    expect(await page.locator('h1').innerText()).toBe(
      `At least ${money(usdOf(all()))} in 1 hour. ${first} is ${percent(share)} of it.`,
    );
    const entries = entriesOf(all());
    const input = sumOf(entries, ({ inputTokens }) => inputTokens);
    const cached = sumOf(entries, ({ cachedInputTokens }) => cachedInputTokens);
    const ratio = (some: readonly SentCall[]): string[] => [
      percent(some.length / all().length),
      wholeCount(some.length),
    ];
    const written = async (name: string): Promise<string[]> => (await linesOf(kpi(name))).slice(1);
    expect((await written('Spend')).join(' ')).toBe(`≥ ${money(usdOf(all()))}`);
    expect(await written('Calls')).toEqual([wholeCount(all().length)]);
    expect(await written('Errors')).toEqual(ratio(failed(all())));
    expect(await written('Truncated')).toEqual(ratio(truncated(all())));
    expect(await written('Tokens')).toEqual([
      `${count(input)} in`,
      `${count(sumOf(entries, ({ outputTokens }) => outputTokens))} out · ${percent(cached / input)} cached`,
    ]);
    const [p99 = '', p50 = ''] = await written('Duration');
    expectDuration(p99, all(), 0.99);
    expectDuration(p50, all(), 0.5);
    const streamed = all().filter(({ stream, entries }) => stream && entries.at(-1)!.outputTokens > 0);
    const [first50 = '', first99 = ''] = await written('First token');
    const firstToken = (): number => LATENCY.firstTokenMs - 2;
    expectDuration(first50, streamed, 0.5, firstToken);
    expectDuration(first99, streamed, 0.99, firstToken);
  });

  it.each([
    ['spend', 'Spend', usdOf, moneyLike],
    ['calls', 'Calls', (calls: readonly SentCall[]) => calls.length, () => wholeCount],
    ['errors', 'Errors', (calls: readonly SentCall[]) => failed(calls).length, () => wholeCount],
    [
      'tokens',
      'Tokens',
      (calls: readonly SentCall[]) => sumOf(entriesOf(calls), ({ inputTokens }) => inputTokens),
      () => count,
    ],
  ] as const)('%s over time is, minute by minute, what its features made', async (name, label, of, texts) => {
    await open(`?range=1h&view=table&kpi=${name}`);
    expect(tablesOf(byFeature(), of, texts)).toContainEqual(await tableOf(new RegExp(`^${label} over time`)));
    await page.getByRole('columnheader', { name: '1 h before', exact: true }).waitFor();
  });

  it.each(['feature', 'operation', 'model'] as const)(
    'the blame is put on each %s by its part',
    async (by) => {
      await open(`?range=1h&by=${by}`);
      const groups = [...groupsOf(all(), by === 'model' ? modelOf : (call) => call[by])].map(
        ([name, calls]) => ({
          name,
          usd: usdOf(calls),
          unpriced: calls.every((call) => modelOf(call) === UNPRICED),
          // A call by hand said nothing of its tokens, and a model without a price may be among others.
          bound:
            calls.some(({ entries }) => entries.length === 0) ||
            calls.some((call) => modelOf(call) === UNPRICED),
        }),
      );
      const text = moneyLike(groups.map(({ usd }) => usd));
      const expected = groups.map(({ name, usd, unpriced, bound }) =>
        unpriced
          ? [name, 'unpriced', '—', '']
          : // Without calls in the period before, there are no changes to show.
            [name, `${bound ? '≥ ' : ''}${text(usd)}`, percent(usd / usdOf(all())), ''],
      );
      await page
        .locator('.blame .blame-row')
        .nth(groups.length - 1)
        .waitFor();
      const rows = await page
        .locator('.blame .blame-row')
        .evaluateAll((all) =>
          all.map((row) =>
            [...row.children].slice(0, 4).map((cell) => cell.textContent.replaceAll(/\s+/g, ' ').trim()),
          ),
        );
      expect(new Map(rows.map((row) => [row[0], row]))).toEqual(
        new Map(expected.map((row) => [row[0], row])),
      );
      const usds = rows.map(([name]) => groups.find((group) => group.name === name)!.usd);
      expect(usds).toEqual([...usds].sort((a, b) => b - a));
    },
  );

  it('each operation took as long as it did', async () => {
    await overview();
    const rows = (await cellsOf(page.locator('table.dumbbells'))).body;
    const groups = groupsOf(all(), ({ feature, operation }) => `${operation} ${feature}`);
    expect(rows.map(([name]) => name).sort()).toEqual([...groups.keys()].sort());
    for (const [name = '', , p50 = '', p99 = ''] of rows) {
      expectDuration(p50, groups.get(name)!, 0.5);
      expectDuration(p99, groups.get(name)!, 0.99);
    }
  });

  it('models cut off what the bill says they cut off', async () => {
    await overview();
    await panel('Truncation by model')
      .getByRole('button', { name: /^Table/ })
      .click();
    const ratio = (calls: readonly SentCall[]): number => truncated(calls).length / calls.length;
    expect(tablesOf(groupsOf(all(), modelOf), ratio, () => percent)).toContainEqual(
      await tableOf(/^Truncation by model/),
    );
  });

  it('calls failed as the requests did, or as their answers were', async () => {
    await overview();
    const types = [...groupsOf(failed(all()), (call) => failureOf(call)!)];
    const [worst, most] = types
      .map(([type, calls]) => [type, calls.length] as const)
      .sort(([, a], [, b]) => b - a)[0]!;
    const errors = panel('Errors by type');
    const share = most / failed(all()).length;
    expect(await errors.locator('.panel-finding').innerText()).toBe(
      `${counted(failed(all()).length, 'failed call')}, ${percent(share)} of them ${worst}`,
    );
    await errors.getByRole('button', { name: /^Table/ }).click();
    const { head, body } = await cellsOf(page.getByRole('table', { name: /^Errors by type/ }));
    const sums = head.slice(1).map((type, index) => [type, sumOf(body, (cells) => Number(cells[index + 1]))]);
    expect(new Map(sums as Array<[string, number]>)).toEqual(
      new Map(types.map(([type, calls]) => [type, calls.length])),
    );
  });

  it('retries were those that the bill has', async () => {
    await overview();
    const retries = panel('Retries');
    const repeated = sumOf(retried(), ({ entries }) => entries.length - 1);
    const recovered = retried().filter((call) => failureOf(call) === null);
    expect(await retries.locator('.panel-finding').innerText()).toMatch(
      `${repeated} retries in ${percent(retried().length / all().length)} of calls`,
    );
    const stats = await retries.locator('.stats dt, .stats dd').allInnerTexts();
    const statOf = (name: string): string | undefined => stats[stats.indexOf(name) + 1];
    expect(statOf('Calls retried')).toBe(`${retried().length}`);
    expect(statOf('Recovered')).toBe(percent(recovered.length / retried().length));
    expect(statOf('Retry cost')).toBe('$0');
    const { head, body } = await cellsOf(retries.getByRole('table'));
    const refused = groupsOf(
      all().flatMap((call) => call.entries.map((entry) => ({ ...call, entries: [entry] }))),
      ({ entries: [entry] }) => entry!.finish,
    );
    const read = (type: string, column: string): string =>
      body.find(([why]) => why === type)![head.indexOf(column)]!;
    const repeatedFor = groupsOf(
      retried().flatMap((call) => call.entries.slice(0, -1).map((entry) => ({ ...call, entries: [entry] }))),
      ({ entries: [entry] }) => entry!.finish,
    );
    // A call counts with what its last retry was for.
    const retriedFor = groupsOf(retried(), ({ entries }) => entries.at(-2)!.finish);
    for (const type of ['rate_limit', 'overloaded', 'server_error']) {
      const calls = retriedFor.get(type) ?? [];
      const saved = calls.filter((call) => failureOf(call) === null);
      expect([type, read(type, 'Failed')]).toEqual([type, `${refused.get(type)!.length}`]);
      expect([type, read(type, 'Retries')]).toEqual([type, `${repeatedFor.get(type)?.length ?? 0}`]);
      expect([type, read(type, 'Recovered')]).toEqual([
        type,
        calls.length === 0 ? '—' : percent(saved.length / calls.length),
      ]);
      if (repeatedFor.has(type)) expect(read(type, 'Time added')).toMatch(/^[1-9<][\d.]* m?s$/);
      expect(read(type, 'Paid')).toBe(repeatedFor.has(type) ? '$0' : '—');
    }
  });

  it('what is not known of it is said', async () => {
    await overview();
    await page.getByText('Spend is a lower bound.').waitFor();
    const notes = (await linesOf(page.locator('.quality'))).join(' ');
    const unpriced = byFeature().get('ticket_routing')!;
    expect(notes).toContain(`${counted(unpriced.length, 'call')} to ${UNPRICED} have no price.`);
    expect(notes).toContain('1 call with no usage');
    expect(notes).not.toContain('estimated');
    expect(notes).toContain('0 records dropped');
    expect((await linesOf(page.locator('footer')))[0]).toContain(`${all().length} calls kept`);
  });

  it('budgets are used up by what it cost', async () => {
    await overview();
    const rows = panel('Budgets').getByRole('listitem');
    await rows.nth(1).waitFor();
    const support = usdOf(byFeature().get('support_triage')!);
    expect((await linesOf(rows.nth(0))).join(' ')).toMatch(
      `${money(support)} of ${money(BUDGETS.support_triage)} Used up since`,
    );
    expect((await linesOf(rows.nth(1))).join(' ')).toContain(
      `≥ ${money(usdOf(all()))} of ${money(BUDGETS.all)}`,
    );
    const used = percent(support / BUDGETS.support_triage);
    expect(await rows.nth(0).getByRole('img').getAttribute('aria-label')).toContain(`${used} of the budget`);
  });

  it('would have cost on another model what that one costs', async () => {
    await overview();
    const whatIf = panel('What if');
    await whatIf.getByLabel('Feature').selectOption('search_answers');
    await whatIf.getByLabel('Model').fill(OTHER_MODEL);
    await whatIf.getByLabel('Model').press('Enter');
    const calls = byFeature().get('search_answers')!;
    const other = entriesOf(calls).map((entry) => ({ ...entry, model: OTHER_MODEL }));
    const [spent, wouldBe] = [usdOf(calls), sumOf(other, (entry) => costOf(entry, PRICES))];
    await whatIf.getByText('Would be').waitFor();
    const stats = await whatIf.locator('.stats dd').allInnerTexts();
    expect(stats).toEqual([
      money(spent),
      money(wouldBe),
      `−${money(spent - wouldBe)} (−${percent(1 - wouldBe / spent)})`,
    ]);
    expect(await whatIf.innerText()).toContain(`${calls.length} of ${calls.length} calls can be repriced.`);
  });

  it('each call is in the list, with its model, ending, tokens and cost', async () => {
    await open('calls?range=1h');
    await page.getByRole('button', { name: 'Show 50 more' }).click();
    await page
      .locator('table.calls tbody tr')
      .nth(all().length - 1)
      .waitFor();
    const { body } = await cellsOf(page.locator('table.calls'));
    const sent = all().toReversed();
    expect(body.map(([, ...cells]) => cells.toSpliced(4, 1))).toEqual(sent.map(rowOf));
    for (const [index, cells] of body.entries()) expectDuration(cells[5]!, [sent[index]!], 0.5);
  });

  it.each([
    [
      'that was repeated twice',
      'rate_limit',
      'order_dashboard',
      ['429 rate_limit', '429 rate_limit', '200 OK'],
    ],
    ['that was truncated', 'truncate', 'order_dashboard', ['200 truncated']],
    ['that was answered from a cache', null, 'search_answers', ['200 OK']],
    ['that no price is known for', null, 'ticket_routing', ['200 OK']],
  ] as const)(
    'a call %s has its attempts, and a receipt that is its bill',
    async (_, fault, feature, states) => {
      const index = all().findLastIndex(
        (call) =>
          call.feature === feature &&
          call.fault === fault &&
          call.entries.length === states.length &&
          failureOf(call) === null,
      );
      const call = all()[index]!;
      await open(`calls?range=1h&feature=${feature}`);
      const place = all()
        .filter((other) => other.feature === feature)
        .toReversed()
        .indexOf(call);
      await page.locator('table.calls tbody tr').nth(place).click();
      await page.getByRole('heading', { level: 1, name: `${feature} / ${call.operation}` }).waitFor();
      expect(await page.locator('button.waterfall-row .state').allInnerTexts()).toEqual(states);
      const costs = await page.locator('button.waterfall-row > :last-child').allInnerTexts();
      expect(costs.map((text) => text.split(' · ')[1])).toEqual(
        call.entries.map((entry) => (entry.billed ? costText([entry]) : 'not billed')),
      );
      const facts = await page.locator('.facts dt, .facts dt + dd').allInnerTexts();
      const factOf = (name: string): string | undefined => facts[facts.indexOf(name) + 1];
      const [, , , attempts, tokens, cost] = rowOf(call);
      expect(factOf('Attempts')).toBe(attempts);
      expect(factOf('Tokens')).toBe(tokens);
      expect(factOf('Cost')).toBe(cost);
      expect(factOf('Finish')).toBe(isTruncated(call) ? 'length' : 'stop');
      expectDuration(factOf('Duration')!, [call], 0.5);

      const receipt = page.getByRole('table', { name: `What attempt ${states.length} cost` });
      const lines = await receipt
        .locator('tbody tr, tfoot tr')
        .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
      expect(lines).toEqual(receiptOf(call.entries.at(-1)!));
    },
  );
});

describe('a call that ends while one looks', () => {
  it('is in the figures and in the list without a reload, marked where its tokens are estimated', async () => {
    await overview();
    const before = all().length;
    await kpi('Calls').getByText(`${before}`, { exact: true }).waitFor();
    const origin = await page.evaluate(() => performance.timeOrigin);
    await traffic.order('Order #10479: 2 x Armchairs. Total $1,290.00. [emulate cut after=12]', true);
    await kpi('Calls')
      .getByText(`${before + 1}`, { exact: true })
      .waitFor();
    await page.locator('.quality').getByText('1 call with estimated usage (~$').waitFor();
    const row = page.locator('table.calls tbody tr').first();
    await row.getByText('stream_cut').waitFor();
    expect(await row.innerText()).toMatch(/~\d+ → \d+\s+~\$0\.\d{5}$/);
    expect(await page.evaluate(() => performance.timeOrigin)).toBe(origin);
  });

  it('is left out by filters that it does not match, and found by those that it does', async () => {
    await overview();
    const calls = byFeature().get('search_answers')!;
    await page.locator('.blame').getByRole('button', { name: 'search_answers' }).click();
    await page.getByText('search_answers is all of it.').waitFor();
    expect(await page.locator('h1').innerText()).toContain(money(usdOf(calls)));
    await kpi('Calls').getByText(`${calls.length}`, { exact: true }).waitFor();
    await page.locator(`table.calls tbody tr:nth-child(${calls.length}):last-child`).waitFor();
    await page.goBack();
    await kpi('Calls').getByText(`${all().length}`, { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Outcome' }).click();
    await page.getByRole('checkbox', { name: 'stream_cut' }).check();
    await page.keyboard.press('Escape');
    await page.locator('table.calls tbody tr:only-child').waitFor();
    expect(await page.locator('table.calls tbody').innerText()).toContain('stream_cut');
    expect(new URL(page.url()).search).toBe('?range=1h&outcome=stream_cut');
  });
});

/** A call's line in the list, without its time and how long it took. */
function rowOf(call: SentCall): string[] {
  const { feature, operation, entries } = call;
  const billed = entries.filter((entry) => entry.billed);
  const input = sumOf(billed, ({ inputTokens }) => inputTokens);
  const output = sumOf(billed, ({ outputTokens }) => outputTokens);
  const outcome =
    failureOf(call) ?? (isTruncated(call) ? 'Truncated' : call.fault === 'refuse' ? 'Refused' : 'OK');
  return [
    `${feature} · ${operation}`,
    modelOf(call),
    outcome,
    `${Math.max(1, entries.length)}`,
    billed.length > 0 ? `${wholeCount(input)} → ${wholeCount(output)}` : 'none reported',
    entries.length === 0 ? 'no usage' : costText(entries),
  ];
}

function costText(entries: SentCall['entries']): string {
  if (entries.some(({ model }) => model === UNPRICED)) return 'unpriced';
  return usdText(sumOf(entries, (entry) => costOf(entry, PRICES)));
}

function usdText(usd: number): string {
  const { zeros, rest } = callMoney(usd);
  return zeros + rest;
}

function receiptOf({
  model,
  inputTokens,
  cachedInputTokens,
  outputTokens,
  reasoningTokens,
}: SentCall['entries'][number]): string[][] {
  const price = PRICES[model];
  const lines = (
    [
      ['Input', inputTokens - cachedInputTokens, price?.input],
      ['Input from cache', cachedInputTokens, price?.cached],
      ['Output', outputTokens, price?.output],
    ] as const
  ).filter(([, tokens]) => tokens > 0);
  const cost = (tokens: number, usd: number | undefined): string =>
    usd === undefined ? 'unpriced' : usdText((tokens * usd) / 1e6);
  return [
    ...lines.map(([label, tokens, usd]) => [
      label,
      wholeCount(tokens),
      usd === undefined ? '' : `${wholeCount(usd)}.00`,
      cost(tokens, usd),
    ]),
    ...(price ? [['of which reasoning', wholeCount(reasoningTokens), '', '']] : []),
    [
      'Total',
      wholeCount(inputTokens + outputTokens),
      '',
      price ? usdText(sumOf(lines, ([, tokens, usd]) => (tokens * usd!) / 1e6)) : 'unpriced',
    ],
  ];
}
