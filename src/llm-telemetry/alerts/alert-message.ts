import type { AlertState } from './definitions/alerts-answer.js';
import type { ConfiguredRule } from './definitions/configured-rules.js';
import type { Reading } from './readings/reading.js';
import { formatCompared, formatNames, formatValue } from './definitions/format.js';
import { formatPeriod } from '../units/format.js';
import { HOUR, MINUTE } from '../units/time.js';

/**
 * Formats the state of an instance, with a remedy if it fires: “Failed calls of support_chat: 12.4% in 5 min, above the
 * limit of 5%. Check the error types of the failed calls.”
 */
export function messageOf(rule: ConfiguredRule, state: AlertState, reading: Reading): string {
  const { subject, unit, fires, remedy } = rule;
  const { names, value, limit, note } = reading;
  const about = formatNames(names);
  const start = about === '' ? subject : `${subject} of ${about}`;
  if (reading.inconclusive !== null || value === null || limit === null) {
    const reason = note ?? 'No data.';
    const words = value === null ? null : formatValue(value, unit);
    return words === null ? `${start}: ${reason}` : `${start}: ${words}. ${reason}`;
  }
  const beyond = state === 'firing' || state === 'pending';
  const side = beyond ? `${fires} the limit` : 'within the limit';
  const again = state === 'resolved' ? ' again' : '';
  const [words, limitWords] = formatCompared(value, limit, unit);
  const sentences = [`${start}: ${words}${windowWords(rule)}, ${side} of ${limitWords}${again}.`];
  if (note !== null) sentences.push(note);
  if (state === 'firing') sentences.push(remedy);
  return sentences.join(' ');
}

/** Rates over a window of their own unit and budgets need no window. */
function windowWords({ measure, unit, windowMs }: ConfiguredRule): string {
  const unitMs = unit === 'per_minute' ? MINUTE : unit === 'usd_per_hour' ? HOUR : null;
  return measure.kind === 'budget_pace' || windowMs === unitMs ? '' : ` in ${formatPeriod(windowMs)}`;
}

/** Formats the condition under which a rule fires, with its limits. */
export function conditionOf(rule: ConfiguredRule): string {
  const { condition, limit, limitIs, unit, windowMs, forMs, minimum } = rule;
  const words = condition
    .replace('{limit}', limitIs === 'multiple' ? String(limit) : formatValue(limit, unit))
    .replace('{window}', formatPeriod(windowMs))
    .replace('{minimum}', String(minimum));
  return forMs === 0 ? words : `${words}, for ${formatPeriod(forMs)}`;
}
