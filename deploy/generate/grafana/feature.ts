import { costColumns } from './cost-columns.js';
import type { Context, DashboardDefinition } from './dashboard.js';
import { MODEL, OPERATION } from '../metric-labels.js';
import { bars, table } from './panels.js';
import * as tiles from './shared-tiles.js';

/** Dashboard for the owner of a feature, with its operations and models. */
export const FEATURE_DASHBOARD: DashboardDefinition = {
  name: 'feature',
  title: 'one feature',
  description:
    'The model calls of one feature, by operation and model: cost, duration, failures, retries. For nestjs-llm-telemetry.',
  feature: 'one',
  from: 'now-24h',
  sections: (context) => [
    {
      rows: [
        [
          tiles.spend(context),
          tiles.calls(context),
          tiles.costPer1000(context),
          tiles.errorRatio(context),
          tiles.truncatedRatio(context),
          tiles.p99(context),
        ],
      ],
    },
    {
      title: 'Cost',
      rows: [
        [
          tiles.costPerHour(context, { title: 'Cost per hour by operation', by: OPERATION, width: 12 }),
          tiles.costPerHour(context, { title: 'Cost per hour by model', by: MODEL, width: 12 }),
        ],
        [operations(context)],
      ],
    },
    {
      title: 'Duration',
      rows: [
        [durations(context, 0.5), durations(context, 0.95), durations(context, 0.99)],
        [
          firstTokens(context, 0.5),
          firstTokens(context, 0.99),
          bars({
            title: 'Calls by operation',
            description: 'Completed calls per minute, failed calls included.',
            width: 8,
            unit: 'suffix:/min',
            none: tiles.NO_CALLS,
            legend: 'mean',
            series: [
              {
                expr: context.queries.rate('minute', { metric: 'llm.calls', by: [OPERATION] }),
                legend: `{{${OPERATION}}}`,
              },
            ],
          }),
        ],
      ],
    },
    {
      title: 'Errors and truncation',
      rows: [
        [tiles.errorsByType(context, 12), tiles.truncationByModel(context, 12)],
        [
          tiles.retryRatio(context, { title: 'Retries by operation', by: OPERATION, width: 8 }),
          tiles.rateLimitsByModel(context, 8),
          tiles.tokensChart(context, 8),
        ],
      ],
    },
    {
      title: 'Data quality',
      rows: [
        [
          tiles.unpricedCalls(context),
          tiles.usageMissing(context),
          tiles.retriesTile(context),
          tiles.rateLimitsTile(context),
          tiles.tokensTile(context, 'input'),
          tiles.tokensTile(context, 'output'),
        ],
        [tiles.lowerBoundNote({ width: 24, height: 4 })],
      ],
    },
  ],
};

function durations(context: Context, quantile: number) {
  return tiles.quantileChart(context, {
    title: `Duration, P${quantile * 100} by operation`,
    metric: 'llm.call.duration',
    quantile,
    by: [OPERATION],
    legend: `{{${OPERATION}}}`,
    width: 8,
  });
}

function firstTokens(context: Context, quantile: number) {
  return tiles.quantileChart(context, {
    title: `First token, P${quantile * 100} by operation`,
    metric: 'llm.time_to_first_token',
    quantile,
    by: [OPERATION],
    legend: `{{${OPERATION}}}`,
    width: 8,
  });
}

function operations(context: Context) {
  const { queries, limit } = context;
  const by = [OPERATION, MODEL];
  return table({
    title: 'Operations and models',
    description:
      'Totals of the selected range, most expensive first. Calls are counted under the response model; costs exclude unpriced calls.',
    width: 24,
    none: tiles.NO_CALLS,
    labels: [
      { label: OPERATION, name: 'Operation' },
      { label: MODEL, name: 'Model' },
    ],
    columns: [
      ...costColumns(context, by),
      {
        name: 'Failed',
        expr: queries.ratioShown({ metric: 'llm.errors' }, { metric: 'llm.calls', by }),
        unit: 'percentunit',
        decimals: 1,
        limit: limit('error_ratio'),
      },
      {
        name: 'Truncated',
        expr: queries.ratioShown({ metric: 'llm.truncated' }, { metric: 'llm.calls', by }),
        unit: 'percentunit',
        decimals: 1,
        limit: limit('truncation_spike'),
      },
      { name: 'P50', expr: queries.quantile(0.5, 'llm.call.duration', by), unit: 's', decimals: 2 },
      {
        name: 'P99',
        expr: queries.quantile(0.99, 'llm.call.duration', by),
        unit: 's',
        decimals: 2,
        limit: limit('high_latency'),
      },
    ],
    sortedBy: 'Cost',
  });
}
