import { rounded } from '../rounded.js';
import type { CallRow } from '../../store/calls.js';

type Cell = string | number | boolean | null;

/** Columns in order. */
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

/** Header line. */
export const CSV_HEAD = `${COLUMNS.map(([name]) => name).join(',')}\r\n`;

/** Formats a line (RFC 4180). Unknown values are empty. */
export function csvLine(call: CallRow): string {
  const values = rounded(call);
  return `${COLUMNS.map(([, of]) => cellOf(of(values))).join(',')}\r\n`;
}

function cellOf(value: Cell): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const text = withoutFormulas(value);
  return /[",;\r\n\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Formula prefixes, including full-width forms (OWASP, CSV injection). */
const FORMULA_SIGNS = new Set('=+-@\uFF1D\uFF0B\uFF0D\uFF20');
/** Characters that start a cell in spreadsheets that split by semicolon or tab, where quotes do not protect. */
const SEPARATORS = new Set(';\t\r\n');

/**
 * Escapes formulas with an apostrophe, at the start of the cell and at the start of each cell that the text creates in a
 * locale with semicolons as separators.
 */
function withoutFormulas(text: string): string {
  const start = text.search(/[^\s\0]/);
  const isUnsafe = FORMULA_SIGNS.has(text[start] ?? '') || /^[\t\r\n]/.test(text);
  let safe = isUnsafe ? "'" : '';
  let startsCell = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (SEPARATORS.has(character)) startsCell = index > start;
    else if (startsCell && !/[\s\0"]/.test(character)) {
      if (FORMULA_SIGNS.has(character)) safe += "'";
      startsCell = false;
    }
    safe += character;
  }
  return safe;
}
