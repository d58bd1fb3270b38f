import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import { exportCalls, type ExportFormat, type ExportQuery } from '../../../analytics/export/exports.js';
import { LlmTelemetryQueries } from '../../../analytics/queries/llm-telemetry-queries.js';
import { StoreUnavailableError } from '../../../store/call-store.js';
import { startStream } from '../http/send.js';
import type { PlatformRequest, PlatformResponse } from '../http/platform.js';

/** Streams exports of calls with back-pressure, at most `MAX_RUNNING` at a time. */
@Injectable()
export class CallExports {
  /** Idle time after which the export of a client that does not read is aborted, in milliseconds. Tests shorten it. */
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
      const { type, name, pieces } = await exportCalls(this.queries, format, query);
      const raw = startStream(request, response, {
        'content-type': type,
        'content-disposition': `attachment; filename="${name}"`,
      });
      if (!raw) return;
      // Node resets the timeout with every byte that the client accepts, even within one write.
      raw.setTimeout(this.stallMs, () => raw.destroy());
      await pipeline(Readable.from(pieces), raw).catch(() => {
        // The client disconnected or the store failed. The status was sent already, so the response is cut off.
        raw.destroy();
      });
    } finally {
      this.running--;
    }
  }
}

const MAX_RUNNING = 4;
