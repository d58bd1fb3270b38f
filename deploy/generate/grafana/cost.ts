import { costColumns } from './cost-columns.js';
import { featureLinks, type Context, type DashboardDefinition } from './dashboard.js';
import { change, FEATURE, MODEL, OPERATION, TOKEN_TYPE } from './figures.js';
import { bars, stat, table, type Column, type Tile } from './panels.js';
import * as tiles from './shared-tiles.js';

/** For whoever answers for the bill: what will it be, who has made it grow, and what is not in it? */
export const COST: DashboardDefinition = {
  name: 'cost',
  title: 'cost',
  description:
    'What model calls cost: this month, by feature and model, for 1,000 calls, and what is not in the sums. For nestjs-llm-telemetry.',
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
      title: 'When it was spent',
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
      title: 'What it was spent on',
      rows: [
        [features(context)],
        [
          table({
            title: 'Models',
            description: `All that is shown, the dearest model first. ${UNPRICED_NOTE}`,
            width: 12,
            none: tiles.NO_CALLS,
            labels: [{ label: MODEL, name: 'Model' }],
            columns: costAndUnpriced(context, [MODEL]),
            sortedBy: 'Cost',
          }),
          table({
            title: 'Operations',
            description: `All that is shown, the dearest operation first. ${UNPRICED_NOTE}`,
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
      title: 'Tokens, and what is not known',
      rows: [
        [tokensByModel(context, 'input'), tokensByModel(context, 'output'), tiles.cachedInput(context, 8)],
        [
          unknown(
            context,
            'Unpriced calls by model',
            'llm.unpriced',
            'Every model that is named here needs a price.',
          ),
          unknown(
            context,
            'Usage missing by model',
            'llm.usage_missing',
            'Calls an hour that were answered without a word on their tokens.',
          ),
        ],
      ],
    },
  ],
};

const UNPRICED_NOTE = 'Unpriced calls are in no cost: theirs is unknown.';

function month({ figures }: Context, which: 'so far' | 'projected'): Tile {
  const cost = figures.counted({ metric: 'llm.cost' });
  const kept =
    'Prometheus keeps 15 days unless it is told otherwise (--storage.tsdb.retention.time): with less than a month this is too low, from then on.';
  return stat({
    title: `This month, ${which}`,
    description:
      which === 'so far'
        ? `USD since the month began, whatever range is chosen above. ${kept}`
        : `USD that the whole month will have cost, at the mean pace of the month so far; in its first days that says little. ${kept}`,
    width: 4,
    unit: 'currencyUSD',
    none: tiles.UNPRICED,
    expr: which === 'so far' ? cost : `${cost} / $__range_s * 86400 * days_in_month()`,
    timeFrom: 'now/M',
  });
}

function costPerDay({ figures, naming }: Context): Tile {
  return bars({
    title: 'Cost per day by feature, for 30 days',
    description:
      'USD in the 24 hours up to each point, whatever range is chosen above. Days begin at midnight UTC. It goes back as far as Prometheus does.',
    width: 24,
    unit: 'currencyUSD',
    none: 'No call with a known price',
    legend: 'sum',
    every: '1d',
    timeFrom: 'now-30d',
    links: featureLinks(naming, '${__field.labels.llm_feature}'),
    series: [
      {
        expr: figures.counted({ metric: 'llm.cost', by: [FEATURE], over: '1d' }),
        legend: `{{${FEATURE}}}`,
      },
    ],
  });
}

function features(context: Context): Tile {
  const { figures, naming } = context;
  const by = [FEATURE];
  return table({
    title: 'Features',
    description: `All that is shown, the dearest feature first, and by how much it has grown since the period before. ${UNPRICED_NOTE}`,
    width: 24,
    none: tiles.NO_CALLS,
    labels: [{ label: FEATURE, name: 'Feature', links: featureLinks(naming, '${__value.raw}') }],
    columns: [
      ...costAndUnpriced(context, by),
      {
        name: 'Change to the period before',
        expr: change(figures.counted({ metric: 'llm.cost', by })),
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
      expr: context.figures.countedOfCalls({ metric: 'llm.unpriced', by }),
      unit: 'short',
      decimals: 0,
      limit: 0.5,
    },
  ];
}

function tokensPerCall({ figures }: Context, type: 'input' | 'output', by: readonly string[]): Column {
  const tokens = figures.counted({ metric: 'llm.tokens', by, where: [`${TOKEN_TYPE}="${type}"`] });
  return {
    name: type === 'input' ? 'Tokens in per call' : 'Tokens out per call',
    expr: `${tokens} / (${figures.counted({ metric: 'llm.calls', by })} > 0)`,
    unit: 'short',
    decimals: 0,
  };
}

function tokensByModel({ figures }: Context, type: 'input' | 'output'): Tile {
  return bars({
    title: type === 'input' ? 'Tokens in by model' : 'Tokens out by model',
    description:
      type === 'input'
        ? 'Tokens a minute, what came from caches included.'
        : 'Tokens a minute, what models have reasoned included.',
    width: 8,
    unit: 'suffix:/min',
    none: 'No usage',
    legend: 'mean',
    series: [
      {
        expr: figures.rate('minute', {
          metric: 'llm.tokens',
          by: [MODEL],
          where: [`${TOKEN_TYPE}="${type}"`],
        }),
        legend: `{{${MODEL}}}`,
      },
    ],
  });
}

function unknown({ figures }: Context, title: string, metric: string, description: string): Tile {
  return bars({
    title,
    description: `${description} A missing price or usage is not 0: such calls are in no sum of cost.`,
    width: 12,
    unit: 'suffix:/h',
    none: 'None',
    legend: 'max',
    series: [{ expr: figures.rate('hour', { metric, by: [MODEL] }), legend: `{{${MODEL}}}` }],
  });
}
