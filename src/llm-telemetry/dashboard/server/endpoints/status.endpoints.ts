import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import { LlmTelemetryAlerts } from '../../../alerts/llm-telemetry-alerts.js';
import { headerOf, type PlatformRequest, type PlatformResponse } from '../http/platform.js';
import { sendJson, startStream } from '../http/send.js';
import { LiveFeed } from '../live-feed.js';
import { INSTANCES_HEADER } from '../separate-instances.js';
import { StatusReader } from '../status-reader.js';
import type { EndpointTable } from './endpoints.js';

/** Endpoints for the present state: `api/alerts`, `api/status`, and `api/live` (server-sent events). */
@Injectable()
export class StatusEndpoints {
  readonly table: EndpointTable = {
    'api/alerts': (_, __, response) => sendJson(response, this.alerts.list()),
    'api/status': async (_, request, response) =>
      sendJson(response, await this.status.read(headerOf(request, INSTANCES_HEADER))),
    'api/live': (_, request, response) => this.live(request, response),
  };

  constructor(
    private readonly status: StatusReader,
    private readonly alerts: LlmTelemetryAlerts,
    private readonly feed: LiveFeed,
  ) {}

  private live(request: PlatformRequest, response: PlatformResponse): void {
    if (this.feed.isFull)
      throw new ServiceUnavailableException('Too many live clients. Try again in a moment.');
    const stream = startStream(request, response, {
      'cache-control': 'no-store, no-transform',
      'content-type': 'text/event-stream; charset=utf-8',
      // An idle keep-alive connection would delay the shutdown of the application.
      connection: 'close',
      // Prevents nginx from buffering events.
      'x-accel-buffering': 'no',
    });
    if (stream) this.feed.add(stream);
  }
}
