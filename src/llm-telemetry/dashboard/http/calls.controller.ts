import {
  BadRequestException,
  Controller,
  Get,
  Inject,
  NotFoundException,
  Param,
  Req,
  Res,
} from '@nestjs/common';
import type { CallSort } from '../../store/calls.js';
import type { CallDetail } from '../api/calls.js';
import { DASHBOARD_SETTINGS, type DashboardSettings } from '../dashboard.settings.js';
import { Exports, type ExportFormat } from '../export/exports.js';
import { LlmTelemetryQueries } from '../queries/llm-telemetry-queries.js';
import type { CallsQuery } from '../queries/query.js';
import { traceUrlOf } from '../trace-url.js';
import { answerJson } from './answer.js';
import { CALL_PARAMETERS, callFilter } from './filters.js';
import { Guarded } from './guarded.js';
import { Parameters } from './parameters.js';
import type { PlatformRequest, PlatformResponse } from './platform.js';

/** `api/calls`: lists of calls, one call, and files of them. */
@Controller()
@Guarded()
export class CallsController {
  constructor(
    private readonly queries: LlmTelemetryQueries,
    private readonly exports: Exports,
    @Inject(DASHBOARD_SETTINGS) private readonly settings: DashboardSettings,
  ) {}

  @Get('api/calls')
  async calls(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    const parameters = new Parameters(request, [...CALL_PARAMETERS, 'limit', 'cursor']);
    const limit = parameters.integer('limit', 1, 1000);
    const cursor = parameters.one('cursor');
    answerJson(response, await this.queries.calls({ ...callsQuery(parameters), limit, cursor }));
  }

  @Get('api/calls.csv')
  csv(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    return this.export('csv', request, response);
  }

  @Get('api/calls.ndjson')
  ndjson(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    return this.export('ndjson', request, response);
  }

  @Get('api/calls/:id')
  async call(
    @Param('id') id: string,
    @Req() request: PlatformRequest,
    @Res() response: PlatformResponse,
  ): Promise<void> {
    void new Parameters(request, []);
    if (!/^\d{1,16}$/.test(id) || !Number.isSafeInteger(Number(id)))
      throw new BadRequestException('The id of a call is a whole number.');
    const call = await this.queries.call(Number(id));
    if (!call) throw new NotFoundException('There is no such call, or it is not kept any more.');
    const detail: CallDetail = { ...call, traceUrl: traceUrlOf(call.record, this.settings.traceUrl) };
    answerJson(response, detail);
  }

  private export(format: ExportFormat, request: PlatformRequest, response: PlatformResponse): Promise<void> {
    return this.exports.send(format, callsQuery(new Parameters(request, CALL_PARAMETERS)), response);
  }
}

const SORTS: readonly CallSort[] = ['endedAt', 'durationMs', 'costUsd', 'tokens'];

function callsQuery(parameters: Parameters): CallsQuery & { range: NonNullable<CallsQuery['range']> } {
  const sort = parameters.oneOf('sort', SORTS);
  const order = parameters.oneOf('order', ['desc', 'asc']);
  if (order === 'asc' && (sort ?? 'endedAt') !== 'endedAt')
    throw new BadRequestException('order=asc goes with sort=endedAt only.');
  return { range: parameters.range(), where: callFilter(parameters), sort, order };
}
