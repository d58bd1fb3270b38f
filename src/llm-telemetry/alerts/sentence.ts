import type { AlertState } from './definitions/alerts-answer.js';
import type { ConfiguredRule } from './definitions/configured-rules.js';
import type { Reading } from './readings/reading.js';
import { comparedWords, namesWords, periodWords, valueWords } from './definitions/words.js';

/** What an instance's state is, in a sentence: “Failed calls of support_chat: 12.4%, above the limit of 5%.” */
export function sentenceOf(
  { subject, unit, fires }: ConfiguredRule,
  state: AlertState,
  reading: Reading,
): string {
  const { names, value, limit, note } = reading;
  const about = namesWords(names);
  const start = about === '' ? subject : `${subject} of ${about}`;
  if (reading.untold !== null || value === null || limit === null) {
    const reason = note ?? 'It cannot be told.';
    const words = value === null ? null : valueWords(value, unit);
    return words === null ? `${start}: ${reason}` : `${start}: ${words}. ${reason}`;
  }
  const beyond = state === 'firing' || state === 'pending';
  const side = beyond ? `${fires} the limit` : 'within the limit';
  const again = state === 'resolved' ? ' again' : '';
  const besides = note === null ? '' : ` ${note}`;
  const [words, limitWords] = comparedWords(value, limit, unit);
  return `${start}: ${words}, ${side} of ${limitWords}${again}.${besides}`;
}

/** When a rule fires, in words, with its own limits. */
export function conditionOf(rule: ConfiguredRule): string {
  const { condition, limit, limitIs, unit, windowMs, forMs, minimum } = rule;
  const words = condition
    .replace('{limit}', limitIs === 'multiple' ? String(limit) : valueWords(limit, unit))
    .replace('{window}', periodWords(windowMs))
    .replace('{minimum}', String(minimum));
  return forMs === 0 ? words : `${words}, for ${periodWords(forMs)}`;
}
