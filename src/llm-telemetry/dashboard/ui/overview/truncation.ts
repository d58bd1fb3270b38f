import type { Breakdown } from '../../api/index.js';
import { RATIO } from '../formats/figure-kinds.js';
import { counted, percent, wholeCount } from '../formats/formats.js';
import { nameText } from '../formats/names.js';

/**
 * Returns the finding for the whole range if no alert is open: the model with the highest share of truncated calls.
 * `limit`: alert limit, as a ratio; `null` without one.
 */
export function truncationFinding({ groups, total }: Breakdown, limit: number | null): string {
  if (total.calls === 0) return 'No calls';
  const models = groups
    .filter(({ measures }) => measures.truncated > 0)
    .sort((a, b) => share(b) - share(a) || b.measures.calls - a.measures.calls);
  const [first] = models;
  if (!first) return 'No call was truncated';
  const { truncated, calls } = first.measures;
  const of = `${wholeCount(truncated)} of ${counted(calls, 'call')} to ${nameText(first.names.model)}`;
  const most = models.length > 1 ? ', the highest share' : '';
  const limitText = limit === null ? '' : `; alert above ${RATIO.tick(limit, limit)} of recent calls`;
  return `${of} truncated (${percent(truncated / calls)})${most}${limitText}`;
}

function share({ measures }: Breakdown['groups'][number]): number {
  return measures.calls === 0 ? 0 : measures.truncated / measures.calls;
}
