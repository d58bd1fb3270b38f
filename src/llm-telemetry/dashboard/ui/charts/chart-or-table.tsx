import { useState } from 'preact/hooks';
import type { ComponentProps } from 'preact';
import { Legend } from './legend.js';
import { SeriesTable } from './series-table.js';
import { TimeChart } from './time-chart.js';

type ChartProps = ComponentProps<typeof TimeChart>;

export function ChartOrTable({ table, ...chart }: ChartProps & { table: boolean }) {
  return table ? <SeriesTable {...chart} /> : <TimeChart {...chart} />;
}

/** The same with a legend, for panels that have nothing else beside the chart. */
export function ChartWithLegend(props: ChartProps & { table: boolean }) {
  return (
    <>
      <ChartOrTable {...props} />
      {!props.table && <Legend series={props.series} />}
    </>
  );
}

/** A button that shows the other of the two. */
export function TableButton({ of, table, onToggle }: { of: string; table: boolean; onToggle: () => void }) {
  return (
    <button class="link" type="button" onClick={onToggle}>
      {table ? 'Chart' : 'Table'}
      <span class="sr"> of {of}</span>
    </button>
  );
}

export function useTable(of: string) {
  const [table, setTable] = useState(false);
  return { table, button: <TableButton of={of} table={table} onToggle={() => setTable(!table)} /> };
}
