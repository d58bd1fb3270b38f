import type { ExportedSpan } from './otlp-receiver.js';

/** Report on the `llm.*` spans of a demo, grouped as in a tracing backend. */
export interface Report {
  readonly calls: number;
  readonly costUsd: number;
  /** Calls of unknown cost. */
  readonly unpriced: number;
  readonly features: readonly FeatureRow[];
  readonly operations: readonly OperationRow[];
  readonly models: readonly ModelRow[];
  readonly errors: readonly ErrorRow[];
  readonly retries: Retries;
}

export interface FeatureRow {
  readonly feature: string;
  readonly calls: number;
  readonly costUsd: number;
  readonly unpriced: number;
  /** Share of the total cost, from 0 to 1. */
  readonly share: number;
  /** Cumulative share, including this row. */
  readonly runningShare: number;
}

export interface OperationRow {
  readonly operation: string;
  readonly calls: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Median time to the first token; `null` without streamed calls. */
  readonly firstTokenMs: number | null;
}

export interface ModelRow {
  readonly model: string;
  /** Calls with a response. */
  readonly calls: number;
  readonly truncated: number;
}

export interface ErrorRow {
  readonly errorType: string;
  readonly calls: number;
}

export interface Retries {
  /** Calls with more than one attempt. */
  readonly retriedCalls: number;
  /** Retried calls that succeeded. */
  readonly recovered: number;
  /** Number of retried attempts. */
  readonly retries: number;
}

/** Computes the report from exported spans. */
export function reportOf(spans: readonly ExportedSpan[]): Report {
  const calls = spans.filter(({ name }) => name.startsWith('llm.'));
  const costUsd = sum(calls.map(cost));
  const retried = calls.filter((call) => number(call, 'llm.attempts') > 1);
  return {
    calls: calls.length,
    costUsd,
    unpriced: calls.filter(isUnpriced).length,
    features: featureRows(calls, costUsd),
    operations: operationRows(calls),
    models: modelRows(calls),
    errors: [...group(calls, 'llm.error_type')]
      .map(([errorType, of]) => ({ errorType, calls: of.length }))
      .sort((a, b) => b.calls - a.calls),
    retries: {
      retriedCalls: retried.length,
      recovered: retried.filter(({ status }) => status === 'OK').length,
      retries: spans.filter(
        ({ name, attributes }) => name.startsWith('chat ') && attributes['llm.is_retry'] === true,
      ).length,
    },
  };
}

function featureRows(calls: readonly ExportedSpan[], total: number): FeatureRow[] {
  let running = 0;
  return [...group(calls, 'llm.feature')]
    .map(([feature, of]) => ({
      feature,
      calls: of.length,
      costUsd: sum(of.map(cost)),
      unpriced: of.filter(isUnpriced).length,
    }))
    .sort((a, b) => b.costUsd - a.costUsd)
    .map((row) => {
      const share = total === 0 ? 0 : row.costUsd / total;
      running += share;
      return { ...row, share, runningShare: running };
    });
}

function operationRows(calls: readonly ExportedSpan[]): OperationRow[] {
  return [...group(calls, 'llm.operation')].map(([operation, of]) => {
    const firstTokens = of.flatMap(({ attributes }) => {
      const milliseconds = attributes['llm.time_to_first_token_ms'];
      return typeof milliseconds === 'number' ? [milliseconds] : [];
    });
    const durations = of.map((call) => number(call, 'llm.latency_ms'));
    return {
      operation,
      calls: of.length,
      p50Ms: quantile(durations, 0.5),
      p99Ms: quantile(durations, 0.99),
      firstTokenMs: firstTokens.length === 0 ? null : quantile(firstTokens, 0.5),
    };
  });
}

/** Groups by response model. Calls without a response are excluded: they only have the requested model. */
function modelRows(calls: readonly ExportedSpan[]): ModelRow[] {
  const responded = calls.filter(({ attributes }) => attributes['llm.finish_reason'] !== undefined);
  return [...group(responded, 'llm.model')]
    .map(([model, of]) => ({
      model,
      calls: of.length,
      truncated: of.filter(({ attributes }) => attributes['llm.truncated'] === true).length,
    }))
    .sort((a, b) => b.truncated / b.calls - a.truncated / a.calls);
}

/** Returns the quantile `q` by nearest rank. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

/** Groups spans by the value of an attribute. Spans without it are excluded. */
function group(spans: readonly ExportedSpan[], attribute: string): Map<string, ExportedSpan[]> {
  const groups = new Map<string, ExportedSpan[]>();
  for (const span of spans) {
    const key = span.attributes[attribute];
    if (key === undefined) continue;
    const of = groups.get(String(key));
    if (of) of.push(span);
    else groups.set(String(key), [span]);
  }
  return groups;
}

function cost(call: ExportedSpan): number {
  return number(call, 'llm.estimated_cost_usd');
}

function isUnpriced({ attributes }: ExportedSpan): boolean {
  return attributes['llm.cost_source'] === 'unknown';
}

function number({ attributes }: ExportedSpan, name: string): number {
  const value = attributes[name];
  return typeof value === 'number' ? value : 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
