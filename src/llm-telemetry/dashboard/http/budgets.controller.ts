import { Controller, Get, Req, Res } from '@nestjs/common';
import { LlmTelemetryQueries } from '../queries/llm-telemetry-queries.js';
import { answerJson } from './answer.js';
import { Guarded } from './guarded.js';
import { Parameters } from './parameters.js';
import type { PlatformRequest, PlatformResponse } from './platform.js';

/** `api/budgets`. */
@Controller()
@Guarded()
export class BudgetsController {
  constructor(private readonly queries: LlmTelemetryQueries) {}

  @Get('api/budgets')
  async budgets(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    void new Parameters(request, []);
    answerJson(response, await this.queries.budgets());
  }
}
