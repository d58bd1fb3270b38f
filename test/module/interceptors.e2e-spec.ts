import {
  Controller,
  Get,
  Injectable,
  UseInterceptors,
  type CallHandler,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { LlmCall } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { retry, type Observable } from 'rxjs';
import request from 'supertest';
import { chat } from '../support/prompts.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/** Interceptors of the application, combined with the interceptor that the module registers for every route. */

@Injectable()
class Assistant {
  constructor(private readonly openai: OpenAI) {}

  @LlmCall({ feature: 'orders', operation: 'summarize' })
  async summarize(): Promise<string> {
    return (await this.openai.chat.completions.create(chat())).choices[0]!.message.content!;
  }
}

/** Subscribes to the handler again after an error. */
class RetryInterceptor implements NestInterceptor {
  intercept(_context: unknown, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(retry(2));
  }
}

@Controller('orders')
class OrdersController {
  constructor(private readonly assistant: Assistant) {}

  @Get('plain')
  plain(): Promise<string> {
    return this.assistant.summarize();
  }

  @Get('retried')
  @UseInterceptors(RetryInterceptor)
  retried(): Promise<string> {
    return this.assistant.summarize();
  }
}

describe('an interceptor that retries the handler', () => {
  let telemetry: TelemetryApp;
  afterEach(() => telemetry.stop());

  // https://github.com/nestjs/nest/issues/11923: the handler did not run again, because its result was created once.
  it.each([
    [
      'outside of the interceptor of the library',
      'plain',
      [{ provide: APP_INTERCEPTOR, useClass: RetryInterceptor }],
    ],
    ['inside of the interceptor of the library', 'retried', []],
  ])(
    'runs the handler again and records each run as a call with the identity of the request: %s',
    async (_, route, providers) => {
      telemetry = await startTelemetryApp({
        providers: [Assistant, ...providers],
        controllers: [OrdersController],
        options: { requestContext: () => ({ userId: 'u-1' }) },
      });
      telemetry.emulator.program({ kind: 'server_error' }, { kind: 'server_error' }, { kind: 'none' });
      await request(telemetry.app.getHttpServer() as never)
        .get(`/orders/${route}`)
        .expect(200);
      await telemetry.flush();
      expect(telemetry.records).toMatchObject(
        ['server_error', 'server_error', undefined].map((type) => ({
          failure: type === undefined ? null : { type },
          identity: { userId: 'u-1' },
          route: `GET /orders/${route}`,
        })),
      );
    },
  );
});
