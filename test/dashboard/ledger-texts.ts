import { callMoney, wholeCount } from '../../src/llm-telemetry/dashboard/ui/formats/formats.js';
import { costOf, sumOf } from '../support/bill.js';
import {
  failureOf,
  isTruncated,
  leastMsOf,
  modelOf,
  PRICES,
  UNPRICED,
  type SentCall,
} from './service-traffic.js';

/** Calculates the texts that the page must show for calls from the bill of the emulator. */

export const entriesOf = (calls: readonly SentCall[]) => calls.flatMap(({ entries }) => entries);
export const failed = (calls: readonly SentCall[]): SentCall[] =>
  calls.filter((call) => failureOf(call) !== null);
export const truncated = (calls: readonly SentCall[]): SentCall[] => calls.filter(isTruncated);

export function groupsOf(
  calls: readonly SentCall[],
  by: (call: SentCall) => string,
): Map<string, SentCall[]> {
  const groups = new Map<string, SentCall[]>();
  for (const call of calls) groups.set(by(call), [...(groups.get(by(call)) ?? []), call]);
  return groups;
}

/** Formats a minute since 1970 as `00:42 – 00:43`. */
function spanOf(minute: number): string {
  const [from, to] = [minute, minute + 1].map((at) => new Date(at * 60_000).toISOString().slice(11, 16));
  return `${from} – ${to}`;
}

/**
 * Returns the possible tables of a chart, without minutes that have no calls. A call that spans two minutes can belong
 * to either, so there are two tables.
 */
export function tablesOf(
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

/** Returns the quantile by nearest rank. */
function quantileOf(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.max(1, Math.ceil(share * values.length)) - 1]!;
}

/** Parses `840 ms`, `<1 ms` or `1.84 s` to milliseconds. */
function msOf(text: string): number {
  const [, less, value, unit] = /(<)?([\d.]+) (ms|s)\b/.exec(text)!;
  return less ? 0 : Number(value) * (unit === 's' ? 1000 : 1);
}

/**
 * Durations are not on the bill. A call takes at least the latency of the emulator and at most the time measured by the
 * client. Quantiles have an error of 1 % and are rounded to whole milliseconds or hundredths of a second.
 */
export function expectDuration(
  text: string,
  calls: readonly SentCall[],
  share: number,
  leastOf = leastMsOf,
): void {
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

/** Returns the row of a call in the list, without time and duration. */
export function rowOf(call: SentCall): string[] {
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

export function costText(entries: SentCall['entries']): string {
  if (entries.some(({ model }) => model === UNPRICED)) return 'unpriced';
  return usdText(sumOf(entries, (entry) => costOf(entry, PRICES)));
}

function usdText(usd: number): string {
  const { zeros, rest } = callMoney(usd);
  return zeros + rest;
}

export function receiptOf({
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
