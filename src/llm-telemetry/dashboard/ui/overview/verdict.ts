import type { Breakdown, Summary, TimeRange } from '../../api/index.js';
import { counted, moment, money, percent, wholeCount } from '../formats/formats.js';
import { nameText } from '../formats/names.js';
import { lengthWords } from '../state/time-range.js';
import { isLowerBound, isUnpriced } from './kpis.js';

/** Sentence in parts; `strong` parts are emphasized. */
export type Sentence = ReadonlyArray<{ readonly text: string; readonly strong?: boolean }>;

/** Smaller relative changes are not mentioned. */
const NOTABLE = 0.05;

/**
 * Returns the verdict: spend, its change and the feature with the largest share. `moves`: the range ends now, so its end
 * is omitted. `upTo`: end of outdated data; `null` if it is current.
 */
export function verdictOf(
  summary: Summary,
  byFeature: Breakdown | null,
  { compare, moves, upTo }: { compare: boolean; moves: boolean; upTo: number | null },
): Sentence {
  const span = spanText(summary.range, moves, upTo, summary.asOf);
  if (isUnpriced(summary))
    return [
      { text: counted(summary.calls, 'call'), strong: true },
      {
        text:
          summary.unpricedCalls === summary.calls
            ? ` ${span}, all unpriced.`
            : ` ${span}, ${wholeCount(summary.unpricedCalls)} of them unpriced.`,
      },
    ];
  if (summary.costUsd === 0 && isLowerBound(summary))
    return [
      { text: counted(summary.calls, 'call'), strong: true },
      { text: ` ${span}, at an unknown cost.` },
    ];
  if (summary.costUsd === 0)
    return [{ text: counted(summary.calls, 'call'), strong: true }, { text: ` ${span} cost nothing.` }];
  const before = compare ? summary.before.costUsd : 0;
  return [
    ...(isLowerBound(summary) ? [{ text: 'At least ' }] : []),
    { text: money(summary.costUsd), strong: true },
    { text: ` ${span}${directionText(summary.costUsd, before)}. ` },
    ...culpritOf(summary.costUsd, before, byFeature),
  ];
}

/** `in 24 hours`, `in the 24 hours to 14:41`, `in the 6 hours to 22 Nov, 14:00`. */
function spanText(range: TimeRange, moves: boolean, upTo: number | null, now: number): string {
  const length = lengthWords(range);
  if (moves && upTo === null) return `in ${length}`;
  return `in the ${length} to ${moment(upTo ?? range.to, now)}`;
}

function directionText(cost: number, before: number): string {
  if (before === 0) return '';
  const size = cost / before - 1;
  if (Math.abs(size) < NOTABLE) return '';
  if (size >= 10) return `, ${wholeCount(cost / before)} times as much as before`;
  return `, ${size > 0 ? 'up' : 'down'} ${percent(Math.abs(size))}`;
}

function culpritOf(cost: number, before: number, byFeature: Breakdown | null): Sentence {
  const [first, second] = byFeature?.groups ?? [];
  if (!first || first.measures.costUsd === 0) return [];
  const name = { text: nameText(first.names.feature), strong: true };
  const share = first.measures.costUsd / cost;
  if (!second || share > 1 - 1e-9) return [name, { text: ' is all of it.' }];
  const rise = cost - before;
  const own = first.measures.costUsd - (first.before?.costUsd ?? 0);
  const risen = before > 0 && rise / before >= NOTABLE && own > 0;
  if (!risen) return [name, { text: ` is ${percent(share)} of it.` }];
  const part = own / rise >= 0.995 ? 'all' : percent(own / rise);
  return [name, { text: ` is ${percent(share)} of it and ${part} of the rise.` }];
}
