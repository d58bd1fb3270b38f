import {
  count,
  counted,
  money,
  moneyLike,
  percent,
  wholeCount,
} from '../../src/llm-telemetry/dashboard/ui/formats/formats.js';
import { costOf, sumOf } from '../support/bill.js';
import {
  failureOf,
  isTruncated,
  LATENCY,
  modelOf,
  PRICES,
  UNPRICED,
  usdOf,
  type SentCall,
} from './service-traffic.js';
import {
  all,
  BUDGETS,
  byFeature,
  cellsOf,
  kpi,
  linesOf,
  open,
  OTHER_MODEL,
  overview,
  page,
  panel,
  retried,
  tableOf,
} from './ledger-page.js';
import {
  costText,
  entriesOf,
  expectDuration,
  failed,
  groupsOf,
  receiptOf,
  rowOf,
  tablesOf,
  truncated,
} from './ledger-texts.js';

/**
 * Compares every panel in the browser, on Fastify, with measures calculated from the bill of the emulator. Only the
 * number formats are those of the page.
 */

/** Formats a ratio as alerts do: with three significant digits. */
function alertRatio(ratio: number): string {
  return `${Number((100 * ratio).toPrecision(3))}%`;
}

describe('the dashboard with traffic of the example service', () => {
  it('receives all kinds of calls in this test', () => {
    expect(new Set(all().map(failureOf))).toEqual(
      new Set([null, 'rate_limit', 'overloaded', 'content_filter', 'parse', 'empty_response']),
    );
    expect(truncated(all()).length).toBeGreaterThan(2);
    expect(retried().length).toBeGreaterThan(5);
    expect(sumOf(entriesOf(all()), ({ cachedInputTokens }) => cachedInputTokens)).toBeGreaterThan(1000);
  });

  // Runs first, because alerts look back only five minutes.
  it('shows the values of firing alerts, and firing alerts on every page', async () => {
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
      const ratio = alertRatio(failed(calls).length / calls.length);
      expect(await valueOf('Error ratio', feature)).toEqual([ratio, '> 5%']);
    }
    const filtered = all().filter((call) => failureOf(call) === 'content_filter');
    expect(await valueOf('Content filter', 'Content filter')).toEqual([`${filtered.length}`, '> 0']);
    const unpriced = byFeature().get('ticket_routing')!;
    expect(await valueOf('Unpriced calls', UNPRICED)).toEqual([`${unpriced.length}`, '> 0']);
    const mini = groupsOf(all(), modelOf).get('gpt-4o-mini')!;
    expect(await valueOf('Truncation spike', 'gpt-4o-mini')).toEqual([
      alertRatio(truncated(mini).length / mini.length),
      '> 5%',
    ]);
    const firing = await page.locator('.alert-row', { hasText: 'Firing' }).count();
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(`${firing} alerts are firing`);
    await open('');
    const ratio = alertRatio(
      failed(byFeature().get('order_dashboard')!).length / byFeature().get('order_dashboard')!.length,
    );
    await panel('Alerts')
      .getByRole('link', { name: `Error ratio in order_dashboard ${ratio}` })
      .waitFor();
  });

  it('shows headline and key measures that match the bill', async () => {
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
  ] as const)(
    'shows %s over time by feature that matches the bill for each minute',
    async (name, label, of, texts) => {
      await open(`?range=1h&view=table&kpi=${name}`);
      expect(tablesOf(byFeature(), of, texts)).toContainEqual(
        await tableOf(new RegExp(`^${label} over time`)),
      );
      await page.getByRole('columnheader', { name: '1 h before', exact: true }).waitFor();
    },
  );

  it.each(['feature', 'operation', 'model'] as const)('shows cost and share of each %s', async (by) => {
    await open(`?range=1h&by=${by}`);
    const groups = [...groupsOf(all(), by === 'model' ? modelOf : (call) => call[by])].map(
      ([name, calls]) => ({
        name,
        usd: usdOf(calls),
        unpriced: calls.every((call) => modelOf(call) === UNPRICED),
        // A manually recorded call has no usage, and a model without a price may be one of several.
        bound:
          calls.some(({ entries }) => entries.length === 0) ||
          calls.some((call) => modelOf(call) === UNPRICED),
      }),
    );
    const text = moneyLike(groups.map(({ usd }) => usd));
    const expected = groups.map(({ name, usd, unpriced, bound }) =>
      unpriced
        ? [name, 'unpriced', '—', '']
        : // Without calls in the previous period, no change is shown.
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
    expect(new Map(rows.map((row) => [row[0], row]))).toEqual(new Map(expected.map((row) => [row[0], row])));
    const usds = rows.map(([name]) => groups.find((group) => group.name === name)!.usd);
    expect(usds).toEqual([...usds].sort((a, b) => b - a));
  });

  it('shows the durations of each operation', async () => {
    await overview();
    const groups = groupsOf(all(), ({ feature, operation }) => `${operation} ${feature}`);
    const table = page.locator('table.dumbbells');
    await table
      .locator('tbody tr')
      .nth(groups.size - 1)
      .waitFor();
    const rows = (await cellsOf(table)).body;
    expect(rows.map(([name]) => name).sort()).toEqual([...groups.keys()].sort());
    for (const [name = '', , p50 = '', p99 = ''] of rows) {
      expectDuration(p50, groups.get(name)!, 0.5);
      expectDuration(p99, groups.get(name)!, 0.99);
    }
  });

  it('shows the truncation ratio of each model', async () => {
    await overview();
    await panel('Truncation by model')
      .getByRole('button', { name: /^Table/ })
      .click();
    const ratio = (calls: readonly SentCall[]): number => truncated(calls).length / calls.length;
    expect(tablesOf(groupsOf(all(), modelOf), ratio, () => percent)).toContainEqual(
      await tableOf(/^Truncation by model/),
    );
  });

  it('shows failed calls by error type', async () => {
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

  it('shows the retries on the bill', async () => {
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
    const failedFor = groupsOf(
      all().flatMap((call) => call.entries.map((entry) => ({ ...call, entries: [entry] }))),
      ({ entries: [entry] }) => entry!.finish,
    );
    const read = (type: string, column: string): string =>
      body.find(([why]) => why === type)![head.indexOf(column)]!;
    const repeatedFor = groupsOf(
      retried().flatMap((call) => call.entries.slice(0, -1).map((entry) => ({ ...call, entries: [entry] }))),
      ({ entries: [entry] }) => entry!.finish,
    );
    // A call is counted for the reason of its last retry.
    const retriedFor = groupsOf(retried(), ({ entries }) => entries.at(-2)!.finish);
    for (const type of ['rate_limit', 'overloaded', 'server_error']) {
      const calls = retriedFor.get(type) ?? [];
      const saved = calls.filter((call) => failureOf(call) === null);
      expect([type, read(type, 'Failed')]).toEqual([type, `${failedFor.get(type)!.length}`]);
      expect([type, read(type, 'Retries')]).toEqual([type, `${repeatedFor.get(type)?.length ?? 0}`]);
      expect([type, read(type, 'Recovered')]).toEqual([
        type,
        calls.length === 0 ? '—' : percent(saved.length / calls.length),
      ]);
      if (repeatedFor.has(type)) expect(read(type, 'Time added')).toMatch(/^[1-9<][\d.]* m?s$/);
      expect(read(type, 'Paid')).toBe(repeatedFor.has(type) ? '$0' : '—');
    }
  });

  it('shows unpriced calls and calls without usage', async () => {
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

  it('shows the spend of budgets', async () => {
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

  it('calculates the cost of another model in the What if panel', async () => {
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

  it('lists each call with its model, outcome, tokens and cost', async () => {
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
    ['with two retries', 'rate_limit', 'order_dashboard', ['429 rate_limit', '429 rate_limit', '200 OK']],
    ['with truncated output', 'truncate', 'order_dashboard', ['200 truncated']],
    ['with cached input', null, 'search_answers', ['200 OK']],
    ['without a price', null, 'ticket_routing', ['200 OK']],
  ] as const)(
    'shows attempts and a receipt equal to the bill for a call %s',
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
