import { Controller, Get, Req, Res } from '@nestjs/common';
import { LlmTelemetryAlerts } from '../alerts/llm-telemetry-alerts.js';
import { StatusReader } from '../status-reader.js';
import { answerJson } from './answer.js';
import { Guarded } from './guarded.js';
import { Parameters } from './parameters.js';
import type { PlatformRequest, PlatformResponse } from './platform.js';

/** `api/alerts` and `api/status`. */
@Controller()
@Guarded()
export class StatusController {
  constructor(
    private readonly reader: StatusReader,
    private readonly watched: LlmTelemetryAlerts,
  ) {}

  @Get('api/alerts')
  alerts(@Req() request: PlatformRequest, @Res() response: PlatformResponse): void {
    void new Parameters(request, []);
    answerJson(response, this.watched.list());
  }

  @Get('api/status')
  async status(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    void new Parameters(request, []);
    answerJson(response, await this.reader.read());
  }
}
