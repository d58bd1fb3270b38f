import type { Breakdown, Measures, ModelVersion } from '../../api/index.js';
import { colorOfRank, COLORS, type Color } from '../charts/series.js';
import { change, percent } from '../formats/formats.js';
import { nameIn, nameText } from '../formats/names.js';
import type { Grouping } from '../state/page-state.js';
import { isLowerBound, isUnpriced, type Kpi } from './kpis.js';

/** Colors of names, by spend in the range without filters. */
export type Colors = ReadonlyMap<string, Color>;

export function colorsOf(unfiltered: Breakdown | null, by: Grouping): Colors {
  const names = (unfiltered?.groups ?? []).map(({ names }) => nameIn(names, by));
  return new Map(names.map((name, rank) => [name, colorOfRank(rank)]));
}

/** Row of the blame list, a Pareto chart. */
export interface BlameRow {
  /** `null` for the sum of names without a color. */
  readonly name: string | null;
  /** Number of names in the row. */
  readonly names: number;
  readonly label: string;
  readonly color: Color;
  /** `null` if unknown: no price, or no streamed response. */
  readonly value: string | null;
  readonly unpriced: boolean;
  readonly lowerBound: boolean;
  /** From 0 to 1; `null` without a share. */
  readonly share: number | null;
  /** Bar, from 0 to 1: starts where the previous one ended, or at 0 without shares. */
  readonly bar: { readonly start: number; readonly length: number } | null;
  readonly change: string | null;
  /** Exact model names that were merged into the row. Empty if the label is the only one. */
  readonly versions: ReadonlyArray<{ readonly name: string; readonly value: string }>;
}

export interface Blame {
  readonly title: string;
  /** True if rows are parts of a whole. */
  readonly hasShares: boolean;
  /** True if the previous period has calls; without any, every row would be new. */
  readonly hasChanges: boolean;
  readonly rows: readonly BlameRow[];
  /** Index of the row before the cut line, and its text; `null` without a line. */
  readonly cut: { readonly after: number; readonly text: string } | null;
}

/** Cumulative share of the cut line, which rounds to 80%. */
const CUT = 0.795;

export function blameOf(
  breakdown: Breakdown,
  by: Grouping,
  kpi: Kpi,
  colors: Colors,
  compare: boolean,
): Blame {
  const entries = entriesOf(breakdown, by, kpi, colors);
  const valued = entries
    .map((entry) => ({ ...entry, value: kpi.of(entry.now) }))
    .sort((a, b) => rank(b, kpi) - rank(a, kpi));
  const total = shares(kpi) ? valued.reduce((sum, { value }) => sum + (value ?? 0), 0) : 0;
  const text = kpi.ofFormat.texts(valued.map(({ value }) => value ?? 0));

  const hasChanges = compare && breakdown.before.total.calls > 0;
  const greatest = Math.max(0, ...valued.map(({ value }) => value ?? 0));

  let start = 0;
  const rows = valued.map(({ name, names, label, color, value, now, before, versions }): BlameRow => {
    const unpriced = kpi.name === 'spend' && isUnpriced(now);
    const share = total > 0 && value !== null && !unpriced ? value / total : null;
    const row: BlameRow = {
      name,
      names,
      label,
      color,
      value: value === null || unpriced ? null : text(value),
      unpriced,
      lowerBound: kpi.name === 'spend' && !unpriced && isLowerBound(now),
      share,
      bar: barOf(share, start, value, shares(kpi) ? null : greatest),
      // The API has no previous value of the others.
      change:
        hasChanges && name !== null && value !== null && !unpriced
          ? change(value, before ? kpi.of(before) : 0)
          : null,
      versions: versionsOf(versions, label, kpi, text),
    };
    start += share ?? 0;
    return row;
  });
  const few = fewOf(rows);
  const noun = nounOf(rows, kpi);
  return {
    title: titleOf(rows, few, by, kpi, noun),
    hasShares: shares(kpi),
    hasChanges,
    rows,
    cut: cutOf(rows, few, kpi, noun),
  };
}

interface Entry {
  readonly name: string | null;
  readonly names: number;
  readonly label: string;
  readonly color: Color;
  readonly now: Measures;
  readonly before: Measures | null;
  readonly versions: readonly ModelVersion[];
}

/** Returns an entry per colored name and one for the others, which are left out if values cannot be added. */
function entriesOf({ groups, others }: Breakdown, by: Grouping, kpi: Kpi, colors: Colors): Entry[] {
  const entries = groups.map(({ names, measures, before, versions = [] }): Entry => {
    const name = nameIn(names, by);
    return {
      name,
      names: 1,
      label: nameText(name, by),
      color: colors.get(name) ?? 0,
      now: measures,
      before,
      versions,
    };
  });
  const plain = entries.filter(({ color }) => color === 0);
  if (!shares(kpi)) return entries.filter(({ color }) => color !== 0);
  if (plain.length <= 1 && !others) return entries;
  const rest = [...plain.map(({ now }) => now), ...(others ? [others.measures] : [])];
  const count = plain.length + (others?.groups ?? 0);
  const added = rest.reduce(addCounts);
  return [
    ...entries.filter(({ color }) => color !== 0).slice(0, COLORS),
    {
      name: null,
      names: count,
      label: `${count} others`,
      color: 0,
      now: { ...added, duration: null, firstToken: null },
      before: null,
      versions: [],
    },
  ];
}

function versionsOf(
  versions: readonly ModelVersion[],
  label: string,
  kpi: Kpi,
  text: (value: number) => string,
): BlameRow['versions'] {
  if (versions.every(({ model }) => model === label)) return [];
  return versions.map(({ model, measures }) => {
    const value = kpi.of(measures);
    const unpriced = kpi.name === 'spend' && isUnpriced(measures);
    return { name: model, value: unpriced ? 'unpriced' : value === null ? '—' : text(value) };
  });
}

/** Returns the noun for shares, which exclude unpriced spend. */
function nounOf(rows: readonly BlameRow[], kpi: Kpi): string {
  return rows.some(({ unpriced, lowerBound }) => unpriced || lowerBound) ? `known ${kpi.noun}` : kpi.noun;
}

function addCounts(a: Measures, b: Measures): Measures {
  const sum = Object.entries(a).map(([key, value]) =>
    typeof value === 'number' ? [key, value + (b[key as 'calls'] ?? 0)] : [key, null],
  );
  return Object.fromEntries(sum) as Measures;
}

/** Sorts the others last. */
function rank({ name, value }: { name: string | null; value: number | null }, kpi: Kpi): number {
  return name === null ? -2 : (value ?? (kpi.additive ? 0 : -1));
}

/** Truncated calls have shares although the chart shows their rate. */
function shares(kpi: Kpi): boolean {
  return kpi.additive || kpi.name === 'truncated';
}

function barOf(
  share: number | null,
  start: number,
  value: number | null,
  greatest: number | null,
): BlameRow['bar'] {
  if (greatest === null) return share === null ? null : { start, length: share };
  return value === null || greatest === 0 ? null : { start: 0, length: value / greatest };
}

/** Returns the cumulative share including this row; 0 if unknown. */
function endOf({ share, bar }: BlameRow): number {
  return share !== null && bar ? bar.start + bar.length : 0;
}

function fewOf(rows: readonly BlameRow[]): number {
  return rows.findIndex((row) => endOf(row) >= CUT) + 1;
}

function titleOf(rows: readonly BlameRow[], few: number, by: Grouping, kpi: Kpi, noun: string): string {
  const first = rows[0];
  if (!first) return `No ${kpi.noun}`;
  const last = rows[few - 1];
  if (!last || last.share === null) {
    const several = rows.length > 1 && first.value !== null && !shares(kpi);
    return several ? `${first.label} has the longest ${kpi.noun}` : `${capital(kpi.noun)} by ${by}`;
  }
  if (rows.length > 1 && few === rows.length)
    return `${first.label} makes ${percent(first.share ?? 0)} of ${noun}`;
  if (rows.length === 1) return `All ${noun} ${isPlural(kpi) ? 'come' : 'comes'} from ${first.label}`;
  const all = rows.reduce((sum, { names }) => sum + names, 0);
  return `${few} of ${all} ${by}s ${few === 1 ? 'makes' : 'make'} ${partText(endOf(last), noun)}`;
}

function isPlural({ noun }: Kpi): boolean {
  return noun.endsWith('s');
}

function cutOf(rows: readonly BlameRow[], few: number, kpi: Kpi, noun: string): Blame['cut'] {
  const last = rows[few - 1];
  if (!last || last.share === null || few >= rows.length) return null;
  return {
    after: few - 1,
    text: `${capital(partText(endOf(last), noun))} ${isPlural(kpi) ? 'are' : 'is'} above this line`,
  };
}

/** `83% of spend`, `all spend`. */
function partText(share: number, noun: string): string {
  return share > 1 - 1e-9 ? `all ${noun}` : `${percent(share)} of ${noun}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
