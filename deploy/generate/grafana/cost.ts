import { costColumns } from './cost-columns.js';
import { featureLinks, type Context, type DashboardDefinition } from './dashboard.js';
import { FEATURE, MODEL, OPERATION, TOKEN_TYPE } from '../metric-labels.js';
import { change } from './queries.js';
import { bars, stat, table, type Column, type Tile } from './panels.js';
import * as tiles from './shared-tiles.js';

/** Dashboard for people responsible for the bill: forecast, growth and unknown costs. */
export const COST: DashboardDefinition = {
  name: 'cost',
  title: 'cost',
  description:
    'Cost of model calls: this month, by feature and model, per 1,000 calls, and calls with unknown cost. For nestjs-llm-telemetry.',
  feature: 'many',
  from: 'now-7d',
  sections: (context) => [
    {
      rows: [
        [
          tiles.spend(context),
          tiles.costPer1000(context),
          month(context, 'so far'),
          month(context, 'projected'),
          tiles.unpricedCalls(context),
          tiles.usageMissing(context),
        ],
        [tiles.lowerBoundNote({ width: 24, height: 4 })],
      ],
    },
    {
      title: 'Cost over time',
      rows: [
        [
          tiles.costPerHour(context, {
            title: 'Cost per hour by feature',
            by: FEATURE,
            width: 12,
            links: featureLinks(context.naming, '${__field.labels.llm_feature}'),
          }),
          tiles.costPerHour(context, { title: 'Cost per hour by model', by: MODEL, width: 12 }),
        ],
        [costPerDay(context)],
      ],
    },
    {
      title: 'Cost by feature, model and operation',
      rows: [
        [features(context)],
        [
          table({
            title: 'Models',
            description: `Totals of the selected range, most expensive first. ${UNPRICED_NOTE}`,
            width: 12,
            none: tiles.NO_CALLS,
            labels: [{ label: MODEL, name: 'Model' }],
            columns: costAndUnpriced(context, [MODEL]),
            sortedBy: 'Cost',
          }),
          table({
            title: 'Operations',
            description: `Totals of the selected range, most expensive first. ${UNPRICED_NOTE}`,
            width: 12,
            none: tiles.NO_CALLS,
            labels: [
              { label: FEATURE, name: 'Feature', links: featureLinks(context.naming, '${__value.raw}') },
              { label: OPERATION, name: 'Operation' },
            ],
            columns: costAndUnpriced(context, [FEATURE, OPERATION]),
            sortedBy: 'Cost',
          }),
        ],
      ],
    },
    {
      title: 'Tokens and data quality',
      rows: [
        [tokensByModel(context, 'input'), tokensByModel(context, 'output'), tiles.cachedInput(context, 8)],
        [
          unknown(context, 'Unpriced calls by model', 'llm.unpriced', 'Each of these models needs a price.'),
          unknown(
            context,
            'Usage missing by model',
            'llm.usage_missing',
            'Answered calls per hour without token counts.',
          ),
        ],
      ],
    },
  ],
};

const UNPRICED_NOTE = 'Costs exclude unpriced calls, whose cost is unknown.';

function month({ queries }: Context, which: 'so far' | 'projected'): Tile {
  const cost = queries.counted({ metric: 'llm.cost' });
  const kept =
    'Prometheus keeps 15 days by default (--storage.tsdb.retention.time). With less than a month, this value is too low.';
  return stat({
    title: `This month, ${which}`,
    description:
      which === 'so far'
        ? `USD since the start of the month, independent of the selected range. ${kept}`
        : `Projected USD of the whole month, from the mean of the month so far; unreliable in its first days. ${kept}`,
    width: 4,
    unit: 'currencyUSD',
    none: tiles.UNPRICED,
    expr: which === 'so far' ? cost : `${cost} / $__range_s * 86400 * days_in_month()`,
    timeFrom: 'now/M',
  });
}

function costPerDay({ queries, naming }: Context): Tile {
  return bars({
    title: 'Cost per day by feature, for 30 days',
    description:
      'USD in the 24 hours before each point, independent of the selected range. Days start at midnight UTC. Limited by the retention of Prometheus.',
    width: 24,
    unit: 'currencyUSD',
    none: 'No priced calls',
    legend: 'sum',
    every: '1d',
    timeFrom: 'now-30d',
    links: featureLinks(naming, '${__field.labels.llm_feature}'),
    series: [
      {
        expr: queries.counted({ metric: 'llm.cost', by: [FEATURE], over: '1d' }),
        legend: `{{${FEATURE}}}`,
      },
    ],
  });
}

function features(context: Context): Tile {
  const { queries, naming } = context;
  const by = [FEATURE];
  return table({
    title: 'Features',
    description: `Totals of the selected range, most expensive first, with the change to the previous period. ${UNPRICED_NOTE}`,
    width: 24,
    none: tiles.NO_CALLS,
    labels: [{ label: FEATURE, name: 'Feature', links: featureLinks(naming, '${__value.raw}') }],
    columns: [
      ...costAndUnpriced(context, by),
      {
        name: 'Change to previous period',
        expr: change(queries.counted({ metric: 'llm.cost', by })),
        unit: 'percentunit',
        decimals: 0,
      },
      tokensPerCall(context, 'input', by),
      tokensPerCall(context, 'output', by),
    ],
    sortedBy: 'Cost',
  });
}

function costAndUnpriced(context: Context, by: readonly string[]): readonly Column[] {
  return [
    ...costColumns(context, by),
    {
      name: 'Unpriced calls',
      expr: context.queries.countedOfCalls({ metric: 'llm.unpriced', by }),
      unit: 'short',
      decimals: 0,
      limit: 0.5,
    },
  ];
}

function tokensPerCall({ queries }: Context, type: 'input' | 'output', by: readonly string[]): Column {
  const tokens = queries.counted({ metric: 'llm.tokens', by, where: [`${TOKEN_TYPE}="${type}"`] });
  return {
    name: type === 'input' ? 'Tokens in per call' : 'Tokens out per call',
    expr: `${tokens} / (${queries.counted({ metric: 'llm.calls', by })} > 0)`,
    unit: 'short',
    decimals: 0,
  };
}

function tokensByModel({ queries }: Context, type: 'input' | 'output'): Tile {
  return bars({
    title: type === 'input' ? 'Tokens in by model' : 'Tokens out by model',
    description:
      type === 'input'
        ? 'Tokens per minute, cached input included.'
        : 'Tokens per minute, reasoning included.',
    width: 8,
    unit: 'suffix:/min',
    none: 'No usage',
    legend: 'mean',
    series: [
      {
        expr: queries.rate('minute', {
          metric: 'llm.tokens',
          by: [MODEL],
          where: [`${TOKEN_TYPE}="${type}"`],
        }),
        legend: `{{${MODEL}}}`,
      },
    ],
  });
}

function unknown({ queries }: Context, title: string, metric: string, description: string): Tile {
  return bars({
    title,
    description: `${description} A missing price or usage is not 0: sums of cost exclude these calls.`,
    width: 12,
    unit: 'suffix:/h',
    none: 'None',
    legend: 'max',
    series: [{ expr: queries.rate('hour', { metric, by: [MODEL] }), legend: `{{${MODEL}}}` }],
  });
}
