import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BadRequestException, Inject, Injectable, NotFoundException } from '@nestjs/common';
import type { CallDetail } from '../../../analytics/responses.js';
import { exportCalls, type ExportFormat, type ExportQuery } from '../../../analytics/exports.js';
import { LlmTelemetryQueries } from '../../../analytics/llm-telemetry-queries.js';
import type { CallsQuery } from '../../../analytics/queries.js';
import type { CallRecord } from '../../../calls/record.js';
import { StoreUnavailableError } from '../../../store/call-store.js';
import type { PlatformRequest, PlatformResponse } from '../http/platform.js';
import { sendJson, startStream } from '../http/send.js';
import { DASHBOARD_SETTINGS, type DashboardSettings } from '../settings/dashboard.settings.js';
import type { EndpointTable } from './endpoints.js';
import { callFilter, rangeOf } from './filters.js';
import type { Queries } from './queries.schema.js';

/** Maximum of exports at a time. */
const MAX_EXPORTS = 4;

/** Streams exports of calls with back-pressure. */
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
    if (this.running >= MAX_EXPORTS)
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

/** Endpoints `api/calls`: lists, single calls and exports. */
@Injectable()
export class CallsEndpoints {
  readonly table: EndpointTable = {
    'api/calls': async (query, _, response) => {
      const { limit, cursor } = query;
      sendJson(response, await this.queries.calls({ ...callsQuery(query), limit, cursor }));
    },
    'api/calls.csv': (query, request, response) =>
      this.exports.send('csv', callsQuery(query), request, response),
    'api/calls.ndjson': (query, request, response) =>
      this.exports.send('ndjson', callsQuery(query), request, response),
    'api/calls/*': (_, __, response, id) => this.call(id, response),
  };

  constructor(
    private readonly queries: LlmTelemetryQueries,
    private readonly exports: CallExports,
    @Inject(DASHBOARD_SETTINGS) private readonly settings: DashboardSettings,
  ) {}

  private async call(id: string, response: PlatformResponse): Promise<void> {
    if (!/^[\w-]{1,64}$/.test(id))
      throw new BadRequestException('Invalid call id. Expected at most 64 letters, digits and hyphens.');
    const call = await this.queries.call(id);
    if (!call) throw new NotFoundException('Call not found. It does not exist or was removed by retention.');
    const detail: CallDetail = { ...call, traceUrl: traceUrlOf(call.record, this.settings.traceUrl) };
    sendJson(response, detail);
  }
}

function callsQuery(query: Queries['api/calls.csv']): CallsQuery & ExportQuery {
  const { sort, order } = query;
  if (order === 'asc' && (sort ?? 'endedAt') !== 'endedAt')
    throw new BadRequestException('order=asc requires sort=endedAt.');
  return { range: rangeOf(query), where: callFilter(query), sort, order };
}

/** Returns the URL of the trace of a call, or `null` without a trace or a template. */
function traceUrlOf({ trace }: CallRecord, template: string | null): string | null {
  if (trace === null || template === null) return null;
  return template
    .replaceAll('{traceId}', encodeURIComponent(trace.traceId))
    .replaceAll('{spanId}', encodeURIComponent(trace.spanId));
}
