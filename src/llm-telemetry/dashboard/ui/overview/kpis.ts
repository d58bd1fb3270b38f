import type { AlertName, Measures, Metric, Series } from '../../api/index.js';
import { CALLS, MS, RATIO, TOKENS, USD, type MeasureFormat } from '../formats/measure-formats.js';
import { change, count, counted, duration, money, percent, points, wholeCount } from '../formats/formats.js';
import type { Grouping, KpiName } from '../state/page-state.js';

/** Key performance indicator: its names, metrics, formats and chart. */
export interface Kpi {
  readonly name: KpiName;
  readonly label: string;
  /** Used in a sentence: “80% of spend”. */
  readonly noun: string;
  /** Format of its values over time. */
  readonly format: MeasureFormat;
  /** Metrics of its chart. The first ranks the groups. */
  readonly metrics: readonly [Metric, ...Metric[]];
  readonly at: (series: Series, index: number) => number | null;
  /** Additive values are stacked, and groups have a share of the total. */
  readonly additive: boolean;
  /** Value by which groups are compared. `ofFormat` is its format. */
  readonly of: (measures: Measures) => number | null;
  readonly ofFormat: MeasureFormat;
  /** Names of related alerts. */
  readonly alerts: readonly AlertName[];
  /** Alert whose limit applies to the values over time if they are grouped by `by`, as the alert is. */
  readonly limit?: { readonly alert: AlertName; readonly by: Grouping };
  readonly text: (measures: Measures, before: Measures | null) => KpiText;
}

export interface KpiText {
  readonly value: string;
  /** Unit or quantile, shown after the value in a lighter style. */
  readonly unit?: string;
  readonly detail: string;
  /** The actual value is higher. */
  readonly lowerBound?: boolean;
}

const metric =
  (name: Metric) =>
  (series: Series, index: number): number | null =>
    series[name]?.[index] ?? null;

const ratio =
  (part: Metric) =>
  (series: Series, index: number): number | null => {
    const calls = series.calls?.[index];
    const some = series[part]?.[index];
    return calls && some !== null && some !== undefined ? some / calls : null;
  };

const joined = (...parts: ReadonlyArray<string | null | false>): string => parts.filter(Boolean).join(' · ');

const rate = (part: number, calls: number): number => (calls > 0 ? part / calls : 0);

/** Returns true if some calls have no price or an unknown usage. */
export function isLowerBound({ unpricedCalls, missingUsageCalls }: Measures): boolean {
  return unpricedCalls + missingUsageCalls > 0;
}

/** Returns true if the whole cost is unknown because no usage has a price. */
export function isUnpriced({ costUsd, unpricedCalls }: Measures): boolean {
  return costUsd === 0 && unpricedCalls > 0;
}

export const KPI_LIST: readonly Kpi[] = [
  {
    name: 'spend',
    label: 'Spend',
    noun: 'spend',
    format: USD,
    metrics: ['costUsd'],
    at: metric('costUsd'),
    additive: true,
    of: ({ costUsd }) => costUsd,
    ofFormat: USD,
    alerts: ['cost_spike', 'budget_burn', 'unpriced_calls', 'missing_usage'],
    text: (now, before) => ({
      value: isUnpriced(now) ? 'unpriced' : money(now.costUsd),
      lowerBound: isLowerBound(now) && !isUnpriced(now),
      detail: spendDetail(now, before),
    }),
  },
  {
    name: 'calls',
    label: 'Calls',
    noun: 'calls',
    format: CALLS,
    metrics: ['calls'],
    at: metric('calls'),
    additive: true,
    of: ({ calls }) => calls,
    ofFormat: CALLS,
    alerts: ['traffic_gone'],
    text: (now, before) => ({
      value: wholeCount(now.calls),
      detail: (before && before.calls > 0 && change(now.calls, before.calls)) || '',
    }),
  },
  {
    name: 'errors',
    label: 'Errors',
    noun: 'failed calls',
    format: CALLS,
    metrics: ['failed'],
    at: metric('failed'),
    additive: true,
    of: ({ failed }) => failed,
    ofFormat: CALLS,
    alerts: ['error_ratio', 'rate_limiting', 'content_filter'],
    text: (now, before) => ({
      value: percent(rate(now.failed, now.calls)),
      detail: joined(
        before && before.calls > 0 && points(rate(now.failed, now.calls), rate(before.failed, before.calls)),
        wholeCount(now.failed),
      ),
    }),
  },
  {
    name: 'truncated',
    label: 'Truncated',
    noun: 'truncated calls',
    format: RATIO,
    metrics: ['truncated', 'calls'],
    at: ratio('truncated'),
    additive: false,
    of: ({ truncated }) => truncated,
    ofFormat: CALLS,
    alerts: ['truncation_spike'],
    limit: { alert: 'truncation_spike', by: 'model' },
    text: (now, before) => ({
      value: percent(rate(now.truncated, now.calls)),
      detail: joined(
        before &&
          before.calls > 0 &&
          points(rate(now.truncated, now.calls), rate(before.truncated, before.calls)),
        wholeCount(now.truncated),
      ),
    }),
  },
  {
    name: 'duration',
    label: 'Duration',
    noun: 'duration, P99',
    format: MS,
    metrics: ['duration.p99'],
    at: metric('duration.p99'),
    additive: false,
    of: ({ duration }) => duration?.p99 ?? null,
    ofFormat: MS,
    alerts: ['high_latency'],
    limit: { alert: 'high_latency', by: 'operation' },
    text: ({ duration: now }, before) => ({
      value: now ? duration(now.p99) : '—',
      unit: 'P99',
      detail: joined(
        now && `P50 ${duration(now.p50)}`,
        now && before?.duration ? change(now.p99, before.duration.p99) : null,
      ),
    }),
  },
  {
    name: 'first-token',
    label: 'First token',
    noun: 'time to first token, P50',
    format: MS,
    metrics: ['firstToken.p50'],
    at: metric('firstToken.p50'),
    additive: false,
    of: ({ firstToken }) => firstToken?.p50 ?? null,
    ofFormat: MS,
    alerts: [],
    text: ({ firstToken: now }, before) => ({
      value: now ? duration(now.p50) : '—',
      unit: 'P50',
      detail: now
        ? joined(
            `P99 ${duration(now.p99)}`,
            before?.firstToken ? change(now.p50, before.firstToken.p50) : null,
          )
        : 'no streamed responses',
    }),
  },
  {
    name: 'tokens',
    label: 'Tokens',
    noun: 'input tokens',
    format: TOKENS,
    metrics: ['inputTokens'],
    at: metric('inputTokens'),
    additive: true,
    of: ({ inputTokens }) => inputTokens,
    ofFormat: TOKENS,
    alerts: [],
    text: (now) => ({
      value: count(now.inputTokens),
      unit: 'in',
      detail: joined(
        `${count(now.outputTokens)} out`,
        now.cachedInputTokens > 0 && `${percent(now.cachedInputTokens / now.inputTokens)} cached`,
      ),
    }),
  },
];

export function kpiOf(name: KpiName): Kpi {
  return KPI_LIST.find((kpi) => kpi.name === name)!;
}

function spendDetail(now: Measures, before: Measures | null): string {
  if (isUnpriced(now)) return counted(now.unpricedCalls, 'call');
  if (!before || before.costUsd === 0) return '';
  return `${change(now.costUsd, before.costUsd)} from ${money(before.costUsd)}`;
}
