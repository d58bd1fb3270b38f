import { Controller, Get, Req, Res, ServiceUnavailableException } from '@nestjs/common';
import { LiveFeed } from '../live/live-feed.js';
import { PRIVATE_HEADERS } from './answer.js';
import { Guarded } from './guarded.js';
import { Parameters } from './parameters.js';
import { takeOver, type PlatformRequest, type PlatformResponse } from './platform.js';

/** `api/live`: server-sent events. */
@Controller()
@Guarded()
export class LiveController {
  constructor(private readonly feed: LiveFeed) {}

  @Get('api/live')
  live(@Req() request: PlatformRequest, @Res() response: PlatformResponse): void {
    void new Parameters(request, []);
    if (this.feed.isFull)
      throw new ServiceUnavailableException(
        'There are too many live clients already. Try again in a moment.',
      );
    const raw = takeOver(response);
    raw.writeHead(200, {
      ...PRIVATE_HEADERS,
      'cache-control': 'no-store, no-transform',
      'content-type': 'text/event-stream; charset=utf-8',
      // Once it ends the connection has no other use, and must not hold up the application's end.
      connection: 'close',
      // nginx would hold events back.
      'x-accel-buffering': 'no',
    });
    this.feed.add(raw);
  }
}
