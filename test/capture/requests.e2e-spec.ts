import { Body, Controller, Get, Param, Post, Sse, type MessageEvent } from '@nestjs/common';
import { trace, type Span } from '@opentelemetry/api';
import { SpanKind } from '@opentelemetry/api';
import { LlmCall } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { Observable } from 'rxjs';
import request from 'supertest';
import { chat } from '../support/prompts.js';
import { CollectedSpans } from '../support/spans.js';
import { PLATFORMS, startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

@Controller('greetings')
class GreetingsController {
  constructor(private readonly openai: OpenAI) {}

  @Post(':name/twice')
  async twice(@Param('name') name: string, @Body() _body: unknown): Promise<{ name: string }> {
    await this.greet();
    await this.greet();
    return { name };
  }

  /** The handler itself is annotated. */
  @Get('handler')
  @LlmCall({ feature: 'greeting', operation: 'handler' })
  async handler(): Promise<{ id: string }> {
    return { id: (await this.openai.chat.completions.create(chat())).id };
  }

  @Get('none')
  none(): object {
    return {};
  }

  @Get('unpriced')
  async unpriced(): Promise<object> {
    await this.greet();
    await this.openai.chat.completions.create({ ...chat(), model: 'my-own-model' });
    return {};
  }

  @Sse('events')
  @LlmCall({ feature: 'greeting', operation: 'events' })
  events(): Observable<MessageEvent> {
    return new Observable((subscriber) => {
      void this.openai.chat.completions.create(chat()).then(({ id }) => {
        subscriber.next({ data: id });
        subscriber.complete();
      });
    });
  }

  @LlmCall({ feature: 'greeting', operation: 'greet' })
  private async greet(): Promise<void> {
    await this.openai.chat.completions.create(chat());
  }
}

interface KnownRequest {
  readonly headers: Record<string, string | undefined>;
}

const spans = new CollectedSpans();

describe.each(Object.keys(PLATFORMS) as Array<keyof typeof PLATFORMS>)('requests on %s', (platform) => {
  let telemetry: TelemetryApp;
  beforeAll(async () => {
    telemetry = await startTelemetryApp({
      platform,
      controllers: [GreetingsController],
      options: {
        requestContext: (context) => {
          const { headers } = context.switchToHttp().getRequest<KnownRequest>();
          return {
            userId: headers['x-user'],
            tenantId: headers['x-tenant'],
            sessionId: 42 as unknown as string,
          };
        },
      },
    });
    // Replaces the HTTP instrumentation, which cannot be loaded under Jest: creates a server span for each request.
    const tracer = trace.getTracer('http');
    const instance = telemetry.app.getHttpAdapter().getHttpServer() as import('node:http').Server;
    const [listener] = instance.listeners('request') as Array<(...args: unknown[]) => void>;
    instance.removeAllListeners('request');
    instance.on('request', (incoming, response) => {
      tracer.startActiveSpan(incoming.method!, { kind: SpanKind.SERVER }, (span: Span) => {
        response.once('finish', () => span.end());
        listener!(incoming, response);
      });
    });
  });
  afterAll(() => telemetry.stop());
  beforeEach(() => {
    spans.clear();
    telemetry.emulator.reset();
    telemetry.records.length = 0;
  });

  const server = (): Parameters<typeof request>[0] => telemetry.app.getHttpServer();
  /** Returns the server span of a request. The span may end after the client has received the response. */
  async function serverSpanOf(
    sent: PromiseLike<unknown>,
  ): Promise<Record<string, unknown> & { name: string }> {
    const [span] = await Promise.all([spans.next(({ kind }) => kind === SpanKind.SERVER), sent]);
    return { ...span.attributes, name: span.name };
  }

  it('have a server span with the name of the route and the totals of their calls', async () => {
    const span = await serverSpanOf(
      request(server())
        .post('/greetings/anna/twice')
        .set('x-user', 'u-1')
        .set('x-tenant', 't-9')
        .send({})
        .expect(201),
    );
    const billed = telemetry.emulator.ledger.entries();
    expect(span).toMatchObject({
      name: 'POST /greetings/:name/twice',
      'http.route': '/greetings/:name/twice',
      'user.id': 'u-1',
      'llm.tenant': 't-9',
      'llm.request.calls': 2,
      'llm.request.total_tokens': billed.reduce(
        (sum, { inputTokens, outputTokens }) => sum + inputTokens + outputTokens,
        0,
      ),
    });
    expect(span['llm.request.estimated_cost_usd']).toBeCloseTo(
      billed.reduce((sum, entry) => sum + entry.inputTokens * 0.15e-6 + entry.outputTokens * 0.6e-6, 0),
      12,
    );
    expect(span).not.toHaveProperty(['session.id']);
  });

  it('pass their identity and route to each call', async () => {
    await request(server())
      .post('/greetings/anna/twice')
      .set('x-user', 'u-1')
      .set('x-tenant', 't-9')
      .send({});
    expect(telemetry.records).toHaveLength(2);
    for (const record of telemetry.records) {
      expect(record).toMatchObject({
        identity: { userId: 'u-1', tenantId: 't-9' },
        route: 'POST /greetings/:name/twice',
      });
    }
    const [call] = await spans.calls();
    expect(call!.attributes).toMatchObject({ 'user.id': 'u-1', 'llm.tenant': 't-9' });
  });

  it('have one span for a call on a handler', async () => {
    const span = await serverSpanOf(request(server()).get('/greetings/handler').expect(200));
    expect((await spans.calls()).map(({ name }) => name)).toEqual(['llm.handler']);
    expect(span).toMatchObject({ 'llm.request.calls': 1 });
  });

  it('without a call have a server span with a route and no totals', async () => {
    const span = await serverSpanOf(request(server()).get('/greetings/none').expect(200));
    expect(span).toMatchObject({ 'http.route': '/greetings/none' });
    expect(Object.keys(span).filter((name) => name.startsWith('llm.'))).toEqual([]);
  });

  it('have no cost if the price of a call is unknown', async () => {
    const span = await serverSpanOf(request(server()).get('/greetings/unpriced').expect(200));
    expect(span).toMatchObject({ 'llm.request.calls': 2 });
    expect(span).not.toHaveProperty(['llm.request.estimated_cost_usd']);
  });

  it('with server-sent events keep their call open until the last event', async () => {
    const { text } = await request(server()).get('/greetings/events').expect(200);
    expect(text).toContain('data: chatcmpl-');
    expect(telemetry.records).toMatchObject([{ operation: 'events', finishReason: 'stop' }]);
  });

  it('keep their identities apart if fifty run concurrently', async () => {
    await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        request(server()).post(`/greetings/n${index}/twice`).set('x-user', `u-${index}`).send({}),
      ),
    );
    const byUser = new Map<string | undefined, number>();
    for (const { identity } of telemetry.records)
      byUser.set(identity.userId, (byUser.get(identity.userId) ?? 0) + 1);
    expect(byUser.size).toBe(50);
    expect(new Set(byUser.values())).toEqual(new Set([2]));
  });
});
