import { BadRequestException, Injectable } from '@nestjs/common';
import { LlmTelemetryQueries } from '../../../analytics/queries/llm-telemetry-queries.js';
import { sendJson } from '../http/send.js';
import type { EndpointTable } from './endpoints.js';
import { measureFilter } from './filters.js';
import { Parameters } from './parameters.js';
import type { PlatformRequest, PlatformResponse } from '../http/platform.js';

/** `model` and `provider` name the other model; `fromModel` and `fromProvider` filter the calls. */
const PARAMETERS = [
  'from',
  'to',
  'model',
  'provider',
  'feature',
  'operation',
  'fromModel',
  'fromProvider',
  'route',
  'tenant',
  'user',
];

/** Endpoint `api/what-if`. */
@Injectable()
export class WhatIfEndpoints {
  readonly table: EndpointTable = {
    'api/what-if': (request, response) => this.whatIf(request, response),
  };

  constructor(private readonly queries: LlmTelemetryQueries) {}

  async whatIf(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    const parameters = new Parameters(request, PARAMETERS);
    const model = parameters.one('model');
    if (!model)
      throw new BadRequestException('Missing query parameter "model": the name of the other model.');
    const whatIf = await this.queries.whatIf({
      ...parameters.range(),
      where: measureFilter(parameters, { model: 'fromModel', provider: 'fromProvider' }),
      provider: parameters.one('provider'),
      model,
    });
    sendJson(response, whatIf);
  }
}
