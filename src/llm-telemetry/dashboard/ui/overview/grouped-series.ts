import type { Series, Timeline } from '../../api/index.js';
import { totalAt, spanText, type ChartSeries } from '../charts/series.js';
import { nameIn, nameText } from '../formats/names.js';
import type { Grouping } from '../state/page-state.js';
import type { Colors } from './blame.js';
import type { Kpi } from './kpis.js';
import { rangeText } from '../formats/formats.js';

type PlottedKpi = Pick<Kpi, 'at' | 'additive'>;

/**
 * Returns the groups of a timeline as series, the most expensive first. Groups without a color are summed up as others;
 * for rates and quantiles, which cannot be summed, they are omitted.
 */
export function seriesOf(timeline: Timeline, by: Grouping, kpi: PlottedKpi, colors: Colors): ChartSeries[] {
  const all = timeline.groups.map(({ names, values }): ChartSeries & { rank: number } => {
    const name = nameIn(names, by);
    const ranks = [...colors.keys()];
    return {
      name: nameText(name, by),
      color: colors.get(name) ?? 0,
      rank: ranks.indexOf(name),
      values: valuesOf(timeline, kpi, values),
    };
  });
  const colored = all.filter(({ color }) => color !== 0).sort((a, b) => a.rank - b.rank);
  const plain = all.filter(({ color }) => color === 0);
  const others = timeline.others ? [{ values: valuesOf(timeline, kpi, timeline.others.values) }] : [];
  if (plain.length === 1 && others.length === 0) return [...colored, ...plain];
  if (plain.length + others.length === 0 || !kpi.additive) return colored;
  const rest = [...plain, ...others];
  const count = plain.length + (timeline.others?.groups ?? 0);
  const values = timeline.at.map((_, index) => {
    const known = rest.map(({ values }) => values[index] ?? null).filter((value) => value !== null);
    return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) : null;
  });
  return [...colored, { name: `${count} others`, color: 0, values }];
}

function valuesOf({ at }: Timeline, { at: valueAt }: PlottedKpi, series: Series): Array<number | null> {
  return at.map((_, index) => valueAt(series, index));
}

/** Summarizes a chart for screen readers. */
export function chartLabel(
  title: string,
  kpi: Kpi,
  timeline: Timeline,
  series: readonly ChartSeries[],
): string {
  const of = (index: number): number =>
    (kpi.additive ? totalAt(series, index) : kpi.at(timeline.total, index)) ?? 0;
  const indexes = [...timeline.at.keys()];
  const highest = indexes.reduce((best, index) => (of(index) > of(best) ? index : best), 0);
  const names = series.map(({ name }) => name).join(', ');
  const peak =
    of(highest) > 0 ? ` At most ${kpi.format.text(of(highest))}, ${spanText(timeline, highest)}.` : '';
  return `${title}, ${rangeText(timeline.range)}, by ${names}.${peak}`;
}
