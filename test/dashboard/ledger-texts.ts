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

/** Texts that the page has to show for calls, calculated from the bill of the emulator. */

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

/** `00:42 – 00:43`, of a minute since 1970. */
function spanOf(minute: number): string {
  const [from, to] = [minute, minute + 1].map((at) => new Date(at * 60_000).toISOString().slice(11, 16));
  return `${from} – ${to}`;
}

/**
 * What a chart's table has to say, without the minutes that had no calls. Which minute a call belongs to that was under
 * way at the end of one, only the service knows: then there are two possible tables.
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

/** A call's line in the list, without its time and how long it took. */
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
