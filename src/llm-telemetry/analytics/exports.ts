import type { CallPage, CallRow } from '../store/calls.js';
import { StoreQueryError, StoreUnavailableError } from '../store/call-store.js';
import type { TimeRange } from '../store/measures.js';
import type { LlmTelemetryQueries } from './llm-telemetry-queries.js';
import type { CallsQuery } from './queries.js';
import { rounded } from './rounded.js';

export type ExportFormat = 'csv' | 'ndjson';
export type ExportQuery = CallsQuery & { readonly range: TimeRange };

/** An export of calls as a file. */
export interface ExportFile {
  /** Media type. */
  readonly type: string;
  /** Suggested file name. */
  readonly name: string;
  /** Content, page by page. Only one page is in memory. Throws `StoreUnavailableError` if a page cannot be read. */
  readonly pieces: AsyncIterable<string>;
}

/**
 * Starts an export with its first page, so that an invalid query rejects before anything is sent.
 *
 * @throws StoreQueryError if there are too many calls to sort
 */
export async function exportCalls(
  queries: LlmTelemetryQueries,
  format: ExportFormat,
  query: ExportQuery,
): Promise<ExportFile> {
  const first = await queries.calls({ ...query, limit: PAGE });
  if (!isComplete(first, query))
    throw new StoreQueryError(`Too many calls to sort by ${query.sort}. Use a shorter range or omit "sort".`);
  const { type, head, line } = FORMATS[format];
  return { type, name: `llm-calls.${format}`, pieces: pieces() };

  async function* pieces(): AsyncGenerator<string> {
    yield head;
    for (let page = first; ; page = await queries.calls({ ...query, limit: PAGE, cursor: page.next! })) {
      if (page.calls.length > 0) yield page.calls.map(line).join('');
      if (page.next === null) return;
      if (!isComplete(page, query))
        throw new StoreUnavailableError(
          'The export is incomplete, because the store did not read all calls.',
        );
    }
  }
}

/** A list sorted by a value is incomplete if the store searched only a part of the range. */
function isComplete({ searchedTo }: CallPage, { range, sort }: ExportQuery): boolean {
  return sort === undefined || sort === 'endedAt' || searchedTo <= range.from;
}

const PAGE = 1000;

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
  ['duration_ms', ({ durationMs, batch }) => (batch ? null : durationMs)],
  ['time_to_first_token_ms', ({ timeToFirstTokenMs }) => timeToFirstTokenMs],
  ['input_tokens', ({ inputTokens }) => inputTokens],
  ['output_tokens', ({ outputTokens }) => outputTokens],
  ['usage_source', ({ usageSource }) => usageSource],
  ['cost_usd', ({ costUsd }) => costUsd],
  ['cost_source', ({ costSource }) => costSource],
  ['trace_id', ({ traceId }) => traceId],
  ['user', ({ user }) => user],
  ['budget_exceeded', ({ budgetExceeded }) => budgetExceeded],
  ['batch', ({ batch }) => batch && batch.id],
  ['batch_item', ({ batch }) => batch && batch.item],
  ['cost_reason_code', ({ costReasonCode }) => costReasonCode],
  ['service', ({ service }) => service],
  ['version', ({ version }) => version],
  ['environment', ({ environment }) => environment],
  ['instance', ({ instance }) => instance],
];

/** Header line. */
export const CSV_HEAD = `${COLUMNS.map(([name]) => name).join(',')}\r\n`;

/** Formats a line (RFC 4180). Unknown values are empty. */
function csvLine(call: CallRow): string {
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

interface Format {
  readonly type: string;
  readonly head: string;
  readonly line: (call: CallRow) => string;
}

const FORMATS: Readonly<Record<ExportFormat, Format>> = {
  csv: { type: 'text/csv; charset=utf-8', head: CSV_HEAD, line: csvLine },
  ndjson: {
    type: 'application/x-ndjson; charset=utf-8',
    head: '',
    line: (call) => `${JSON.stringify(rounded(call))}\n`,
  },
};
