import type { CallPage, CallRow } from '../../store/calls.js';
import { StoreQueryError, StoreUnavailableError } from '../../store/call-store.js';
import type { TimeRange } from '../../store/measures.js';
import type { LlmTelemetryQueries } from '../queries/llm-telemetry-queries.js';
import type { CallsQuery } from '../queries/query.js';
import { rounded } from '../rounded.js';
import { CSV_HEAD, csvLine } from './csv.js';

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
