import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import { LiveFeed } from '../live/live-feed.js';
import { startStream } from '../http/send.js';
import type { EndpointTable } from './endpoints.js';
import { Parameters } from './parameters.js';
import type { PlatformRequest, PlatformResponse } from '../http/platform.js';

/** Endpoint `api/live`: server-sent events. */
@Injectable()
export class LiveEndpoints {
  readonly table: EndpointTable = {
    'api/live': (request, response) => this.live(request, response),
  };

  constructor(private readonly feed: LiveFeed) {}

  live(request: PlatformRequest, response: PlatformResponse): void {
    void new Parameters(request, []);
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
