import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import type { CallPage, CallRow } from '../../store/calls.js';
import { StoreQueryError, StoreUnavailableError } from '../../store/call-store.js';
import type { TimeRange } from '../../store/measures.js';
import { startStream } from '../../dashboard/server/http/answer.js';
import type { PlatformRequest, PlatformResponse } from '../../dashboard/server/http/platform.js';
import { LlmTelemetryQueries } from '../queries/llm-telemetry-queries.js';
import type { CallsQuery } from '../queries/query.js';
import { rounded } from '../rounded.js';
import { CSV_HEAD, csvLine } from './csv.js';

export type ExportFormat = 'csv' | 'ndjson';
export type ExportQuery = CallsQuery & { readonly range: TimeRange };

/** Sends calls as files, page by page and no faster than they are taken: whatever their number, one page is held. */
@Injectable()
export class Exports {
  /** How long a client may take nothing before its export is ended, in milliseconds. Tests shorten it. */
  stallMs = 30_000;
  private running = 0;

  constructor(private readonly queries: LlmTelemetryQueries) {}

  async send(
    format: ExportFormat,
    query: ExportQuery,
    request: PlatformRequest,
    response: PlatformResponse,
  ): Promise<void> {
    if (this.running >= MAX_RUNNING)
      throw new StoreUnavailableError('Too many exports are running. Try again in a moment.');
    this.running++;
    try {
      // What is wrong with a query can be told only before anything is sent.
      const first = await this.queries.calls({ ...query, limit: PAGE });
      if (!isComplete(first, query))
        throw new StoreQueryError(
          `The calls are too many to be sorted by ${query.sort}. Choose a shorter range, or leave out sort.`,
        );
      const raw = startStream(request, response, {
        'content-type': FORMATS[format].type,
        'content-disposition': `attachment; filename="llm-calls.${format}"`,
      });
      if (!raw) return;
      // Node counts every byte that is taken as progress, also of a write that is not finished.
      raw.setTimeout(this.stallMs, () => raw.destroy());
      await pipeline(Readable.from(this.pieces(FORMATS[format], query, first)), raw).catch(() => {
        // The client has left, or the store has failed: an end that is missing says so. Too late for a status.
        raw.destroy();
      });
    } finally {
      this.running--;
    }
  }

  private async *pieces({ head, line }: Format, query: ExportQuery, first: CallPage): AsyncGenerator<string> {
    yield head;
    for (let page = first; ; page = await this.queries.calls({ ...query, limit: PAGE, cursor: page.next! })) {
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

const MAX_RUNNING = 4;
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
