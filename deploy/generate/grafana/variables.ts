import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  CustomVariableBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
  VariableSort,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { duration } from '../rules/promql.js';
import { FEATURE, MODEL, OPERATION, type Figures } from './figures.js';
import { DATASOURCE } from './panels.js';

/** What stands above a dashboard, from left to right: each offers what is left by those before it. */
export function variables(
  figures: Figures,
  { intervalMs, feature }: { readonly intervalMs: number; readonly feature: 'one' | 'many' },
): Array<Builder<VariableModel>> {
  const ofFeatures = query('feature', 'Feature', figures.labelValues(FEATURE, figures.chosen(['job'])));
  return [
    new DatasourceVariableBuilder('datasource')
      .label('Data source')
      .description('A Prometheus, or what speaks its language.')
      .type('prometheus'),
    all(query('job', 'Service', figures.labelValues('job', []))),
    feature === 'one' ? ofFeatures.multi(false).includeAll(true).allValue('.*') : all(ofFeatures),
    all(query('operation', 'Operation', figures.labelValues(OPERATION, figures.chosen(['job', 'feature'])))),
    all(query('model', 'Model', figures.labelValues(MODEL, figures.chosen(['job', 'feature', 'operation'])))),
    resolution(intervalMs),
    page(),
  ];
}

function query(name: string, label: string, expression: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .definition(expression)
    .query({ qryType: LABEL_VALUES, query: expression, refId: 'PrometheusVariableQueryEditor-VariableQuery' })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
}

/** In Grafana's `PrometheusVariableQueryType`. */
const LABEL_VALUES = 1;

/** A series that has no such label is one of all. */
function all(variable: QueryVariableBuilder): QueryVariableBuilder {
  return variable
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ selected: true, text: ['All'], value: ['$__all'] });
}

/**
 * The least step of the charts. Grafana takes it for the interval between samples, and `$__rate_interval` is at least
 * four of it: metrics that come by OTLP once a minute need no less than that.
 */
function resolution(intervalMs: number): CustomVariableBuilder {
  const current = duration(intervalMs);
  const usual = ['15s', '30s', '1m', '5m', '15m', '1h'];
  const values = usual.includes(current) ? usual : [current, ...usual];
  return new CustomVariableBuilder('resolution')
    .label('Rate interval is 4 ×')
    .description(
      'How often there is a sample, or more: charts show what there was in at least four times that.',
    )
    .values(values.join(', '))
    .options(values.map((value) => ({ selected: value === current, text: value, value })))
    .current({ selected: true, text: current, value: current });
}

function page(): TextBoxVariableBuilder {
  const address = 'http://localhost:3000/llm';
  return new TextBoxVariableBuilder('llm_page')
    .label("Service's own page")
    .description('Where links to single calls lead: the address of the dashboard inside your service.')
    .defaultValue(address)
    .current({ selected: true, text: address, value: address })
    .options([{ selected: true, text: address, value: address }]);
}
