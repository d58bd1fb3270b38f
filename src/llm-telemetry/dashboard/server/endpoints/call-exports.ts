import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import { exportCalls, type ExportFormat, type ExportQuery } from '../../../analytics/export/exports.js';
import { LlmTelemetryQueries } from '../../../analytics/queries/llm-telemetry-queries.js';
import { StoreUnavailableError } from '../../../store/call-store.js';
import { startStream } from '../http/answer.js';
import type { PlatformRequest, PlatformResponse } from '../http/platform.js';

/** Sends exports of calls, each no faster than its client reads, and at most `MAX_RUNNING` at the same time. */
@Injectable()
export class CallExports {
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
      const { type, name, pieces } = await exportCalls(this.queries, format, query);
      const raw = startStream(request, response, {
        'content-type': type,
        'content-disposition': `attachment; filename="${name}"`,
      });
      if (!raw) return;
      // Node counts every byte that is taken as progress, also of a write that is not finished.
      raw.setTimeout(this.stallMs, () => raw.destroy());
      await pipeline(Readable.from(pieces), raw).catch(() => {
        // The client has left, or the store has failed: an end that is missing says so. Too late for a status.
        raw.destroy();
      });
    } finally {
      this.running--;
    }
  }
}

const MAX_RUNNING = 4;
