import { Fragment } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import type { Breakdown } from '../../api/index.js';
import type { ApiResult } from '../api/use-api.js';
import { useKeptFocus } from '../components/hooks.js';
import { Swatch } from '../components/icons.js';
import { Failed } from '../components/panel.js';
import { percent } from '../formats/formats.js';
import { useNavigation } from '../state/navigation.js';
import type { Grouping } from '../state/page-state.js';
import { blameOf, type BlameRow, type Colors } from './blame.js';
import type { Kpi } from './kpis.js';

/** Groups by share of a measure, as a Pareto chart: each bar starts where the previous one ended. */
export function BlameList({
  kpi,
  breakdown,
  colors,
  onFocus,
}: {
  kpi: Kpi;
  breakdown: ApiResult<Breakdown>;
  colors: Colors;
  onFocus: (name: string | null) => void;
}) {
  const { state } = useNavigation();
  const list = useRef<HTMLUListElement>(null);
  useKeptFocus(list);
  const { data } = breakdown;
  const by = (data?.by[0] ?? state.by) as Grouping;
  const blame = useMemo(
    () => data && blameOf(data, by, kpi, colors, state.compare),
    [data, by, kpi, colors, state.compare],
  );
  if (!blame) return <div>{breakdown.error && <Failed result={breakdown} />}</div>;
  return (
    <div>
      <div class="panel-head">
        <h2>{blame.title}</h2>
      </div>
      <div class="blame-row blame-head" aria-hidden="true">
        <span>{by.charAt(0).toUpperCase() + by.slice(1)}</span>
        <span class="num">{kpi.label}</span>
        <span class="num">{blame.hasShares && 'Share'}</span>
        <span class="num blame-change">{blame.hasChanges && 'Change'}</span>
      </div>
      <ul ref={list} class="blame">
        {blame.rows.map((row, index) => (
          <Fragment key={row.label}>
            <li>
              <Row
                row={row}
                by={by}
                first={index === 0}
                hasShares={blame.hasShares}
                hasChanges={blame.hasChanges}
                onFocus={onFocus}
              />
              <Versions row={row} />
            </li>
            {blame.cut?.after === index && <li class="blame-cut">{blame.cut.text}</li>}
          </Fragment>
        ))}
      </ul>
    </div>
  );
}

function Row({
  row,
  by,
  first,
  hasShares,
  hasChanges,
  onFocus,
}: {
  row: BlameRow;
  by: Grouping;
  first: boolean;
  hasShares: boolean;
  hasChanges: boolean;
  onFocus: (name: string | null) => void;
}) {
  const { state, go } = useNavigation();
  const { name } = row;
  const isChosen = name !== null && state[by].length === 1 && state[by][0] === name;
  const cells = (
    <>
      <span class="blame-name">
        <Swatch color={row.color} />
        <span class="cut">{row.label}</span>
      </span>
      <span class="num nowrap">
        {row.lowerBound && (
          <span class="muted" title="Lower bound: some calls have no price or no usage">
            ≥{' '}
          </span>
        )}
        <Value row={row} first={first} />
      </span>
      <span class={first ? 'num' : 'num muted'}>
        {!hasShares ? null : row.share === null ? (
          '—'
        ) : first ? (
          <b>{percent(row.share)}</b>
        ) : (
          percent(row.share)
        )}
      </span>
      <span class="num muted blame-change">{hasChanges && (row.change ?? '—')}</span>
      <span class={hasShares ? 'blame-bar pareto' : 'blame-bar'} aria-hidden="true">
        {row.bar && (
          <i
            class={`k${row.color}`}
            style={{ left: `${row.bar.start * 100}%`, width: `max(2px, ${row.bar.length * 100}%)` }}
          />
        )}
      </span>
    </>
  );
  // A row of several names cannot be a filter.
  if (name === null) return <div class="blame-row">{cells}</div>;
  return (
    <button
      class="blame-row"
      type="button"
      aria-pressed={isChosen}
      title={isChosen ? `Show every ${by}` : `Only ${row.label}`}
      onClick={() => go({ [by]: isChosen ? [] : [name] })}
      onMouseEnter={() => onFocus(row.label)}
      onMouseLeave={() => onFocus(null)}
      onFocus={() => onFocus(row.label)}
      onBlur={() => onFocus(null)}
    >
      {cells}
    </button>
  );
}

/** Exact model names of a merged row, with their values. */
function Versions({ row: { label, versions } }: { row: BlameRow }) {
  const [first, ...others] = versions;
  if (!first) return null;
  if (others.length === 0) return <p class="blame-versions">{first.name}</p>;
  return (
    <details class="blame-versions">
      <summary>
        {versions.length} names
        <span class="sr"> of {label}</span>
      </summary>
      <ul>
        {versions.map(({ name, value }) => (
          <li key={name}>
            <span class="version-name">{name}</span>
            <span class="num">{value}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Value({ row, first }: { row: BlameRow; first: boolean }) {
  if (row.unpriced)
    return (
      <span class="muted dotted" title="No known price">
        unpriced
      </span>
    );
  if (row.value === null) return <>—</>;
  return first ? <b>{row.value}</b> : <>{row.value}</>;
}
