import { rounded } from '../http/rounded.js';
import type { CallRow } from '../../store/calls.js';

type Cell = string | number | boolean | null;

/** The columns of a file, in order. */
const COLUMNS: ReadonlyArray<readonly [name: string, of: (call: CallRow) => Cell]> = [
  ['id', ({ id }) => id],
  ['started_at', ({ startedAt }) => new Date(startedAt).toISOString()],
  ['ended_at', ({ endedAt }) => new Date(endedAt).toISOString()],
  ['feature', ({ feature }) => feature],
  ['operation', ({ operation }) => operation],
  ['provider', ({ provider }) => provider],
  ['model', ({ model }) => model],
  ['route', ({ route }) => route],
  ['tenant', ({ tenant }) => tenant],
  ['outcome', ({ outcome }) => outcome],
  ['failed', ({ failed }) => failed],
  ['truncated', ({ truncated }) => truncated],
  ['attempts', ({ attempts }) => attempts],
  ['retries', ({ retries }) => retries],
  ['duration_ms', ({ durationMs }) => durationMs],
  ['time_to_first_token_ms', ({ timeToFirstTokenMs }) => timeToFirstTokenMs],
  ['input_tokens', ({ inputTokens }) => inputTokens],
  ['output_tokens', ({ outputTokens }) => outputTokens],
  ['usage_source', ({ usageSource }) => usageSource],
  ['cost_usd', ({ costUsd }) => costUsd],
  ['cost_source', ({ costSource }) => costSource],
  ['trace_id', ({ traceId }) => traceId],
  ['user', ({ user }) => user],
  ['budget_exceeded', ({ budgetExceeded }) => budgetExceeded],
];

export const CSV_HEAD = `${COLUMNS.map(([name]) => name).join(',')}\r\n`;

/** A line of RFC 4180. What is not known is empty. */
export function csvLine(call: CallRow): string {
  const values = rounded(call);
  return `${COLUMNS.map(([, of]) => cellOf(of(values))).join(',')}\r\n`;
}

function cellOf(value: Cell): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What a spreadsheet would run, full-width forms included (OWASP, CSV injection): the quote before it makes it text. */
const FORMULA = /^[\s\0]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/;
