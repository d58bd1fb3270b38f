import { BadRequestException, Inject, Injectable, NotFoundException } from '@nestjs/common';
import type { CallSort } from '../../../store/calls.js';
import type { CallDetail } from '../../../analytics/answers/calls.js';
import { DASHBOARD_SETTINGS, type DashboardSettings } from '../settings/dashboard.settings.js';
import type { ExportFormat } from '../../../analytics/export/exports.js';
import { CallExports } from './call-exports.js';
import { LlmTelemetryQueries } from '../../../analytics/queries/llm-telemetry-queries.js';
import type { CallsQuery } from '../../../analytics/queries/query.js';
import { traceUrlOf } from './trace-url.js';
import { sendJson } from '../http/send.js';
import type { EndpointTable } from './endpoints.js';
import { CALL_PARAMETERS, callFilter } from './filters.js';
import { Parameters } from './parameters.js';
import type { PlatformRequest, PlatformResponse } from '../http/platform.js';

/** Endpoints `api/calls`: lists, single calls and exports. */
@Injectable()
export class CallsEndpoints {
  readonly table: EndpointTable = {
    'api/calls': (request, response) => this.calls(request, response),
    'api/calls.csv': (request, response) => this.export('csv', request, response),
    'api/calls.ndjson': (request, response) => this.export('ndjson', request, response),
    'api/calls/*': (request, response, id) => this.call(id, request, response),
  };

  constructor(
    private readonly queries: LlmTelemetryQueries,
    private readonly exports: CallExports,
    @Inject(DASHBOARD_SETTINGS) private readonly settings: DashboardSettings,
  ) {}

  async calls(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    const parameters = new Parameters(request, [...CALL_PARAMETERS, 'limit', 'cursor']);
    const limit = parameters.integer('limit', 1, 1000);
    const cursor = parameters.one('cursor');
    sendJson(response, await this.queries.calls({ ...callsQuery(parameters), limit, cursor }));
  }

  async call(id: string, request: PlatformRequest, response: PlatformResponse): Promise<void> {
    void new Parameters(request, []);
    if (!/^\d{1,16}$/.test(id) || !Number.isSafeInteger(Number(id)))
      throw new BadRequestException('Invalid call id. Expected an integer of at most 16 digits.');
    const call = await this.queries.call(Number(id));
    if (!call) throw new NotFoundException('Call not found. It does not exist or was removed by retention.');
    const detail: CallDetail = { ...call, traceUrl: traceUrlOf(call.record, this.settings.traceUrl) };
    sendJson(response, detail);
  }

  private export(format: ExportFormat, request: PlatformRequest, response: PlatformResponse): Promise<void> {
    return this.exports.send(format, callsQuery(new Parameters(request, CALL_PARAMETERS)), request, response);
  }
}

const SORTS: readonly CallSort[] = ['endedAt', 'durationMs', 'costUsd', 'tokens'];

function callsQuery(parameters: Parameters): CallsQuery & { range: NonNullable<CallsQuery['range']> } {
  const sort = parameters.oneOf('sort', SORTS);
  const order = parameters.oneOf('order', ['desc', 'asc']);
  if (order === 'asc' && (sort ?? 'endedAt') !== 'endedAt')
    throw new BadRequestException('order=asc requires sort=endedAt.');
  return { range: parameters.range(), where: callFilter(parameters), sort, order };
}
