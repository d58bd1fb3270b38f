import { Injectable } from '@nestjs/common';
import { LlmTelemetryAlerts } from '../../../alerts/llm-telemetry-alerts.js';
import { StatusReader } from '../status/status-reader.js';
import { sendJson } from '../http/send.js';
import type { EndpointTable } from './endpoints.js';
import { Parameters } from './parameters.js';
import type { PlatformRequest, PlatformResponse } from '../http/platform.js';

/** Endpoints `api/alerts` and `api/status`. */
@Injectable()
export class StatusEndpoints {
  readonly table: EndpointTable = {
    'api/alerts': (request, response) => this.alerts(request, response),
    'api/status': (request, response) => this.status(request, response),
  };

  constructor(
    private readonly reader: StatusReader,
    private readonly watched: LlmTelemetryAlerts,
  ) {}

  alerts(request: PlatformRequest, response: PlatformResponse): void {
    void new Parameters(request, []);
    sendJson(response, this.watched.list());
  }

  async status(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    void new Parameters(request, []);
    sendJson(response, await this.reader.read());
  }
}
