import type { ChartSeries } from './series.js';
import { Swatch } from './swatch.js';

export function Legend({ series }: { series: readonly ChartSeries[] }) {
  return (
    <ul class="legend">
      {series.map(({ name, colour }) => (
        <li key={name}>
          <Swatch colour={colour} />
          {name}
        </li>
      ))}
    </ul>
  );
}
