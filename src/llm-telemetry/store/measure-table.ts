import {
  hasDuration,
  hasFailed,
  isBilled,
  isCostUnknown,
  isUnpriced,
  isUsageContradictory,
  isUsageDerived,
  isUsageEstimated,
  isUsageMissing,
  knownCostOf,
  knownUsageOf,
  wasAborted,
  wasContentFiltered,
} from '../calls/outcome.js';
import type { AttemptRecord, CallRecord } from '../calls/record.js';
import { toUnits } from '../units/usd.js';
import { MEASURED_SUMS, sumOfParts, type UsageMeasure } from '../wire/usage.js';
import type { Retry } from './retries.js';

/**
 * How a sum is taken from a record:
 *
 * - `call`: once for each call, in the series of the call.
 * - `attempt`: for each attempt, in the series of its model.
 * - `any_attempt`: 1 for each call with such an attempt, in the series of the model of the first one.
 * - `retry`: for each retry, in the series of the model of `in`: of the retry itself, or of the attempt that it repeats.
 * - `retried_call`: once for each call with retries, in the series of the call.
 * - `carry`: the whole dollars of the sum of money `from`, because a number cannot hold large sums of units exactly.
 */
type Taken =
  | { readonly of: 'call'; readonly take: (call: CallRecord) => number }
  | { readonly of: 'retried_call'; readonly take: (call: CallRecord) => number }
  | { readonly of: 'attempt'; readonly take: (attempt: AttemptRecord) => number }
  | { readonly of: 'any_attempt'; readonly matches: (attempt: AttemptRecord) => boolean }
  | { readonly of: 'retry'; readonly in: 'retry' | 'repeated'; readonly take: (retry: Retry) => number }
  | { readonly of: 'carry'; readonly from: string };

export type SumRow = Taken & {
  /**
   * All sums merge by addition, and are the same in any order. Money is added in whole units (`units/usd.ts`), whose whole
   * dollars are carried, and read in USD; its name ends with `Usd`. Times are added in whole microseconds.
   */
  readonly unit: 'calls' | 'attempts' | 'tokens' | 'ms' | 'usd' | 'dollars';
  /** Summed in rollups, but not part of `Measures`. */
  readonly internal?: true;
};

/**
 * Table of the sums of rollups, and so of the measures that can be summed. Types, empty values, addition, the bytes of
 * rollups and the metrics of the API are derived from it and from the column `measure` of `USAGE_PARTS`, so a new sum needs
 * one row here. Add rows at the end: sums are stored in table order. A new sum of retries also needs a migration that adds
 * its column to the table `error` (`ERROR_SUMS`).
 *
 * The comment of a row documents the field of `Measures`.
 */
export const SUM_TABLE = {
  calls: { of: 'call', unit: 'calls', take: () => 1 },
  /** Calls with an error type other than `aborted`. */
  failed: { of: 'call', unit: 'calls', take: (call) => Number(hasFailed(call)) },
  /** Calls that the application aborted, or whose stream it left before the end. */
  aborted: { of: 'call', unit: 'calls', take: (call) => Number(wasAborted(call)) },
  /** Calls whose last response was cut off by a token limit. */
  truncated: { of: 'call', unit: 'calls', take: ({ truncated }) => Number(truncated) },
  /** Calls whose response was blocked by a content filter. */
  contentFiltered: { of: 'call', unit: 'calls', take: (call) => Number(wasContentFiltered(call)) },
  /** USD of all attempts with a known price: a lower bound if `unpricedCalls` or `missingUsageCalls` is not 0. */
  costUsd: { of: 'attempt', unit: 'usd', take: (attempt) => toUnits(knownCostOf(attempt) ?? 0) },
  /** Part of `costUsd` that is based on estimated usage. */
  estimatedCostUsd: {
    of: 'attempt',
    unit: 'usd',
    take: (attempt) => (isUsageEstimated(attempt) ? toUnits(knownCostOf(attempt) ?? 0) : 0),
  },
  /** Calls with a usage. The next three measures count subsets of them. */
  billedCalls: { of: 'call', unit: 'calls', take: (call) => Number(isBilled(call)) },
  /** Calls with a known or estimated usage that has no price. */
  unpricedCalls: { of: 'any_attempt', unit: 'calls', matches: isUnpriced },
  unpricedInputTokens: {
    of: 'attempt',
    unit: 'tokens',
    internal: true,
    take: (attempt) => (isUnpriced(attempt) ? knownUsageOf(attempt)!.inputTokens : 0),
  },
  unpricedOutputTokens: {
    of: 'attempt',
    unit: 'tokens',
    internal: true,
    take: (attempt) => (isUnpriced(attempt) ? knownUsageOf(attempt)!.outputTokens : 0),
  },
  /** Calls with a response whose usage is `missing`. */
  missingUsageCalls: { of: 'any_attempt', unit: 'calls', matches: isUsageMissing },
  /** Calls with an estimated usage. */
  estimatedUsageCalls: { of: 'any_attempt', unit: 'calls', matches: isUsageEstimated },
  /** Requests to providers. */
  attempts: { of: 'attempt', unit: 'attempts', take: () => 1 },
  /** Requests that repeat the previous one. */
  retries: { of: 'retry', in: 'retry', unit: 'attempts', take: () => 1 },
  /** Requests that the provider refused because of rate limits. */
  rateLimitedAttempts: {
    of: 'attempt',
    unit: 'attempts',
    take: ({ failure }) => Number(failure?.type === 'rate_limit'),
  },
  /** Calls in which a request was repeated. */
  retriedCalls: { of: 'retried_call', unit: 'calls', take: () => 1 },
  /** Retried calls that did not fail. */
  recoveredCalls: { of: 'retried_call', unit: 'calls', take: ({ failure }) => Number(failure === null) },
  /** Milliseconds that retries added to retried calls: the repeated attempts and the waits after them, each to a microsecond. */
  retryTimeMs: { of: 'retry', in: 'repeated', unit: 'ms', take: ({ addedMs }) => addedMs },
  /** USD of attempts that were repeated, if known. */
  retryCostUsd: { of: 'retry', in: 'repeated', unit: 'usd', take: ({ lostUnits }) => lostUnits },
  /** Calls that count in `unpricedCalls` or `missingUsageCalls`, each once. 0 for rollups of version 0.1.0 and earlier. */
  unknownCostCalls: { of: 'any_attempt', unit: 'calls', matches: isCostUnknown },
  /** Calls with a usage whose counts contradict each other (`Usage.clamped`). 0 for rollups of older versions. */
  contradictoryUsageCalls: { of: 'any_attempt', unit: 'calls', matches: isUsageContradictory },
  /** Calls with a usage that is partly the rest of the reported total (`Usage.derived`). 0 for rollups of older versions. */
  derivedUsageCalls: { of: 'any_attempt', unit: 'calls', matches: isUsageDerived },
  costDollars: { of: 'carry', from: 'costUsd', unit: 'dollars', internal: true },
  estimatedCostDollars: { of: 'carry', from: 'estimatedCostUsd', unit: 'dollars', internal: true },
  retryCostDollars: { of: 'carry', from: 'retryCostUsd', unit: 'dollars', internal: true },
} as const satisfies Record<string, SumRow> & { readonly [Name in UsageMeasure]?: never };

type Table = typeof SUM_TABLE;
type SumsWith<Property> = {
  [Name in keyof Table]: Table[Name] extends Property ? Name : never;
}[keyof Table];

/** Names a sum of rollups. */
export type SumName = keyof Table | UsageMeasure;

/** Names a sum that is not part of `Measures`. */
type InternalSum = SumsWith<{ readonly internal: true }>;

/** Names a sum that is kept by the error type of the repeated request, too. */
export type RetrySum = SumsWith<{ readonly of: 'retry' | 'retried_call' }>;

/** Names a measure that can be summed. */
export type SummedMeasure = Exclude<SumName, InternalSum>;

/** Measures that are sums of the table. */
export type TableMeasures = {
  readonly [Name in keyof Table as Exclude<Name, InternalSum>]: number;
};

/** Row of the table or sum of usage parts, with its place in `Sums`. */
export type IndexedSum = SumRow & { readonly name: SumName; readonly index: number };

const OWN_ROWS = Object.entries<SumRow>(SUM_TABLE).map(([name, row], position): IndexedSum => ({
  ...row,
  name: name as keyof Table,
  index: ownIndex(position),
}));
const USAGE_SUMS = MEASURED_SUMS.map(({ name, parts }, position): IndexedSum => ({
  name,
  index: usageIndex(position),
  unit: 'tokens',
  of: 'attempt',
  take: (attempt) => {
    const usage = knownUsageOf(attempt);
    return usage === null ? 0 : sumOfParts(usage, parts);
  },
}));

const PLACES: readonly IndexedSum[] = [...OWN_ROWS, ...USAGE_SUMS].sort(
  (one, other) => one.index - other.index,
);

/** All sums in storage order, without carried dollars. */
export const ALL_SUMS = PLACES.filter(({ of }) => of !== 'carry');

/**
 * Rollups of the first version have 13 sums of the table, 5 of usage parts and 7 of the table. Both tables can grow: sums
 * of this table are stored at every other place after them, sums of usage parts between these.
 */
function ownIndex(position: number): number {
  if (position < 13) return position;
  return position < 20 ? position + 5 : 25 + 2 * (position - 20);
}

function usageIndex(position: number): number {
  return position < 5 ? position + 13 : 26 + 2 * (position - 5);
}

/** Number of values in `Sums`. */
export const SUMS_LENGTH = PLACES.at(-1)!.index + 1;

export const SUM_INDEX = Object.fromEntries(PLACES.map(({ name, index }) => [name, index])) as Readonly<
  Record<SumName, number>
>;

const MEASURES = ALL_SUMS.filter(({ internal }) => !internal);

/** Names of the measures that can be summed, in the order of the API. */
export const SUMMED_MEASURES = MEASURES.map(({ name }) => name as SummedMeasure);

/** The sums of money, with the sums of their whole dollars. */
export const CARRIED_SUMS = PLACES.flatMap((row) =>
  row.of === 'carry' ? [{ name: row.from as SummedMeasure, dollars: row.name as InternalSum }] : [],
);

/** Names of the sums of money. */
export const USD_SUMS = CARRIED_SUMS.map(({ name }) => name);

/** 0 for each measure that can be summed. */
export const NO_MEASURES = Object.freeze(
  Object.fromEntries(SUMMED_MEASURES.map((name) => [name, 0])) as Record<SummedMeasure, 0>,
);

/**
 * Table of the measures that rollups hold as histograms, and how their values are taken from a call, in milliseconds. A new
 * row also needs a migration that adds its column to the table `rollup`.
 *
 * The comment of a row documents the field of `Measures`.
 */
export const HISTOGRAM_TABLE = {
  /** Time from the start of a call to its last activity. `null` without `quantiles` or without values. */
  duration: (call) => (hasDuration(call) ? call.durationMs : null),
  /** Time from the start of a call to the first content of a stream. `null` without `quantiles` or without values. */
  firstToken: ({ timeToFirstTokenMs }) => timeToFirstTokenMs,
} as const satisfies Readonly<Record<string, (call: CallRecord) => number | null>>;

/** Names a measure that has quantiles. */
export type HistogramMeasure = keyof typeof HISTOGRAM_TABLE;

export const HISTOGRAM_MEASURES = Object.keys(HISTOGRAM_TABLE) as HistogramMeasure[];

/** Quantiles of histograms, in ascending order. */
export const QUANTILE_TABLE = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, max: 1 } as const;

export type QuantileName = keyof typeof QUANTILE_TABLE;

export const QUANTILE_NAMES = Object.keys(QUANTILE_TABLE) as QuantileName[];
