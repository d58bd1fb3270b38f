import { Injectable } from '@nestjs/common';
import { LlmTelemetryQueries } from '../../../analytics/queries/llm-telemetry-queries.js';
import { sendJson } from '../http/send.js';
import type { EndpointTable } from './endpoints.js';
import { FILTERS, measureFilter } from './filters.js';
import { Parameters } from './parameters.js';
import type { PlatformRequest, PlatformResponse } from '../http/platform.js';

/** Endpoint `api/budgets`. */
@Injectable()
export class BudgetsEndpoints {
  readonly table: EndpointTable = {
    'api/budgets': (request, response) => this.budgets(request, response),
  };

  constructor(private readonly queries: LlmTelemetryQueries) {}

  async budgets(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    const parameters = new Parameters(request, FILTERS);
    sendJson(response, await this.queries.budgets(measureFilter(parameters)));
  }
}
