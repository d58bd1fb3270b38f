import type { CallPage, CallRow } from '../../store/calls.js';
import { StoreQueryError, StoreUnavailableError } from '../../store/call-store.js';
import type { TimeRange } from '../../store/measures.js';
import type { LlmTelemetryQueries } from '../queries/llm-telemetry-queries.js';
import type { CallsQuery } from '../queries/query.js';
import { rounded } from '../rounded.js';
import { CSV_HEAD, csvLine } from './csv.js';

export type ExportFormat = 'csv' | 'ndjson';
export type ExportQuery = CallsQuery & { readonly range: TimeRange };

/** Calls as a file. */
export interface ExportFile {
  /** Media type. */
  readonly type: string;
  /** Suggested file name. */
  readonly name: string;
  /** The text, page by page: one page is held at a time. Throws `StoreUnavailableError` if a page cannot be read. */
  readonly pieces: AsyncIterable<string>;
}

/**
 * Starts an export with its first page, so that an invalid query rejects before anything is sent.
 *
 * @throws StoreQueryError if there are too many calls to be sorted.
 */
export async function exportCalls(
  queries: LlmTelemetryQueries,
  format: ExportFormat,
  query: ExportQuery,
): Promise<ExportFile> {
  const first = await queries.calls({ ...query, limit: PAGE });
  if (!isComplete(first, query))
    throw new StoreQueryError(
      `The calls are too many to be sorted by ${query.sort}. Choose a shorter range, or leave out sort.`,
    );
  const { type, head, line } = FORMATS[format];
  return { type, name: `llm-calls.${format}`, pieces: pieces() };

  async function* pieces(): AsyncGenerator<string> {
    yield head;
    for (let page = first; ; page = await queries.calls({ ...query, limit: PAGE, cursor: page.next! })) {
      if (page.calls.length > 0) yield page.calls.map(line).join('');
      if (page.next === null) return;
      if (!isComplete(page, query)) throw new StoreUnavailableError('The list is not complete.');
    }
  }
}

/** A list that is sorted by a value may have been searched in part, and then leaves out calls. */
function isComplete({ searchedTo }: CallPage, { range, sort }: ExportQuery): boolean {
  return sort === undefined || sort === 'endedAt' || searchedTo <= range.from;
}

const PAGE = 1000;

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
