import type { Context } from './dashboard.js';
import { change, difference, ERROR_TYPE, MODEL, TOKEN_TYPE } from './figures.js';
import { ERROR_COLORS, TOKEN_COLORS } from './palette.js';
import { bars, lines, stat, text, type Tile } from './panels.js';

/** Panels that several of the dashboards have. */

export const NO_CALLS = 'No calls';
export const UNPRICED = 'unpriced';
const RETRIES = ['llm_is_retry="true"'];
const RATE_LIMITED = [`${ERROR_TYPE}="rate_limit"`];

export function spend({ figures }: Context): Tile {
  const cost = figures.counted({ metric: 'llm.cost' });
  return stat({
    title: 'Spend',
    description:
      'USD of all that has a known price. Where calls are unpriced or their usage is missing, it has been more: see those figures.',
    width: 4,
    unit: 'currencyUSD',
    none: UNPRICED,
    expr: cost,
    change: change(cost),
  });
}

export function calls({ figures }: Context): Tile {
  const calls = figures.counted({ metric: 'llm.calls' });
  return stat({
    title: 'Calls',
    description: 'Runs of annotated methods that have ended, however they ended.',
    width: 4,
    unit: 'short',
    decimals: 0,
    none: NO_CALLS,
    expr: calls,
    change: change(calls),
  });
}

export function costPer1000({ figures }: Context): Tile {
  const cost = figures.costPer1000();
  return stat({
    title: 'Cost per 1,000 calls',
    description:
      'USD, of the calls whose cost is known: those that are unpriced, or whose usage is missing, are left out.',
    width: 4,
    unit: 'currencyUSD',
    none: UNPRICED,
    expr: cost,
    change: change(cost),
  });
}

export function errorRatio({ figures, limit }: Context): Tile {
  const value = figures.ratioShown({ metric: 'llm.errors' }, { metric: 'llm.calls' });
  return stat({
    title: 'Failed calls',
    description:
      'Calls that ended in an error, of all calls. What the application itself has aborted is no error; what was retried and then went well is none either.',
    width: 4,
    unit: 'percentunit',
    decimals: 1,
    none: NO_CALLS,
    expr: value,
    difference: difference(value),
    limit: limit('error_ratio'),
  });
}

export function truncatedRatio({ figures, limit }: Context): Tile {
  const value = figures.ratioShown({ metric: 'llm.truncated' }, { metric: 'llm.calls' });
  return stat({
    title: 'Truncated calls',
    description:
      'Calls whose answer was cut off by a token limit, of all calls. HTTP said 200 for each of them.',
    width: 4,
    unit: 'percentunit',
    decimals: 1,
    none: NO_CALLS,
    expr: value,
    difference: difference(value),
    limit: limit('truncation_spike'),
  });
}

export function p99({ figures, limit }: Context): Tile {
  const p99 = figures.quantile(0.99, 'llm.call.duration', []);
  return stat({
    title: 'Duration, P99',
    description:
      'One call in a hundred took longer, from its start to its last activity, retries included. Worked out between the boundaries of buckets, so it is not exact.',
    width: 4,
    unit: 's',
    decimals: 2,
    none: NO_CALLS,
    expr: p99,
    change: change(p99),
    limit: limit('high_latency'),
  });
}

export function unpricedCalls({ figures }: Context): Tile {
  const value = figures.countedOfCalls({ metric: 'llm.unpriced' });
  return stat({
    title: 'Unpriced calls',
    description:
      'Calls of models whose price is not known. They are not free: their cost is unknown, and in none of the sums of cost. Give the library a price (docs/cost.md).',
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

export function usageMissing({ figures }: Context): Tile {
  const value = figures.countedOfCalls({ metric: 'llm.usage_missing' });
  return stat({
    title: 'Usage missing',
    description:
      'Calls that were answered without a word on their tokens: neither those nor their cost are in any sum. Often streams that do not ask for their usage (includeStreamUsage).',
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

export function retriesTile({ figures }: Context): Tile {
  const value = figures.ratioShown({ metric: 'llm.attempts', where: RETRIES }, { metric: 'llm.attempts' });
  return stat({
    title: 'Retries',
    description:
      'Requests that repeated one before, of all requests: those of the SDKs, which nobody else sees, too.',
    width: 4,
    unit: 'percentunit',
    decimals: 1,
    none: NO_CALLS,
    expr: value,
    difference: difference(value),
  });
}

export function rateLimitsTile({ figures }: Context): Tile {
  const value = figures.countedOfCalls({ metric: 'llm.attempts', where: RATE_LIMITED });
  return stat({
    title: 'Rate limited',
    description:
      'Requests that a provider refused for its rate limit, whether or not a retry then went well.',
    width: 4,
    unit: 'short',
    decimals: 0,
    none: NO_CALLS,
    expr: value,
    difference: difference(value),
  });
}

export function tokensTile({ figures }: Context, type: 'input' | 'output'): Tile {
  const tokens = figures.counted({ metric: 'llm.tokens', where: [`${TOKEN_TYPE}="${type}"`] });
  return stat({
    title: type === 'input' ? 'Tokens in' : 'Tokens out',
    description:
      type === 'input'
        ? 'What was sent to models, what came from their caches included; estimated counts too.'
        : 'What models have written, reasoning included; estimated counts too.',
    width: 4,
    unit: 'short',
    none: 'No usage',
    expr: tokens,
    change: change(tokens),
  });
}

export function lowerBoundNote(size: { readonly width: number; readonly height: number }): Tile {
  return text({
    title: 'How to read the figures',
    description: 'What is in the sums, and what cannot be.',
    ...size,
    markdown: [
      '- **Spend is a lower bound** while calls are unpriced or their usage is missing: a missing price is not 0, it is unknown, and adds to no sum.',
      '- **A first value counts**: Prometheus sees a counter only from its first count on, which is added here. It works out what lies between samples, so sums of few calls are not whole numbers.',
      "- **Exact, and each call for itself**: on the [service's own page](${llm_page:raw}), which keeps every call with its attempts, bill and trace.",
    ].join('\n'),
  });
}

export function costPerHour(
  { figures }: Context,
  options: {
    readonly title: string;
    readonly by: string;
    readonly width: number;
    readonly links?: Parameters<typeof bars>[0]['links'];
  },
): Tile {
  return bars({
    ...options,
    description: 'USD an hour, at the pace of each point. Only what has a known price.',
    unit: 'currencyUSD',
    none: 'No call with a known price',
    legend: 'mean',
    series: [
      { expr: figures.rate('hour', { metric: 'llm.cost', by: [options.by] }), legend: `{{${options.by}}}` },
    ],
  });
}

export function quantileChart(
  { figures, limit }: Context,
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
      ? 'Seconds from the start of a call to its last activity, retries included. Between the boundaries of buckets it is an estimate.'
      : 'Seconds from the start of a call to the first content of its stream. Only of calls that stream.',
    unit: 's',
    none: isDuration ? NO_CALLS : 'No streams',
    limit: isDuration && quantile === 0.99 ? limit('high_latency') : null,
    legend: 'max',
    series: [{ expr: figures.quantileAt(quantile, metric, by), legend }],
  });
}

export function truncationByModel({ figures, limit }: Context, width: number): Tile {
  return lines({
    title: 'Truncated calls by model',
    description:
      'Calls whose answer was cut off by a token limit, of all calls of the model. The dashed line is the limit of the alert truncation_spike.',
    width,
    unit: 'percentunit',
    none: NO_CALLS,
    limit: limit('truncation_spike'),
    legend: 'max',
    series: [
      {
        expr: figures.ratio({ metric: 'llm.truncated' }, { metric: 'llm.calls', by: [MODEL] }),
        legend: `{{${MODEL}}}`,
      },
    ],
  });
}

export function errorsByType({ figures }: Context, width: number): Tile {
  return bars({
    title: 'Failed calls by error type',
    description:
      'Calls a minute that ended in an error, by llm.error_type (docs/telemetry.md says what each means). Nothing: none has failed.',
    width,
    unit: 'suffix:/min',
    none: 'No call has failed',
    colors: ERROR_COLORS,
    legend: 'max',
    series: [
      {
        expr: figures.rate('minute', { metric: 'llm.errors', by: [ERROR_TYPE] }),
        legend: `{{${ERROR_TYPE}}}`,
      },
    ],
  });
}

export function retryRatio(
  { figures }: Context,
  options: { title: string; by: string; width: number },
): Tile {
  return lines({
    ...options,
    description:
      'Requests that repeated one before, of all requests. Each is billed where the one before was answered.',
    unit: 'percentunit',
    none: NO_CALLS,
    legend: 'max',
    series: [
      {
        expr: figures.ratio(
          { metric: 'llm.attempts', where: RETRIES },
          { metric: 'llm.attempts', by: [options.by] },
        ),
        legend: `{{${options.by}}}`,
      },
    ],
  });
}

export function rateLimitsByModel({ figures, limit }: Context, width: number): Tile {
  return bars({
    title: 'Rate limited requests by model',
    description:
      'Requests a minute that a provider refused for its rate limit. The dashed line is the limit of the alert rate_limiting, for all models together.',
    width,
    unit: 'suffix:/min',
    none: 'No request was refused',
    limit: limit('rate_limiting'),
    legend: 'max',
    series: [
      {
        expr: figures.rate('minute', { metric: 'llm.attempts', by: [MODEL], where: RATE_LIMITED }),
        legend: `{{${MODEL}}}`,
      },
    ],
  });
}

export function tokensChart({ figures }: Context, width: number): Tile {
  return bars({
    title: 'Tokens in and out',
    description: 'Tokens a minute. Input has what came from caches in it, output what models have reasoned.',
    width,
    unit: 'suffix:/min',
    none: 'No usage',
    colors: TOKEN_COLORS,
    legend: 'mean',
    series: [
      {
        expr: figures.rate('minute', { metric: 'llm.tokens', by: [TOKEN_TYPE] }),
        legend: `{{${TOKEN_TYPE}}}`,
      },
    ],
  });
}

/** The conventions' older names have no cached tokens, and none of their metrics has features. */
export function cachedInput({ figures }: Context, width: number): Tile {
  const usage = 'gen_ai.client.inference.usage';
  return lines({
    title: 'Input from cache by model',
    description:
      "Input tokens that came from the provider's cache, of all input tokens. Needs the option semconv: 'latest' or 'both'; those metrics know services and models, and not features.",
    width,
    unit: 'percentunit',
    none: "Needs semconv: 'latest' or 'both'",
    max: 1,
    legend: 'mean',
    series: [
      {
        expr: figures.ratio(
          { metric: `${usage}.cache_read.input_tokens` },
          { metric: `${usage}.input_tokens`, by: [MODEL] },
        ),
        legend: `{{${MODEL}}}`,
      },
    ],
  });
}
