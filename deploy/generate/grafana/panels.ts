import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphDrawStyle,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TableSortByFieldStateBuilder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
  GraphThresholdsStyleConfigBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  FieldColorBuilder,
  FieldColorModeId,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type DashboardLink,
  type Panel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import {
  DataqueryBuilder,
  PromQueryFormat,
  QueryEditorMode,
} from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TextBuilder, TextMode } from '@grafana/grafana-foundation-sdk/text';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { FEATURE, MODEL, OPERATION } from '../metric-labels.js';
import { COLORS } from './palette.js';

/** Data source selected above the dashboard. */
export const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

/** A panel without a position. */
export interface Tile {
  /** Width in columns, of 24. */
  readonly width: number;
  /** Height in Grafana's units of 30 pixels. */
  readonly height: number;
  readonly panel: Panel;
}

interface About {
  readonly title: string;
  readonly description: string;
  readonly width: number;
  readonly unit: string;
  readonly decimals?: number;
  /** Text to display without data. */
  readonly none: string;
}

export interface Link {
  readonly title: string;
  readonly url: string;
}

interface StatOptions extends About {
  /** Value over the selected range. */
  readonly expr: string;
  /** Relative change to the previous period. */
  readonly change?: string;
  /** Absolute change to the previous period, for ratios and small numbers. */
  readonly difference?: string;
  /** Limit above which the value is colored. */
  readonly limit?: number | null;
  /**
   * Color above the limit.
   * @defaultValue 'bad'
   */
  readonly beyond?: 'warn' | 'bad';
  /** Overrides the selected range, such as `now/M`. */
  readonly timeFrom?: string;
}

/** Creates a panel with one value over the selected range and its change to the previous period. */
export function stat(options: StatOptions): Tile {
  const { expr, change, difference, limit = null, beyond = 'bad', timeFrom, none } = options;
  const compared = change ?? difference;
  const builder = new StatBuilder()
    .graphMode(BigValueGraphMode.None)
    .colorMode(limit === null ? BigValueColorMode.None : BigValueColorMode.Value)
    .textMode(compared === undefined ? BigValueTextMode.Value : BigValueTextMode.ValueAndName)
    .wideLayout(false)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .thresholds(thresholdsOf(limit, COLORS[beyond]))
    .noValue(none)
    .targets([
      instant('A', expr, 'now'),
      ...(compared === undefined ? [] : [instant('B', compared, 'vs. previous period')]),
    ]);
  if (compared !== undefined)
    builder.overrideByQuery('B', [
      ...(change === undefined
        ? []
        : [
            { id: 'unit', value: 'percentunit' },
            { id: 'decimals', value: 0 },
          ]),
      { id: 'noValue', value: '–' },
      { id: 'color', value: { mode: 'fixed', fixedColor: COLORS.neutral } },
      { id: 'thresholds', value: thresholdsOf(null, COLORS.neutral).build() },
    ]);
  if (timeFrom !== undefined) builder.timeFrom(timeFrom).hideTimeOverride(false);
  return tile(options, 4, about(builder, options));
}

interface ChartOptions extends About {
  readonly series: readonly Series[];
  /** Colors by series name. */
  readonly colors?: Readonly<Record<string, string>>;
  /** Limit, drawn as a dashed line. */
  readonly limit?: number | null;
  readonly max?: number;
  readonly links?: readonly Link[];
  /**
   * Statistic in the legend.
   * @defaultValue 'lastNotNull'
   */
  readonly legend?: 'lastNotNull' | 'mean' | 'max' | 'sum';
  /** Minimum step. */
  readonly every?: string;
  readonly timeFrom?: string;
}

interface Series {
  readonly expr: string;
  readonly legend: string;
}

/** Creates a chart of stacked bars, for values that add up. */
export function bars(options: ChartOptions): Tile {
  const builder = chart(options)
    .drawStyle(GraphDrawStyle.Bars)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'))
    .fillOpacity(80)
    .lineWidth(0)
    .barWidthFactor(0.95);
  return tile(options, 9, about(builder, options));
}

/** Creates a line chart, for ratios and quantiles. Missing values are gaps. */
export function lines(options: ChartOptions): Tile {
  const builder = chart(options)
    .drawStyle(GraphDrawStyle.Line)
    .lineWidth(2)
    .fillOpacity(0)
    .spanNulls(false)
    .showPoints(VisibilityMode.Auto)
    .pointSize(4);
  return tile(options, 9, about(builder, options));
}

function chart(options: ChartOptions): TimeseriesBuilder {
  const {
    series,
    colors = {},
    limit = null,
    max,
    links = [],
    legend = 'lastNotNull',
    every,
    timeFrom,
    none,
  } = options;
  const builder = new TimeseriesBuilder()
    .targets(series.map(({ expr, legend }, index) => range(REF_IDS[index]!, expr, legend, every)))
    .min(0)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic))
    .noValue(none)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs([legend])
        .sortBy(LEGEND_COLUMNS[legend])
        .sortDesc(true),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .thresholds(thresholdsOf(limit, COLORS.bad))
    .thresholdsStyle(
      new GraphThresholdsStyleConfigBuilder().mode(
        limit === null ? GraphThresholdsStyleMode.Off : GraphThresholdsStyleMode.Dashed,
      ),
    )
    .dataLinks(links.map(linkOf));
  if (max !== undefined) builder.max(max);
  if (timeFrom !== undefined) builder.timeFrom(timeFrom).hideTimeOverride(false);
  for (const [name, color] of Object.entries(colors))
    builder.overrideByName(name, [{ id: 'color', value: { mode: 'fixed', fixedColor: color } }]);
  return builder;
}

const LEGEND_COLUMNS = { lastNotNull: 'Last *', mean: 'Mean', max: 'Max', sum: 'Total' };

export interface Column {
  readonly name: string;
  readonly expr: string;
  readonly unit: string;
  readonly decimals?: number;
  readonly none?: string;
  /** Limit above which the value is colored. */
  readonly limit?: number | null;
}

interface TableOptions extends Omit<About, 'unit'> {
  readonly height?: number;
  /** Labels that identify a row, with their column names. */
  readonly labels: ReadonlyArray<{ label: string; name: string; links?: readonly Link[] }>;
  readonly columns: readonly Column[];
  /** Column to sort by, in descending order. */
  readonly sortedBy: string;
}

/** Creates a table of values over the selected range. */
export function table(options: TableOptions): Tile {
  const { labels, columns, sortedBy, none, height = 9 } = options;
  const names: Record<string, string> = {};
  for (const { label, name } of labels) names[label] = name;
  for (const [index, { name }] of columns.entries()) names[valueField(index, columns)] = name;
  const builder = new TableBuilder()
    .targets(columns.map(({ expr }, index) => asTable(REF_IDS[index]!, expr)))
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        indexByName: Object.fromEntries(Object.keys(names).map((name, index) => [name, index])),
        renameByName: names,
      },
    })
    .sortBy([new TableSortByFieldStateBuilder().displayName(sortedBy).desc(true)])
    .noValue(none)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .thresholds(thresholdsOf(null, COLORS.bad));
  for (const { name, links = [] } of labels)
    if (links.length > 0)
      builder.overrideByName(name, [{ id: 'links', value: links.map((link) => linkOf(link).build()) }]);
  for (const { name, unit, decimals, none = '–', limit = null } of columns)
    builder.overrideByName(name, [
      { id: 'unit', value: unit },
      ...(decimals === undefined ? [] : [{ id: 'decimals', value: decimals }]),
      { id: 'noValue', value: none },
      { id: 'custom.align', value: 'right' },
      ...(limit === null
        ? []
        : [
            { id: 'thresholds', value: thresholdsOf(limit, COLORS.bad).build() },
            { id: 'custom.cellOptions', value: { type: 'color-text' } },
          ]),
    ]);
  return tile(options, height, about(builder, { ...options, unit: 'short' }));
}

/** Grafana names the value column of a table differently if there is only one. */
function valueField(index: number, columns: readonly Column[]): string {
  return columns.length === 1 ? 'Value' : `Value #${REF_IDS[index]!}`;
}

/** Creates a table of firing alerts with their start. Requires the rules in Prometheus. */
export function firing(
  options: Omit<About, 'unit' | 'none'> & { readonly height: number; readonly expr: string },
): Tile {
  const builder = new TableBuilder()
    .targets([asTable('A', options.expr)])
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true, __name__: true },
        indexByName: {
          severity: 0,
          alertname: 1,
          job: 2,
          [FEATURE]: 3,
          [OPERATION]: 4,
          [MODEL]: 5,
        },
        renameByName: {
          severity: 'Severity',
          alertname: 'Alert',
          job: 'Service',
          [FEATURE]: 'Feature',
          [OPERATION]: 'Operation',
          [MODEL]: 'Model',
          Value: 'Since',
        },
      },
    })
    .noValue('No firing alerts, or Prometheus has no rules (deploy/prometheus/rules).')
    .overrideByName('Since', [{ id: 'unit', value: 'dateTimeFromNow' }]);
  return tile(options, options.height, about(builder, { ...options, unit: 'short' }));
}

/** Creates a text panel. */
export function text(options: {
  readonly title: string;
  readonly description: string;
  readonly width: number;
  readonly height: number;
  readonly markdown: string;
}): Tile {
  const { title, description, width, height, markdown } = options;
  const builder = new TextBuilder()
    .title(title)
    .description(description)
    .mode(TextMode.Markdown)
    .content(markdown);
  return { width, height, panel: builder.build() };
}

/** Common methods of panel builders. */
interface Describable extends Builder<Panel> {
  title(title: string): this;
  description(description: string): this;
  unit(unit: string): this;
  decimals(decimals: number): this;
  datasource(datasource: typeof DATASOURCE): this;
}

function about<B extends Describable>(
  builder: B,
  { title, description, unit, decimals }: Omit<About, 'width' | 'none'>,
): B {
  builder.title(title).description(description).unit(unit).datasource(DATASOURCE);
  if (decimals !== undefined) builder.decimals(decimals);
  return builder;
}

function tile({ width }: { readonly width: number }, height: number, builder: Builder<Panel>): Tile {
  return { width, height, panel: builder.build() };
}

const REF_IDS = 'ABCDEFGHIJ';

/** Creates a range query. `every` is the minimum step, which determines `$__rate_interval`. */
function range(refId: string, expr: string, legend: string, every = '$resolution'): Builder<Dataquery> {
  return query(refId, expr).range().legendFormat(legend).interval(every);
}

function instant(refId: string, expr: string, legend: string): Builder<Dataquery> {
  return query(refId, expr).instant().legendFormat(legend);
}

function asTable(refId: string, expr: string): Builder<Dataquery> {
  return query(refId, expr).instant().format(PromQueryFormat.Table);
}

function query(refId: string, expr: string): DataqueryBuilder {
  return new DataqueryBuilder()
    .datasource(DATASOURCE)
    .editorMode(QueryEditorMode.Code)
    .refId(refId)
    .expr(expr);
}

function thresholdsOf(limit: number | null, color: string): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([{ value: null, color: COLORS.neutral }, ...(limit === null ? [] : [{ value: limit, color }])]);
}

/** Data links have only a title and a URL. */
function linkOf({ title, url }: Link): Builder<DashboardLink> {
  return { build: () => ({ title, url }) as DashboardLink };
}
