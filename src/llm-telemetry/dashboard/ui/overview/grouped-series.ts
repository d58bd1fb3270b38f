import type { Series, Timeline } from '../../api/index.js';
import type { ChartSeries } from '../charts/series.js';
import { nameIn, nameText } from '../formats/names.js';
import type { Grouping } from '../state/page-state.js';
import type { Colours } from './blame.js';
import type { Kpi } from './kpis.js';

type Figure = Pick<Kpi, 'at' | 'additive'>;

/**
 * The groups of a timeline as series, in the order of their colours: the most expensive first. Those without a colour of
 * their own are added up; rates and quantiles cannot be, and are left out.
 */
export function seriesOf(timeline: Timeline, by: Grouping, kpi: Figure, colours: Colours): ChartSeries[] {
  const all = timeline.groups.map(({ names, values }): ChartSeries & { rank: number } => {
    const name = nameIn(names, by);
    const ranks = [...colours.keys()];
    return {
      name: nameText(name, by),
      colour: colours.get(name) ?? 0,
      rank: ranks.indexOf(name),
      values: valuesOf(timeline, kpi, values),
    };
  });
  const coloured = all.filter(({ colour }) => colour !== 0).sort((a, b) => a.rank - b.rank);
  const plain = all.filter(({ colour }) => colour === 0);
  const others = timeline.others ? [{ values: valuesOf(timeline, kpi, timeline.others.values) }] : [];
  if (plain.length === 1 && others.length === 0) return [...coloured, ...plain];
  if (plain.length + others.length === 0 || !kpi.additive) return coloured;
  const rest = [...plain, ...others];
  const count = plain.length + (timeline.others?.groups ?? 0);
  const values = timeline.at.map((_, index) => {
    const known = rest.map(({ values }) => values[index] ?? null).filter((value) => value !== null);
    return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) : null;
  });
  return [...coloured, { name: `${count} others`, colour: 0, values }];
}

function valuesOf({ at }: Timeline, { at: valueAt }: Figure, series: Series): Array<number | null> {
  return at.map((_, index) => valueAt(series, index));
}
