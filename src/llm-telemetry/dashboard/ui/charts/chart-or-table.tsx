import type { ComponentProps } from 'preact';
import { lazy } from '../components/lazy.js';
import { useNavigation } from '../state/navigation.js';
import type { ChartName } from '../state/page-state.js';
import { TimeChart } from './time-chart.js';
import type { ChartSeries } from './series.js';
import { Swatch } from '../components/icons.js';

const SeriesTable = lazy(() => import('./series-table.js').then((module) => module.SeriesTable));

type ChartProps = ComponentProps<typeof TimeChart>;

export function ChartOrTable({ table, ...chart }: ChartProps & { table: boolean }) {
  return table ? <SeriesTable {...chart} /> : <TimeChart {...chart} />;
}

/** `ChartOrTable` with a legend. */
export function ChartWithLegend(props: ChartProps & { table: boolean }) {
  return (
    <>
      <ChartOrTable {...props} />
      {!props.table && <Legend series={props.series} />}
    </>
  );
}

/** Returns whether the URL selects the table of a chart, and the button that toggles it. */
export function useTable(chart: ChartName, of: string) {
  const { state, go } = useNavigation();
  const table = state.tables.includes(chart);
  const toggle = (): void => {
    const others = state.tables.filter((name) => name !== chart);
    go({ tables: table ? others : [...others, chart] }, 'replace');
  };
  const button = (
    <button class="link" type="button" onClick={toggle}>
      {table ? 'Chart' : 'Table'}
      <span class="sr"> of {of}</span>
    </button>
  );
  return { table, button };
}

export function Legend({ series }: { series: readonly ChartSeries[] }) {
  return (
    <ul class="legend">
      {series.map(({ name, color }) => (
        <li key={name}>
          <Swatch color={color} />
          {name}
        </li>
      ))}
    </ul>
  );
}
