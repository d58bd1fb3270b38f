import { BadRequestException, Controller, Get, Req, Res } from '@nestjs/common';
import { LlmTelemetryQueries } from '../queries/llm-telemetry-queries.js';
import { answerJson } from './answer.js';
import { Guarded } from './guarded.js';
import { Parameters } from './parameters.js';
import type { PlatformRequest, PlatformResponse } from './platform.js';

/** `api/what-if`. */
@Controller()
@Guarded()
export class WhatIfController {
  constructor(private readonly queries: LlmTelemetryQueries) {}

  @Get('api/what-if')
  async whatIf(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    const parameters = new Parameters(request, ['from', 'to', 'feature', 'model', 'provider']);
    const model = parameters.one('model');
    if (!model) throw new BadRequestException('model is missing: the name of the other model.');
    const whatIf = await this.queries.whatIf({
      ...parameters.range(),
      feature: parameters.one('feature'),
      provider: parameters.one('provider'),
      model,
    });
    answerJson(response, whatIf);
  }
}
