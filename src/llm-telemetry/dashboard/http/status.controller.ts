import { Controller, Get, Inject, Optional, Req, Res } from '@nestjs/common';
import { ALERT_SOURCE, NO_ALERTS, type AlertSource } from '../alert-source.js';
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
    @Optional() @Inject(ALERT_SOURCE) private readonly alertSource: AlertSource | null,
  ) {}

  @Get('api/alerts')
  async alerts(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    void new Parameters(request, []);
    answerJson(response, (await this.alertSource?.current()) ?? NO_ALERTS);
  }

  @Get('api/status')
  async status(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    void new Parameters(request, []);
    answerJson(response, await this.reader.read());
  }
}
