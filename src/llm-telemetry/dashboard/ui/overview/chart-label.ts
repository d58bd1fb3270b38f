import type { Timeline } from '../../api/index.js';
import { totalAt, type ChartSeries } from '../charts/series.js';
import { rangeText } from '../formats/formats.js';
import { spanText } from '../charts/buckets.js';
import type { Kpi } from './kpis.js';

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
    of(highest) > 0 ? ` At most ${kpi.figure.text(of(highest))}, ${spanText(timeline, highest)}.` : '';
  return `${title}, ${rangeText(timeline.range)}, by ${names}.${peak}`;
}
