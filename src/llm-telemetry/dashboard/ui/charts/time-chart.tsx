import type uPlot from 'uplot';
import { useEffect, useRef, useState, useLayoutEffect } from 'preact/hooks';
import { useNavigation } from '../state/navigation.js';
import { useTheme } from '../state/theme.js';
import { rangeOfBuckets, selectionText, isRunning, spanText, totalAt, type Buckets } from './series.js';
import { createPlot, dataOf, selectBuckets, type Picture } from './plot.js';
import { releasesAt, releasesText, releaseText } from './releases.js';
import { Swatch } from '../components/icons.js';

/**
 * Chart of values over time. Arrow keys move the cursor; dragging zooms in. `label`: summary for screen readers. Offer a
 * table of the same values beside it.
 */
export function TimeChart({
  label,
  height,
  beforeLabel,
  ...picture
}: Picture & { label: string; height: number; beforeLabel: string }) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(picture);
  latest.current = picture;
  const theme = useTheme();
  const { go } = useNavigation();
  const [cursor, setCursor] = useState<{ index: number; left: number } | null>(null);
  const [active, setActive] = useState(false);
  // Both as start of a bucket, because the index of a bucket changes when time moves on.
  /** Bucket that the arrow keys moved to. */
  const keyed = useRef<number | null>(null);
  /** Start of a selection with Shift and the arrow keys. */
  const [anchor, setAnchor] = useState<number | null>(null);

  useEffect(() => {
    const element = host.current!;
    const created = createPlot(element, height, () => latest.current, {
      cursor: (index, left) => setCursor(index === null ? null : { index, left }),
      zoom: (zoom) => go({ zoom }),
    });
    plot.current = created;
    const resized = new ResizeObserver(() => {
      const { clientWidth } = element;
      if (clientWidth > 0 && clientWidth !== created.width) created.setSize({ width: clientWidth, height });
    });
    resized.observe(element);
    return () => {
      resized.disconnect();
      created.destroy();
    };
  }, [height, go]);

  const { buckets, series, kind, format, before, limit, firings, releases, focused } = picture;
  const moveCursor = (index: number): void => {
    const middle = buckets.at[index]! + buckets.bucketMs / 2;
    plot.current?.setCursor({ left: plot.current.valToPos(middle, 'x'), top: 10 });
  };
  useEffect(() => {
    const created = plot.current;
    // In a batch, so that positions belong to the new data at once.
    created?.batch(() => created.setData(dataOf(buckets)));
    const index = indexOf(buckets, keyed.current);
    if (index !== null) moveCursor(index);
    if (anchor !== null) select(index === null ? null : anchor, index ?? 0);
  }, [buckets, series, kind, format, before, limit, firings, releases]);
  useEffect(() => {
    plot.current?.redraw(true, true);
  }, [theme, focused]);

  /** Selects from the bucket that starts at `start` to the one with the index `to`; `null` clears the selection. */
  const select = (start: number | null, to: number): void => {
    const from = indexOf(buckets, start);
    setAnchor(from === null ? null : start);
    if (plot.current) selectBuckets(plot.current, buckets, from, to);
  };
  const pressed = (event: KeyboardEvent): void => {
    const at = cursor?.index ?? null;
    const index = indexAfter(event.key, at, buckets.at.length);
    if (index !== null) {
      keyed.current = buckets.at[index]!;
      select(event.shiftKey ? (anchor ?? buckets.at[at ?? index]!) : null, index);
      moveCursor(index);
    } else if (anchor !== null && at !== null && (event.key === 'Enter' || event.key === 'Escape')) {
      select(null, at);
      if (event.key === 'Enter' && anchorIndex !== null)
        go({ zoom: rangeOfBuckets(buckets, anchorIndex, at) });
    } else return;
    event.preventDefault();
  };
  const leave = (): void => {
    keyed.current = null;
    setActive(false);
    if (anchor !== null) select(null, 0);
    plot.current?.setCursor({ left: -10, top: -10 });
  };

  const anchorIndex = indexOf(buckets, anchor);
  const shown = active && cursor && cursor.index < buckets.at.length ? cursor : null;
  const rows = shown && tooltipRows(picture, shown.index, beforeLabel);
  const released = releasesAt(releases, buckets.at[shown?.index ?? -1]).map(
    (release) => `Release ${releaseText(release)}`,
  );
  return (
    <figure
      class="chart"
      onPointerEnter={() => setActive(true)}
      // The keyboard has the cursor until the focus leaves.
      onPointerLeave={() => keyed.current === null && leave()}
    >
      <div
        ref={host}
        class="plot"
        role="img"
        aria-label={`${label}${releasesText(releases)} Arrow keys read the values; with Shift they select, and Enter zooms in.`}
        tabIndex={0}
        style={{ height: `${height}px` }}
        onKeyDown={pressed}
        onFocus={() => setActive(true)}
        onBlur={leave}
      />
      {shown && rows && (
        <Tooltip buckets={buckets} index={shown.index} rows={rows} released={released} left={shown.left} />
      )}
      <p class="sr" aria-live="polite">
        {shown && rows && [tooltipText(buckets, shown.index, rows), ...released].join('. ')}
        {shown &&
          anchorIndex !== null &&
          `. Selected: ${selectionText(buckets, anchorIndex, shown.index)}. Enter zooms in.`}
      </p>
    </figure>
  );
}

/** Returns the index of the bucket that starts at a time; `null` if no bucket does. */
function indexOf({ at }: Buckets, start: number | null): number | null {
  const index = start === null ? -1 : at.indexOf(start);
  return index < 0 ? null : index;
}

function indexAfter(key: string, index: number | null, length: number): number | null {
  const last = length - 1;
  switch (key) {
    case 'ArrowLeft':
      return Math.max(0, (index ?? length) - 1);
    case 'ArrowRight':
      return Math.min(last, (index ?? last - 1) + 1);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return null;
  }
}

interface Row {
  readonly mark: number | 'before' | 'none';
  readonly name: string;
  readonly value: string;
  readonly quiet?: boolean;
}

/** Returns the values of a bucket in the order of the stack, with one precision. */
export function tooltipRows(
  { series, kind, format, before }: Picture,
  index: number,
  beforeLabel: string,
): Row[] {
  const total = kind === 'stack' ? totalAt(series, index) : null;
  const earlier = before?.[index] ?? null;
  const values = series.map((one) => one.values[index] ?? null);
  const text = format.texts([...values, total, earlier].filter((value) => value !== null));
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
  released,
  left,
}: {
  buckets: Buckets;
  index: number;
  rows: readonly Row[];
  /** Descriptions of the releases of the bucket. */
  released: readonly string[];
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
      {released.map((text) => (
        <div key={text} class="tooltip-release">
          {text}
        </div>
      ))}
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
