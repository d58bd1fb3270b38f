import { useLayoutEffect, useRef } from 'preact/hooks';
import { isRunning, spanText } from './buckets.js';
import type { Picture } from './plot.js';
import { totalAt, type Buckets } from './series.js';
import { Swatch } from './swatch.js';

interface Row {
  readonly mark: number | 'before' | 'none';
  readonly name: string;
  readonly value: string;
  readonly quiet?: boolean;
}

/** Returns the values of a bucket in the order of the stack, with one precision. */
export function tooltipRows(
  { series, kind, figure, before }: Picture,
  index: number,
  beforeLabel: string,
): Row[] {
  const total = kind === 'stack' ? totalAt(series, index) : null;
  const earlier = before?.[index] ?? null;
  const values = series.map((one) => one.values[index] ?? null);
  const text = figure.texts([...values, total, earlier].filter((value) => value !== null));
  const written = (value: number | null): string => (value === null ? 'no data' : text(value));
  const rows: Row[] = series.map(({ name, color }, at) => ({
    mark: color,
    name,
    value: written(values[at] ?? null),
  }));
  if (kind === 'stack' && series.length > 1)
    rows.push({ mark: 'none', name: 'Total', value: written(total) });
  if (before) rows.push({ mark: 'before', name: beforeLabel, value: written(earlier), quiet: true });
  return rows;
}

/** Returns the tooltip as text for screen readers. */
export function tooltipText(buckets: Buckets, index: number, rows: readonly Row[]): string {
  const values = rows.map(({ name, value }) => `${name} ${value}`).join(', ');
  return `${spanText(buckets, index)}${isRunning(buckets, index) ? ', so far' : ''}: ${values}`;
}

export function Tooltip({
  buckets,
  index,
  rows,
  left,
}: {
  buckets: Buckets;
  index: number;
  rows: readonly Row[];
  left: number;
}) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = box.current!;
    const room = element.parentElement!.clientWidth;
    const flips = left + element.offsetWidth + 20 > room;
    const x = Math.max(0, flips ? left - element.offsetWidth - 14 : left + 14);
    element.style.transform = `translate(${x}px, 12px)`;
  });
  return (
    <div ref={box} class="tooltip" aria-hidden="true">
      <div class="tooltip-head">
        <span>{spanText(buckets, index)}</span>
        {isRunning(buckets, index) && <span>so far</span>}
      </div>
      {rows.map(({ mark, name, value, quiet }) => (
        <div key={name} class={`tooltip-row${mark === 'none' ? ' total' : ''}${quiet ? ' muted' : ''}`}>
          {mark === 'none' ? <i /> : mark === 'before' ? <i class="dash" /> : <Swatch color={mark} />}
          <span class="cut">{name}</span>
          <span class="num">{value}</span>
        </div>
      ))}
    </div>
  );
}
