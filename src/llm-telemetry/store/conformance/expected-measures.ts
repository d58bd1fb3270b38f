import { withoutVersion } from '../../calls/model-version.js';
import type { AttemptRecord, CallRecord } from '../../calls/record.js';
import type { CallOrigin } from '../call-origin.js';
import type {
  CountMeasure,
  Dimension,
  ErrorCount,
  MeasureFilter,
  RetryCounts,
  TimeRange,
} from '../measures.js';

/*
 * What measures of calls must be: sums over their records, in exact arithmetic. The rules are written down a second time
 * here, instead of using those of the stores.
 */

/** An amount in the unit that its measure is added in: 10⁻¹² USD, microseconds, otherwise 1. */
type Amount = number | bigint | boolean;

type Taken =
  /** Once for a call, under its provider and model. */
  | { readonly call: (call: CallRecord) => Amount }
  /** For each attempt, under its provider and model. */
  | { readonly attempt: (attempt: AttemptRecord) => Amount }
  /** 1 for a call with such an attempt, under the provider and model of the first one. */
  | { readonly first: (attempt: AttemptRecord) => boolean }
  /** For each retry, under the provider and model of the attempt that was repeated. */
  | { readonly repeated: (retry: Retry) => Amount }
  /** Once for a call with retries, under its provider and model. */
  | { readonly retriedCall: (call: CallRecord) => Amount };

/** A measure that is not in this table is not checked: a test of this repository compares it with the measures of stores. */
const MEASURES: Readonly<Partial<Record<CountMeasure, Taken>>> = {
  calls: { call: () => 1 },
  failed: { call: ({ failure }) => failure !== null && failure.type !== 'aborted' },
  aborted: {
    call: ({ failure, finishReason }) =>
      failure === null ? finishReason === 'cancelled' : failure.type === 'aborted',
  },
  truncated: { call: ({ truncated }) => truncated },
  contentFiltered: {
    call: ({ failure, finishReason }) =>
      failure?.type === 'content_filter' || finishReason === 'content_filter',
  },
  costUsd: { attempt: (attempt) => (knows(attempt) ? picoUsd(attempt) : 0) },
  estimatedCostUsd: {
    attempt: (attempt) => (attempt.usage?.source === 'estimated' ? picoUsd(attempt) : 0),
  },
  billedCalls: { call: ({ usage }) => usage !== null },
  unpricedCalls: { first: isUnpriced },
  missingUsageCalls: { first: ({ usage }) => usage?.source === 'missing' },
  estimatedUsageCalls: { first: ({ usage }) => usage?.source === 'estimated' },
  unknownCostCalls: { first: (attempt) => isUnpriced(attempt) || attempt.usage?.source === 'missing' },
  contradictoryUsageCalls: { first: ({ usage }) => usage?.clamped === true },
  derivedUsageCalls: { first: ({ usage }) => usage?.derived === true },
  attempts: { attempt: () => 1 },
  rateLimitedAttempts: { attempt: ({ failure }) => failure?.type === 'rate_limit' },
  retries: { attempt: ({ isRetry }) => isRetry },
  retriedCalls: { retriedCall: () => 1 },
  recoveredCalls: { retriedCall: ({ failure }) => failure === null },
  retryTimeMs: { repeated: addedMs },
  retryCostUsd: { repeated: lostUsd },
  inputTokens: tokens('inputTokens'),
  cachedInputTokens: tokens('cachedInputTokens', 'cachedAudioInputTokens', 'cachedImageInputTokens'),
  cacheWriteTokens: tokens('cacheWriteTokens5m', 'cacheWriteTokens1h', 'cacheWriteTokens12h'),
  outputTokens: tokens('outputTokens'),
  reasoningTokens: tokens('reasoningTokens'),
};

export const COUNT_MEASURES = Object.keys(MEASURES) as CountMeasure[];

function tokens(...parts: ReadonlyArray<keyof NonNullable<AttemptRecord['usage']>>): Taken {
  return {
    attempt: ({ usage }) =>
      usage === null || usage.source === 'missing'
        ? 0
        : parts.reduce((sum, part) => sum + Number(usage[part] ?? 0), 0),
  };
}

function knows({ usage }: AttemptRecord): boolean {
  return usage !== null && usage.source !== 'missing';
}

function isUnpriced(attempt: AttemptRecord): boolean {
  return attempt.cost?.source === 'unknown' && knows(attempt);
}

/** Returns the known cost of an attempt in units of 10⁻¹² USD. */
function picoUsd({ cost }: AttemptRecord): bigint {
  return cost === null || cost.source === 'unknown' ? 0n : BigInt(cost.costUsd.toFixed(12).replace('.', ''));
}

const MICROS_PER_MS = 1000;

function addedMs({ repeated, attempt }: Retry): Amount {
  return repeated === null ? 0 : BigInt(Math.round((repeated.durationMs + attempt.waitedMs) * MICROS_PER_MS));
}

function lostUsd({ repeated }: Retry): Amount {
  return repeated === null ? 0 : picoUsd(repeated);
}

/** Returns the number of a sum, rounded once. */
function valueOf(name: string, sum: bigint): number {
  if (name.endsWith('Ms')) return Number(sum) / MICROS_PER_MS;
  if (!name.endsWith('Usd')) return Number(sum);
  return Number(`${sum / 10n ** 12n}.${String(sum % 10n ** 12n).padStart(12, '0')}`);
}

/** A request that repeats another one; `null` if its call does not contain that. */
interface Retry {
  readonly attempt: AttemptRecord;
  readonly repeated: AttemptRecord | null;
}

/** A retry repeats the last failed attempt that was not repeated yet, otherwise the attempt before it. */
function retriesOf({ attempts }: CallRecord): Retry[] {
  const failed: AttemptRecord[] = [];
  return attempts.flatMap((attempt, index) => {
    const repeated = attempt.isRetry ? (failed.pop() ?? attempts[index - 1] ?? null) : null;
    if (attempt.failure) failed.push(attempt);
    return attempt.isRetry ? [{ attempt, repeated }] : [];
  });
}

type Names = Readonly<Record<Dimension, string | null>>;
type ErrorField = Exclude<keyof ErrorCount, 'type'> | keyof RetryCounts;
export const ERROR_FIELDS: readonly ErrorField[] = [
  'calls',
  'attempts',
  'retries',
  'retriedCalls',
  'recoveredCalls',
  'retryTimeMs',
  'retryCostUsd',
];

/** Sums of amounts by name. */
class Amounts<Name extends string> {
  readonly sums = new Map<Name, bigint>();

  add(name: Name, amount: Amount): void {
    this.sums.set(name, (this.sums.get(name) ?? 0n) + BigInt(amount));
  }

  get(name: Name): number {
    return valueOf(name, this.sums.get(name) ?? 0n);
  }
}

/** The share of a call that belongs to one provider and model. */
export interface Share {
  /** When the call ended, Unix milliseconds. */
  readonly at: number;
  readonly names: Names;
  readonly amounts: Amounts<CountMeasure>;
  readonly errors: Map<string, Amounts<ErrorField>>;
  /** Attempts without a price. */
  readonly unpriced: AttemptRecord[];
  /** Values of quantiles, in the share of the provider and the model of the call. */
  durationMs: number | null;
  firstTokenMs: number | null;
}

/** Splits calls into shares. */
export function sharesOf(records: readonly CallRecord[], origin: CallOrigin): Share[] {
  return records.flatMap((record) => [...sharesOfCall(record, origin).values()]);
}

function sharesOfCall(record: CallRecord, origin: CallOrigin): Map<string, Share> {
  const { attempts, failure, identity, finishReason } = record;
  const shares = new Map<string, Share>();
  const shareOf = (provider: string | null, model: string | null): Share => {
    const key = JSON.stringify([provider, model]);
    const share = shares.get(key) ?? {
      at: Math.floor(record.startedAt + record.durationMs),
      names: {
        feature: record.feature,
        operation: record.operation,
        provider,
        model,
        route: record.route,
        tenant: identity.tenantId ?? null,
        user: identity.userId ?? null,
        ...origin,
      },
      amounts: new Amounts<CountMeasure>(),
      errors: new Map<string, Amounts<ErrorField>>(),
      unpriced: [],
      durationMs: null,
      firstTokenMs: null,
    };
    shares.set(key, share);
    return share;
  };
  const ofAttempt = ({ provider, responseModel, requestModel }: AttemptRecord): Share =>
    shareOf(provider, responseModel ?? requestModel);
  const ofCall = shareOf(record.provider, record.model);
  if (record.batch === undefined) ofCall.durationMs = record.durationMs;
  ofCall.firstTokenMs = record.timeToFirstTokenMs;

  for (const attempt of attempts) if (isUnpriced(attempt)) ofAttempt(attempt).unpriced.push(attempt);
  const retries = retriesOf(record);
  for (const name of COUNT_MEASURES) {
    const taken = MEASURES[name]!;
    if ('call' in taken) ofCall.amounts.add(name, taken.call(record));
    else if ('attempt' in taken) {
      for (const attempt of attempts) ofAttempt(attempt).amounts.add(name, taken.attempt(attempt));
    } else if ('first' in taken) {
      const first = attempts.find(taken.first);
      if (first) ofAttempt(first).amounts.add(name, 1);
    } else if ('repeated' in taken) {
      for (const retry of retries)
        ofAttempt(retry.repeated ?? retry.attempt).amounts.add(name, taken.repeated(retry));
    } else if (retries.length > 0) ofCall.amounts.add(name, taken.retriedCall(record));
  }

  const error = ({ errors }: Share, type: string): Amounts<ErrorField> => {
    const amounts = errors.get(type) ?? new Amounts<ErrorField>();
    errors.set(type, amounts);
    return amounts;
  };
  if (failure) error(ofCall, failure.type).add('calls', 1);
  else if (finishReason === 'cancelled') error(ofCall, 'aborted').add('calls', 1);
  for (const attempt of attempts)
    if (attempt.failure) error(ofAttempt(attempt), attempt.failure.type).add('attempts', 1);
  for (const [index, retry] of retries.entries()) {
    const type = retry.repeated?.failure?.type ?? 'unknown';
    error(ofAttempt(retry.attempt), type).add('retries', 1);
    const ofRepeated = error(ofAttempt(retry.repeated ?? retry.attempt), type);
    ofRepeated.add('retryTimeMs', addedMs(retry));
    ofRepeated.add('retryCostUsd', lostUsd(retry));
    if (index < retries.length - 1) continue;
    error(ofCall, type).add('retriedCalls', 1);
    error(ofCall, type).add('recoveredCalls', failure === null);
  }
  return shares;
}

/** Returns the shares that a filter of measures selects in a range. */
export function selected(
  shares: readonly Share[],
  { from, to }: TimeRange,
  where: MeasureFilter = {},
): Share[] {
  const filters = Object.entries(where) as Array<[Dimension, ReadonlyArray<string | null> | undefined]>;
  return shares.filter(
    ({ at, names }) =>
      at >= from &&
      at < to &&
      filters.every(([dimension, wanted]) => {
        const name = names[dimension];
        return (
          !wanted ||
          wanted.includes(name) ||
          (dimension === 'model' && name !== null && wanted.includes(withoutVersion(name)))
        );
      }),
  );
}

/** Returns the sums of shares. */
export function sumsOf(shares: readonly Share[]): Record<CountMeasure, number> {
  return totals(
    COUNT_MEASURES,
    shares.map(({ amounts }) => amounts),
  );
}

function totals<Name extends string>(
  names: readonly Name[],
  amounts: ReadonlyArray<Amounts<Name>>,
): Record<Name, number> {
  const total = new Amounts<Name>();
  for (const { sums } of amounts) for (const [name, sum] of sums) total.add(name, sum);
  return Object.fromEntries(names.map((name) => [name, total.get(name)])) as Record<Name, number>;
}

/** Returns the tokens of attempts without a price. */
export function unpricedTokensOf(shares: readonly Share[]): { inputTokens: number; outputTokens: number } {
  const usages = shares.flatMap(({ unpriced }) => unpriced.map(({ usage }) => usage!));
  return {
    inputTokens: usages.reduce((sum, { inputTokens }) => sum + inputTokens, 0),
    outputTokens: usages.reduce((sum, { outputTokens }) => sum + outputTokens, 0),
  };
}

/** Returns the sums of errors by type. */
export function errorsOf(shares: readonly Share[]): Map<string, Record<ErrorField, number>> {
  const types = groupBy(
    shares.flatMap(({ errors }) => [...errors]),
    ([type]) => type,
  );
  return new Map(
    [...types].map(([type, found]) => [
      type,
      totals(
        ERROR_FIELDS,
        found.map(([, amounts]) => amounts),
      ),
    ]),
  );
}

/** Groups shares by their names, with versions of a model as one if `mergeVersions` is set. */
export function groupsOf(
  shares: readonly Share[],
  by: readonly Dimension[],
  mergeVersions = false,
): Map<string, Share[]> {
  const nameOf = ({ names }: Share, dimension: Dimension): string | null => {
    const name = names[dimension];
    return mergeVersions && dimension === 'model' && name !== null ? withoutVersion(name) : name;
  };
  return groupBy(shares, (share) => JSON.stringify(by.map((dimension) => nameOf(share, dimension))));
}

/** Groups shares by the start of their bucket. */
export function bucketsOf(shares: readonly Share[], bucketMs: number, offsetMs = 0): Map<number, Share[]> {
  return groupBy(shares, ({ at }) => Math.floor((at + offsetMs) / bucketMs) * bucketMs - offsetMs);
}

function groupBy<Key, Item>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
