import type { Context } from './dashboard.js';
import { ERROR_TYPE, MODEL, TOKEN_TYPE } from '../metric-labels.js';
import { change, difference } from './queries.js';
import { ERROR_COLORS, TOKEN_COLORS } from './palette.js';
import { bars, lines, stat, text, type Tile } from './panels.js';

/** Panels that are used by several dashboards. */

export const NO_CALLS = 'No calls';
export const UNPRICED = 'unpriced';
const RETRIES = ['llm_is_retry="true"'];
const RATE_LIMITED = [`${ERROR_TYPE}="rate_limit"`];

export function spend({ queries }: Context): Tile {
  const cost = queries.counted({ metric: 'llm.cost' });
  return stat({
    title: 'Spend',
    description: 'USD of priced calls. A lower bound if there are unpriced calls or calls without usage.',
    width: 4,
    unit: 'currencyUSD',
    none: UNPRICED,
    expr: cost,
    change: change(cost),
  });
}

export function calls({ queries }: Context): Tile {
  const calls = queries.counted({ metric: 'llm.calls' });
  return stat({
    title: 'Calls',
    description: 'Completed calls of annotated methods, failed calls included.',
    width: 4,
    unit: 'short',
    decimals: 0,
    none: NO_CALLS,
    expr: calls,
    change: change(calls),
  });
}

export function costPer1000({ queries }: Context): Tile {
  const cost = queries.costPer1000();
  return stat({
    title: 'Cost per 1,000 calls',
    description: 'USD per 1,000 calls with known cost. Unpriced calls and calls without usage are excluded.',
    width: 4,
    unit: 'currencyUSD',
    none: UNPRICED,
    expr: cost,
    change: change(cost),
  });
}

export function errorRatio({ queries, limit }: Context): Tile {
  const value = queries.ratioShown({ metric: 'llm.errors' }, { metric: 'llm.calls' });
  return stat({
    title: 'Failed calls',
    description:
      'Share of calls that failed. Calls aborted by the application and calls that succeeded after a retry are not errors.',
    width: 4,
    unit: 'percentunit',
    decimals: 1,
    none: NO_CALLS,
    expr: value,
    difference: difference(value),
    limit: limit('error_ratio'),
  });
}

export function truncatedRatio({ queries, limit }: Context): Tile {
  const value = queries.ratioShown({ metric: 'llm.truncated' }, { metric: 'llm.calls' });
  return stat({
    title: 'Truncated calls',
    description: 'Share of calls whose response was truncated by a token limit. They have HTTP status 200.',
    width: 4,
    unit: 'percentunit',
    decimals: 1,
    none: NO_CALLS,
    expr: value,
    difference: difference(value),
    limit: limit('truncation_spike'),
  });
}

export function p99({ queries, limit }: Context): Tile {
  const p99 = queries.quantile(0.99, 'llm.call.duration', []);
  return stat({
    title: 'Duration, P99',
    description:
      '99 % of calls were faster, from start to last activity, retries included. Interpolated between bucket boundaries.',
    width: 4,
    unit: 's',
    decimals: 2,
    none: NO_CALLS,
    expr: p99,
    change: change(p99),
    limit: limit('high_latency'),
  });
}

export function unpricedCalls({ queries }: Context): Tile {
  const value = queries.countedOfCalls({ metric: 'llm.unpriced' });
  return stat({
    title: 'Unpriced calls',
    description:
      'Calls of models without a known price. Their cost is unknown and not included in sums. Add a price with pricing.overrides or pricing.file (docs/cost.md).',
    width: 4,
    unit: 'short',
    decimals: 0,
    none: NO_CALLS,
    expr: value,
    difference: difference(value),
    limit: 0.5,
    beyond: 'warn',
  });
}

export function usageMissing({ queries }: Context): Tile {
  const value = queries.countedOfCalls({ metric: 'llm.usage_missing' });
  return stat({
    title: 'Usage missing',
    description:
      'Answered calls without token counts. Sums of tokens and cost exclude them. Often streams without includeStreamUsage.',
    width: 4,
    unit: 'short',
    decimals: 0,
    none: NO_CALLS,
    expr: value,
    difference: difference(value),
    limit: 0.5,
    beyond: 'warn',
  });
}

export function retriesTile({ queries }: Context): Tile {
  const value = queries.ratioShown({ metric: 'llm.attempts', where: RETRIES }, { metric: 'llm.attempts' });
  return stat({
    title: 'Retries',
    description: 'Share of requests that are retries, including silent retries of SDKs.',
    width: 4,
    unit: 'percentunit',
    decimals: 1,
    none: NO_CALLS,
    expr: value,
    difference: difference(value),
  });
}

export function rateLimitsTile({ queries }: Context): Tile {
  const value = queries.countedOfCalls({ metric: 'llm.attempts', where: RATE_LIMITED });
  return stat({
    title: 'Rate limited',
    description: 'Requests rejected by a rate limit, including those that succeeded after a retry.',
    width: 4,
    unit: 'short',
    decimals: 0,
    none: NO_CALLS,
    expr: value,
    difference: difference(value),
  });
}

export function tokensTile({ queries }: Context, type: 'input' | 'output'): Tile {
  const tokens = queries.counted({ metric: 'llm.tokens', where: [`${TOKEN_TYPE}="${type}"`] });
  return stat({
    title: type === 'input' ? 'Tokens in' : 'Tokens out',
    description:
      type === 'input'
        ? 'Input tokens, including cached input and estimated counts.'
        : 'Output tokens, including reasoning and estimated counts.',
    width: 4,
    unit: 'short',
    none: 'No usage',
    expr: tokens,
    change: change(tokens),
  });
}

export function lowerBoundNote(size: { readonly width: number; readonly height: number }): Tile {
  return text({
    title: 'How to read these numbers',
    description: 'What sums include and exclude.',
    ...size,
    markdown: [
      '- **Spend is a lower bound** if there are unpriced calls or calls without usage: a missing price is unknown, not 0.',
      '- **First values count**: Prometheus sees a counter only from its first count, which is added here. Values between samples are extrapolated, so sums of few calls are not whole numbers.',
      '- **Exact values and single calls** are in the [service dashboard](${llm_page:raw}), with attempts, receipts and traces.',
    ].join('\n'),
  });
}

export function costPerHour(
  { queries }: Context,
  options: {
    readonly title: string;
    readonly by: string;
    readonly width: number;
    readonly links?: Parameters<typeof bars>[0]['links'];
  },
): Tile {
  return bars({
    ...options,
    description: 'USD per hour. Priced calls only.',
    unit: 'currencyUSD',
    none: 'No priced calls',
    legend: 'mean',
    series: [
      { expr: queries.rate('hour', { metric: 'llm.cost', by: [options.by] }), legend: `{{${options.by}}}` },
    ],
  });
}

export function quantileChart(
  { queries, limit }: Context,
  options: {
    readonly title: string;
    readonly metric: 'llm.call.duration' | 'llm.time_to_first_token';
    readonly quantile: number;
    readonly by: readonly string[];
    readonly legend: string;
    readonly width: number;
  },
): Tile {
  const { metric, quantile, by, legend } = options;
  const isDuration = metric === 'llm.call.duration';
  return lines({
    ...options,
    description: isDuration
      ? 'Seconds from the start of a call to its last activity, retries included. Interpolated between bucket boundaries.'
      : 'Seconds from the start of a call to the first content of its stream. Streamed calls only.',
    unit: 's',
    none: isDuration ? NO_CALLS : 'No streams',
    limit: isDuration && quantile === 0.99 ? limit('high_latency') : null,
    legend: 'max',
    series: [{ expr: queries.quantileAt(quantile, metric, by), legend }],
  });
}

export function truncationByModel({ queries, limit }: Context, width: number): Tile {
  return lines({
    title: 'Truncated calls by model',
    description:
      'Share of calls of a model that were truncated by a token limit. The dashed line is the limit of the alert truncation_spike.',
    width,
    unit: 'percentunit',
    none: NO_CALLS,
    limit: limit('truncation_spike'),
    legend: 'max',
    series: [
      {
        expr: queries.ratio({ metric: 'llm.truncated' }, { metric: 'llm.calls', by: [MODEL] }),
        legend: `{{${MODEL}}}`,
      },
    ],
  });
}

export function errorsByType({ queries }: Context, width: number): Tile {
  return bars({
    title: 'Failed calls by error type',
    description: 'Failed calls per minute by llm.error_type (see docs/telemetry.md).',
    width,
    unit: 'suffix:/min',
    none: 'No failed calls',
    colors: ERROR_COLORS,
    legend: 'max',
    series: [
      {
        expr: queries.rate('minute', { metric: 'llm.errors', by: [ERROR_TYPE] }),
        legend: `{{${ERROR_TYPE}}}`,
      },
    ],
  });
}

export function retryRatio(
  { queries }: Context,
  options: { title: string; by: string; width: number },
): Tile {
  return lines({
    ...options,
    description: 'Share of requests that are retries. A retry of an answered request is billed again.',
    unit: 'percentunit',
    none: NO_CALLS,
    legend: 'max',
    series: [
      {
        expr: queries.ratio(
          { metric: 'llm.attempts', where: RETRIES },
          { metric: 'llm.attempts', by: [options.by] },
        ),
        legend: `{{${options.by}}}`,
      },
    ],
  });
}

export function rateLimitsByModel({ queries, limit }: Context, width: number): Tile {
  return bars({
    title: 'Rate limited requests by model',
    description:
      'Requests per minute rejected by a rate limit. The dashed line is the limit of the alert rate_limiting for all models together.',
    width,
    unit: 'suffix:/min',
    none: 'No rate-limited requests',
    limit: limit('rate_limiting'),
    legend: 'max',
    series: [
      {
        expr: queries.rate('minute', { metric: 'llm.attempts', by: [MODEL], where: RATE_LIMITED }),
        legend: `{{${MODEL}}}`,
      },
    ],
  });
}

export function tokensChart({ queries }: Context, width: number): Tile {
  return bars({
    title: 'Tokens in and out',
    description: 'Tokens per minute. Input includes cached tokens, output includes reasoning tokens.',
    width,
    unit: 'suffix:/min',
    none: 'No usage',
    colors: TOKEN_COLORS,
    legend: 'mean',
    series: [
      {
        expr: queries.rate('minute', { metric: 'llm.tokens', by: [TOKEN_TYPE] }),
        legend: `{{${TOKEN_TYPE}}}`,
      },
    ],
  });
}

/** The 1.41 conventions have no metric for cached tokens, and metrics of the conventions have no feature. */
export function cachedInput({ queries }: Context, width: number): Tile {
  const usage = 'gen_ai.client.inference.usage';
  return lines({
    title: 'Input from cache by model',
    description:
      "Share of input tokens from the provider's cache. Requires the option semconv: 'latest' or 'both'. These metrics have no feature.",
    width,
    unit: 'percentunit',
    none: "Requires semconv: 'latest' or 'both'",
    max: 1,
    legend: 'mean',
    series: [
      {
        expr: queries.ratio(
          { metric: `${usage}.cache_read.input_tokens` },
          { metric: `${usage}.input_tokens`, by: [MODEL] },
        ),
        legend: `{{${MODEL}}}`,
      },
    ],
  });
}
