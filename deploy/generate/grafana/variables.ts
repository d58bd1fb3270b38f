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
import { duration } from '../promql.js';
import { FEATURE, MODEL, OPERATION } from '../metric-labels.js';
import type { Queries } from './queries.js';
import { DATASOURCE } from './panels.js';

/** Returns the variables above a dashboard, from left to right. Each lists the values that match those before it. */
export function variables(
  queries: Queries,
  { intervalMs, feature }: { readonly intervalMs: number; readonly feature: 'one' | 'many' },
): Array<Builder<VariableModel>> {
  const ofFeatures = query('feature', 'Feature', queries.labelValues(FEATURE, queries.chosen(['job'])));
  return [
    new DatasourceVariableBuilder('datasource')
      .label('Data source')
      .description('Prometheus or a compatible data source.')
      .type('prometheus'),
    all(query('job', 'Service', queries.labelValues('job', []))),
    feature === 'one' ? ofFeatures.multi(false).includeAll(true).allValue('.*') : all(ofFeatures),
    all(query('operation', 'Operation', queries.labelValues(OPERATION, queries.chosen(['job', 'feature'])))),
    all(query('model', 'Model', queries.labelValues(MODEL, queries.chosen(['job', 'feature', 'operation'])))),
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

/** "All" also matches series without the label. */
function all(variable: QueryVariableBuilder): QueryVariableBuilder {
  return variable
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ selected: true, text: ['All'], value: ['$__all'] });
}

/**
 * Minimum step of charts. Grafana uses it as the sample interval, and `$__rate_interval` is at least four times this
 * value. Metrics that arrive by OTLP once a minute need at least one minute.
 */
function resolution(intervalMs: number): CustomVariableBuilder {
  const current = duration(intervalMs);
  const usual = ['15s', '30s', '1m', '5m', '15m', '1h'];
  const values = usual.includes(current) ? usual : [current, ...usual];
  return new CustomVariableBuilder('resolution')
    .label('Rate interval is 4 ×')
    .description('Sample interval, or more. Each point of a chart covers at least four times this value.')
    .values(values.join(', '))
    .options(values.map((value) => ({ selected: value === current, text: value, value })))
    .current({ selected: true, text: current, value: current });
}

function page(): TextBoxVariableBuilder {
  const address = 'http://localhost:3000/llm';
  return new TextBoxVariableBuilder('llm_page')
    .label('Service dashboard')
    .description('Address of the dashboard inside your service, for links to single calls.')
    .defaultValue(address)
    .current({ selected: true, text: address, value: address })
    .options([{ selected: true, text: address, value: address }]);
}
