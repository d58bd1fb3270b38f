import { featureLinks, type Context, type DashboardDefinition } from './dashboard.js';
import { FEATURE, OPERATION } from '../metric-labels.js';
import type { Section } from './layout.js';
import { bars, firing, table } from './panels.js';
import * as tiles from './shared-tiles.js';

/** Dashboard for people on call: current problems, their start, and the affected features. */
export const OVERVIEW: DashboardDefinition = {
  name: 'overview',
  title: 'overview',
  description:
    'What the model calls of your services cost, how long they take and how they fail, by feature. For nestjs-llm-telemetry.',
  feature: 'many',
  from: 'now-24h',
  sections: (context) => [
    {
      rows: [
        [
          tiles.spend(context),
          tiles.calls(context),
          tiles.errorRatio(context),
          tiles.truncatedRatio(context),
          tiles.p99(context),
          tiles.rateLimitsTile(context),
        ],
        [
          firing({
            title: 'Firing alerts',
            description: 'Evaluated by Prometheus with the rules in deploy/prometheus/rules.',
            width: 14,
            height: 7,
            expr: `ALERTS_FOR_STATE{job=~"$job"} * 1000 and ignoring (alertstate) ${context.firing}`,
          }),
          tiles.lowerBoundNote({ width: 10, height: 7 }),
        ],
      ],
    },
    money(context),
    {
      title: 'Duration',
      rows: [
        [
          tiles.quantileChart(context, {
            title: 'Duration, P99 by operation',
            metric: 'llm.call.duration',
            quantile: 0.99,
            by: [FEATURE, OPERATION],
            legend: `{{${FEATURE}}} / {{${OPERATION}}}`,
            width: 12,
          }),
          tiles.quantileChart(context, {
            title: 'First token, P50 by operation',
            metric: 'llm.time_to_first_token',
            quantile: 0.5,
            by: [FEATURE, OPERATION],
            legend: `{{${FEATURE}}} / {{${OPERATION}}}`,
            width: 12,
          }),
        ],
        [durations(context)],
      ],
    },
    {
      title: 'Errors and truncation',
      rows: [
        [tiles.errorsByType(context, 12), tiles.truncationByModel(context, 12)],
        [
          tiles.retryRatio(context, { title: 'Retries by feature', by: FEATURE, width: 12 }),
          tiles.rateLimitsByModel(context, 12),
        ],
      ],
    },
    {
      title: 'Tokens and data quality',
      rows: [
        [
          tiles.tokensTile(context, 'input'),
          tiles.tokensTile(context, 'output'),
          tiles.costPer1000(context),
          tiles.retriesTile(context),
          tiles.unpricedCalls(context),
          tiles.usageMissing(context),
        ],
        [tiles.tokensChart(context, 12), tiles.cachedInput(context, 12)],
      ],
    },
  ],
};

function money(context: Context): Section {
  const { queries, naming, limit } = context;
  return {
    title: 'Cost and calls',
    rows: [
      [
        tiles.costPerHour(context, {
          title: 'Cost per hour by feature',
          by: FEATURE,
          width: 14,
          links: featureLinks(naming, '${__field.labels.llm_feature}'),
        }),
        table({
          title: 'Features',
          description:
            'Totals of the selected range, most expensive first. Click a feature to open its dashboard.',
          width: 10,
          none: tiles.NO_CALLS,
          labels: [{ label: FEATURE, name: 'Feature', links: featureLinks(naming, '${__value.raw}') }],
          columns: [
            {
              name: 'Cost',
              expr: queries.counted({ metric: 'llm.cost', by: [FEATURE] }),
              unit: 'currencyUSD',
              decimals: 3,
              none: tiles.UNPRICED,
            },
            {
              name: 'Share',
              expr: queries.share({ metric: 'llm.cost', by: [FEATURE] }),
              unit: 'percentunit',
              decimals: 0,
            },
            {
              name: 'Calls',
              expr: queries.counted({ metric: 'llm.calls', by: [FEATURE] }),
              unit: 'short',
              decimals: 0,
            },
            {
              name: 'Failed',
              expr: queries.ratioShown({ metric: 'llm.errors' }, { metric: 'llm.calls', by: [FEATURE] }),
              unit: 'percentunit',
              decimals: 1,
              limit: limit('error_ratio'),
            },
          ],
          sortedBy: 'Cost',
        }),
      ],
      [
        bars({
          title: 'Calls by feature',
          description: 'Completed calls per minute, failed calls included.',
          width: 24,
          unit: 'suffix:/min',
          none: tiles.NO_CALLS,
          legend: 'mean',
          links: featureLinks(naming, '${__field.labels.llm_feature}'),
          series: [
            {
              expr: queries.rate('minute', { metric: 'llm.calls', by: [FEATURE] }),
              legend: `{{${FEATURE}}}`,
            },
          ],
        }),
      ],
    ],
  };
}

function durations({ queries, naming, limit }: Context) {
  const by = [FEATURE, OPERATION];
  const quantile = (name: string, metric: string, quantile: number, limit: number | null = null) => ({
    name,
    expr: queries.quantile(quantile, metric, by),
    unit: 's',
    decimals: 2,
    limit,
  });
  return table({
    title: 'Durations by operation',
    description:
      'Quantiles of the selected range, slowest operation first. First token applies to streams only; – without streams.',
    width: 24,
    none: tiles.NO_CALLS,
    labels: [
      { label: FEATURE, name: 'Feature', links: featureLinks(naming, '${__value.raw}') },
      { label: OPERATION, name: 'Operation' },
    ],
    columns: [
      { name: 'Calls', expr: queries.counted({ metric: 'llm.calls', by }), unit: 'short', decimals: 0 },
      quantile('P50', 'llm.call.duration', 0.5),
      quantile('P95', 'llm.call.duration', 0.95),
      quantile('P99', 'llm.call.duration', 0.99, limit('high_latency')),
      quantile('First token, P50', 'llm.time_to_first_token', 0.5),
      quantile('First token, P99', 'llm.time_to_first_token', 0.99),
    ],
    sortedBy: 'P99',
  });
}
