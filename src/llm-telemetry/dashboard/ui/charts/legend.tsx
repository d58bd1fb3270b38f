import type { ChartSeries } from './series.js';
import { Swatch } from './swatch.js';

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
