import type {
  Dimension,
  ErrorCount,
  Measures,
  Quantiles,
  RetryReason,
  TimeRange,
} from '../../src/llm-telemetry/dashboard/api/index.js';
import {
  NO_MEASURES,
  SUMMED_MEASURES,
  type SummedMeasure,
} from '../../src/llm-telemetry/store/measure-table.js';

/** Kind of call that a service makes throughout the day. */
interface Stream {
  readonly feature: string;
  readonly operation: string;
  readonly provider: string;
  readonly model: string;
  readonly callsPerDay: number;
  /** USD, or `null` if the model has no price. */
  readonly costPerCall: number | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly p50: number;
  readonly p99: number;
  readonly failureRate: number;
  readonly truncationRate: number;
  /** Factor of calls during the incident. */
  readonly spike: number;
  /** Number of days since the first such call. */
  readonly knownForDays: number;
}

const stream = (
  [feature, operation]: [string, string],
  [provider, model]: [string, string],
  [callsPerDay, costPerCall]: [number, number | null],
  [inputTokens, outputTokens]: [number, number],
  [p50, p99]: [number, number],
  [failureRate, truncationRate]: [number, number],
  spike = 1,
  knownForDays = Infinity,
): Stream => ({
  feature,
  operation,
  provider,
  model,
  callsPerDay,
  costPerCall,
  inputTokens,
  outputTokens,
  p50,
  p99,
  failureRate,
  truncationRate,
  spike,
  knownForDays,
});

const GPT: [string, string] = ['openai', 'gpt-4o'];
const MINI: [string, string] = ['openai', 'gpt-4o-mini'];
const SONNET: [string, string] = ['anthropic', 'claude-sonnet-4-6'];
const QWEN: [string, string] = ['openai', 'qwen3-32b'];

const STREAMS: readonly Stream[] = [
  stream(['support_chat', 'reply'], GPT, [12_000, 0.0044], [1_280, 130], [2910, 9120], [0.011, 0.009], 2.5),
  stream(['support_chat', 'triage'], MINI, [9_000, 0.0003], [900, 31], [380, 1290], [0.004, 0.004]),
  stream(['contract_review', 'extract'], SONNET, [1_100, 0.043], [9_100, 820], [6240, 28_400], [0.006, 0]),
  stream(['contract_review', 'redline'], SONNET, [800, 0.019], [4_200, 410], [4480, 18_900], [0.005, 0]),
  stream(['order_dashboard', 'summarize'], MINI, [48_000, 0.00037], [610, 140], [1120, 4310], [0.004, 0.016]),
  stream(['search_answers', 'answer'], MINI, [30_000, 0.00038], [520, 190], [940, 3980], [0.003, 0.011]),
  stream(
    ['ticket_routing', 'classify'],
    MINI,
    [15_000, 0.00037],
    [430, 12],
    [410, 1760],
    [0.002, 0.001],
    1,
    0.9,
  ),
  stream(['ticket_routing', 'classify'], QWEN, [3_200, null], [400, 12], [402, 1500], [0.002, 0], 1, 0.9),
  stream(['unattributed', 'chat'], GPT, [960, 0.00195], [640, 96], [1240, 6100], [0.01, 0.002]),
];

const ERRORS: ReadonlyArray<readonly [type: string, share: number]> = [
  ['rate_limit', 0.52],
  ['timeout', 0.21],
  ['overloaded', 0.16],
  ['stream_cut', 0.07],
  ['content_filter', 0.04],
];

const STEP_MS = 300_000;
const DAY_MS = 86_400_000;
/** Duration of the incident until now. */
const SPIKE_MS = 2.4 * 3_600_000;

export type Names = Readonly<Partial<Record<Dimension, string | null>>>;
export type Where = Readonly<Partial<Record<Dimension, readonly string[]>>>;

/**
 * Deterministic traffic of a service as a function of time. Days are equal up to noise, and a range always has the same
 * measures. Without `calm`, the traffic ends with an incident.
 */
export class FixtureTraffic {
  private readonly steps = new Map<number, Counts | null>();

  constructor(
    private readonly now: number,
    private readonly calm = false,
  ) {}

  measures({ from, to }: TimeRange, where: Where = {}, quantiles = true): Measures {
    const total = { ...NO_MEASURES };
    const parts: Part[] = [];
    const first = Math.floor(from / STEP_MS) * STEP_MS;
    for (const [index, stream] of STREAMS.entries()) {
      if (!isIn(stream, where)) continue;
      let calls = 0;
      for (let at = first; at < Math.min(to, this.now); at += STEP_MS) {
        const step = this.step(stream, index, at);
        if (!step) continue;
        add(total, step);
        calls += step.calls;
      }
      if (calls > 0) parts.push({ calls, stream, wobble: noise(index + 50, first) });
    }
    return {
      ...total,
      duration: quantiles ? quantilesOf(parts, 1) : null,
      firstToken: quantiles ? quantilesOf(parts, 0.31) : null,
    };
  }

  /** Returns groups sorted by cost, then by calls, in descending order. */
  groups(
    range: TimeRange,
    by: readonly Dimension[],
    where: Where = {},
  ): Array<{ names: Names; measures: Measures }> {
    const all = new Map<string, Names>();
    for (const stream of STREAMS) {
      if (!isIn(stream, where)) continue;
      const names = Object.fromEntries(by.map((dimension) => [dimension, nameIn(stream, dimension)]));
      all.set(JSON.stringify(names), names);
    }
    return [...all.values()]
      .map((names) => ({ names, measures: this.measures(range, { ...where, ...only(names) }) }))
      .filter(({ measures }) => measures.calls > 0)
      .sort((a, b) => b.measures.costUsd - a.measures.costUsd || b.measures.calls - a.measures.calls);
  }

  errors(range: TimeRange, where: Where = {}): ErrorCount[] {
    const { failed, retries } = this.measures(range, where, false);
    return ERRORS.map(([type, share]) => ({
      type,
      calls: Math.round(failed * share),
      attempts: Math.round(failed * share + retries * share),
    })).filter(({ attempts }) => attempts > 0);
  }

  retryReasons(range: TimeRange, where: Where = {}): RetryReason[] {
    const { retries, retriedCalls, recoveredCalls, retryTimeMs, retryCostUsd } = this.measures(
      range,
      where,
      false,
    );
    return this.errors(range, where).map((count) => {
      const share = ERRORS.find(([type]) => type === count.type)![1];
      return {
        ...count,
        retries: Math.round(retries * share),
        retriedCalls: Math.round(retriedCalls * share),
        recoveredCalls: Math.round(recoveredCalls * share),
        retryTimeMs: retryTimeMs * share,
        retryCostUsd: retryCostUsd * share,
      };
    });
  }

  /** Returns the measures of five minutes, or `null` if there are no calls. */
  private step(stream: Stream, index: number, at: number): Counts | null {
    const key = at + index;
    let step = this.steps.get(key);
    if (step === undefined) {
      const calls = this.callsIn(stream, index, at);
      step = calls === 0 ? null : this.stepMeasures(stream, index, at, calls);
      this.steps.set(key, step);
    }
    return step;
  }

  private callsIn(stream: Stream, index: number, at: number): number {
    if (at < this.now - stream.knownForDays * DAY_MS) return 0;
    const hour = (at / 3_600_000 - new Date(at).getTimezoneOffset() / 60) % 24;
    const day = 0.22 + 0.78 * Math.exp(-((((hour - 13.2 + 36) % 24) - 12) ** 2) / 26);
    const mean = ((stream.callsPerDay * STEP_MS) / DAY_MS) * day * 1.7 * (0.85 + 0.3 * noise(index, at));
    return Math.floor(mean * (this.isWrong(at) ? stream.spike : 1) + noise(index + 20, at));
  }

  private stepMeasures(stream: Stream, index: number, at: number, calls: number): Counts {
    const wrong = this.isWrong(at);
    const some = (rate: number, salt: number): number =>
      Math.min(calls, Math.floor(calls * rate + noise(index + salt, at)));
    const failed = some(stream.failureRate * (wrong ? stream.spike * 1.6 : 1), 30);
    const retried = some(0.012 + stream.failureRate, 31);
    const truncated = some(stream.truncationRate * (wrong && stream.model === 'gpt-4o-mini' ? 5 : 1), 32);
    const costUsd = calls * (stream.costPerCall ?? 0) * (0.9 + 0.2 * noise(index + 40, at));
    return {
      ...NO_MEASURES,
      calls,
      failed,
      truncated,
      costUsd,
      estimatedCostUsd: stream.feature === 'unattributed' ? costUsd * 0.4 : 0,
      billedCalls: calls - failed,
      unpricedCalls: stream.costPerCall === null ? calls : 0,
      missingUsageCalls: stream.feature === 'unattributed' && noise(index + 60, at) > 0.985 ? 1 : 0,
      estimatedUsageCalls: stream.feature === 'unattributed' ? Math.floor(calls * 0.4) : 0,
      inputTokens: calls * stream.inputTokens,
      cachedInputTokens: Math.floor(calls * stream.inputTokens * 0.38),
      outputTokens: calls * stream.outputTokens,
      attempts: calls + retried,
      retries: retried,
      rateLimitedAttempts: Math.floor(retried * 0.5),
      retriedCalls: retried,
      recoveredCalls: Math.min(retried, Math.floor(retried * 0.9 + noise(index + 33, at))),
      retryTimeMs: retried * 1640,
      retryCostUsd: retried * (stream.costPerCall ?? 0) * 0.3,
    };
  }

  private isWrong(at: number): boolean {
    return !this.calm && at >= this.now - SPIKE_MS;
  }
}

type Counts = Readonly<Record<SummedMeasure, number>>;

export function add(total: Record<SummedMeasure, number>, part: Counts | Measures): void {
  for (const key of SUMMED_MEASURES) total[key] += part[key];
}

export function nothing(): Record<SummedMeasure, number> {
  return { ...NO_MEASURES };
}

interface Part {
  readonly calls: number;
  readonly stream: Stream;
  /** Variation by time, from 0 to 1. */
  readonly wobble: number;
}

function quantilesOf(parts: readonly Part[], scale: number): Quantiles | null {
  const count = parts.reduce((sum, { calls }) => sum + calls, 0);
  if (count === 0) return null;
  const at = (share: number, of: (stream: Stream) => number): number => {
    const sorted = parts.toSorted((a, b) => of(a.stream) - of(b.stream));
    let left = count * share;
    const { stream, wobble } = sorted.find(({ calls }) => (left -= calls) <= 0) ?? sorted.at(-1)!;
    return Math.round(of(stream) * (0.94 + 0.12 * wobble) * scale);
  };
  const p50 = at(0.5, (stream) => stream.p50);
  const p99 = at(0.97, (stream) => stream.p99);
  return {
    count,
    p50,
    p90: Math.round((p50 + p99) / 2),
    p95: Math.round(p99 * 0.8),
    p99,
    max: Math.round(p99 * 1.6),
  };
}

function isIn(stream: Stream, where: Where): boolean {
  return Object.entries(where).every(([dimension, values]) =>
    values.includes(nameIn(stream, dimension as Dimension) ?? ''),
  );
}

function nameIn(stream: Stream, dimension: Dimension): string | null {
  switch (dimension) {
    case 'route':
      return ROUTES[stream.feature] ?? null;
    case 'tenant':
      return TENANTS[stream.operation] ?? null;
    case 'user':
      return stream.operation === 'reply' ? 'u_8841' : null;
    case 'service':
      return 'orders-api';
    case 'version':
      return stream.knownForDays < 1 ? '2.5.0' : '2.4.1';
    case 'environment':
      return 'production';
    case 'instance':
      return 'orders-7d9f:4711';
    default:
      return stream[dimension];
  }
}

/** Jobs have no route, and only some operations have a tenant. */
const ROUTES: Readonly<Record<string, string>> = {
  support_chat: 'POST /support/:id/reply',
  order_dashboard: 'POST /orders/summarize',
  search_answers: 'GET /search',
};
const TENANTS: Readonly<Record<string, string>> = {
  reply: 'acme-eu',
  triage: 'acme-us',
  extract: 'globex',
  redline: 'globex',
};

function only(names: Names): Where {
  return Object.fromEntries(Object.entries(names).map(([dimension, name]) => [dimension, [name ?? '']]));
}

/** Returns a deterministic number from 0 to 1 for a step. */
function noise(salt: number, at: number): number {
  let hash = (Math.imul(Math.floor(at / STEP_MS), 2_654_435_761) ^ Math.imul(salt + 1, 40_503)) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_519) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 13), 3_266_489_917) >>> 0;
  return (hash >>> 8) / 2 ** 24;
}
