import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SpanStatusCode } from '@opentelemetry/api';
import { ExampleApp } from '../support/example-app.js';
import { LONG_ORDER, ORDER, ORDER_SUMMARY, TICKET } from '../support/samples.js';
import { CollectedSpans } from '../support/spans.js';

const OK = { code: SpanStatusCode.OK };
const error = (message: string): object => ({ code: SpanStatusCode.ERROR, message });

/** HTTP response and span of a call for each behavior of the provider. */
describe('a call of the example service', () => {
  const spans = new CollectedSpans();
  let example: ExampleApp;
  beforeAll(async () => {
    example = await ExampleApp.start({ clients: { timeout: 250 } });
  });
  afterAll(() => example.stop());
  beforeEach(() => {
    spans.clear();
    example.emulator.reset();
  });

  interface Outcome {
    status: number;
    /** `errorType` in the body and `llm.error_type` on the span. */
    errorType?: string;
    spanStatus: object;
    finish?: string;
    attempts?: number;
  }

  it.each<[string, Outcome]>([
    ['none', { status: 200, spanStatus: OK, finish: 'stop' }],
    [
      'truncate after=10',
      { status: 200, spanStatus: error('Response truncated by token limit'), finish: 'length' },
    ],
    ['refuse', { status: 200, spanStatus: OK, finish: 'refusal' }],
    [
      'filter',
      {
        status: 503,
        errorType: 'content_filter',
        spanStatus: error('Response blocked by content filter'),
        finish: 'content_filter',
      },
    ],
    [
      'rate_limit retry_after=0',
      {
        status: 503,
        errorType: 'rate_limit',
        spanStatus: error('Rate limited by the provider'),
        attempts: 3,
      },
    ],
    ['rate_limit attempts=2 retry_after=0', { status: 200, spanStatus: OK, finish: 'stop', attempts: 3 }],
    [
      'quota retry_after=0',
      {
        status: 503,
        errorType: 'quota_exhausted',
        spanStatus: error('Quota or credit with the provider is exhausted'),
        attempts: 3,
      },
    ],
    [
      'server_error retry_after=0',
      {
        status: 503,
        errorType: 'server_error',
        spanStatus: error('Provider failed'),
        attempts: 3,
      },
    ],
    [
      'overloaded retry_after=0',
      { status: 503, errorType: 'overloaded', spanStatus: error('Provider is overloaded'), attempts: 3 },
    ],
    [
      'context_length',
      {
        status: 503,
        errorType: 'context_window_exceeded',
        spanStatus: error('Prompt exceeds the context window'),
      },
    ],
    [
      'auth',
      { status: 503, errorType: 'auth', spanStatus: error('Authentication with the provider failed') },
    ],
    ['not_found', { status: 503, errorType: 'not_found', spanStatus: error('Model or resource not found') }],
    [
      'blocked',
      {
        status: 503,
        errorType: 'content_filter',
        spanStatus: error('Response blocked by content filter'),
      },
    ],
  ])('has the expected response and span with [%s]', async (directive, outcome) => {
    const { status, body } = await example.summarize(`${ORDER} [emulate ${directive}]`);
    expect({ status, errorType: body.errorType }).toEqual({
      status: outcome.status,
      errorType: outcome.errorType,
    });
    const calls = await spans.calls();
    expect(calls).toHaveLength(1);
    const { attributes } = calls[0]!;
    expect({
      spanStatus: calls[0]!.status,
      finish: attributes['llm.finish_reason'],
      errorType: attributes['llm.error_type'],
      isError: attributes['llm.error'],
      attempts: attributes['llm.attempts'],
    }).toEqual({
      spanStatus: outcome.spanStatus,
      finish: outcome.finish,
      errorType: outcome.errorType,
      isError: outcome.errorType === undefined ? undefined : true,
      attempts: outcome.attempts ?? 1,
    });
    expect(await spans.attempts()).toHaveLength(outcome.attempts ?? 1);
  });

  it('responds with 504 and records a timeout if the provider does not respond', async () => {
    example.emulator.program({ kind: 'stall', times: 3 });
    const { body } = await example.summarize(ORDER).expect(504);
    expect(body).toEqual({ statusCode: 504, message: 'Summary service unavailable', errorType: 'timeout' });
    const [call] = await spans.calls();
    expect(call!.attributes).toMatchObject({ 'llm.error_type': 'timeout', 'llm.attempts': 3 });
    expect(call!.attributes).not.toHaveProperty(['llm.finish_reason']);
    expect(call!.status).toEqual(error('Timed out'));
    const attempts = await spans.attempts();
    expect(attempts.map(({ attributes }) => attributes['error.type'])).toEqual([
      'timeout',
      'timeout',
      'timeout',
    ]);
  });

  it('records a parsing failure if the triage is not JSON', async () => {
    await example.classify(`${TICKET} [emulate invalid_json]`).expect(503);
    const [call] = await spans.calls();
    expect(call!.attributes).toMatchObject({
      'llm.finish_reason': 'stop',
      'llm.error_type': 'parse',
      'llm.error': true,
    });
    expect(call!.attributes['llm.estimated_cost_usd']).toBeGreaterThan(0);
  });

  it('records the finish reason length and a parsing failure if JSON is truncated', async () => {
    const { body } = await example.classify(`${TICKET} [emulate truncate after=4]`).expect(503);
    expect(body.errorType).toBe('parse');
    const [call] = await spans.calls();
    expect(call!.attributes).toMatchObject({
      'llm.finish_reason': 'length',
      'llm.truncated': true,
      'llm.error_type': 'parse',
    });
    expect(call!.status).toEqual(error('Response truncated by token limit'));
  });

  describe('with a stream', () => {
    const stream = (text: string): ReturnType<ExampleApp['post']> =>
      example.post('/orders/summarize/stream', { order_text: text, user_id: 'customer-1' });

    it('succeeds if the stream is read to its end', async () => {
      const { text } = await stream(ORDER).expect(200);
      expect(text).toBe(ORDER_SUMMARY);
      const [call] = await spans.calls();
      expect(call!.status).toEqual(OK);
      expect(call!.attributes).toMatchObject({
        'llm.operation': 'summarize_stream',
        'llm.prompt_tokens': 87,
        'llm.completion_tokens': 52,
        'llm.usage_source': 'provider',
        'llm.time_to_first_token_ms': expect.any(Number),
        'llm.estimated_cost_usd': 0.00004425,
      });
    });

    it('records a truncation if the stream reaches the token limit', async () => {
      await stream(LONG_ORDER).expect(200);
      const [call] = await spans.calls();
      expect(call!.attributes).toMatchObject({ 'llm.finish_reason': 'length', 'llm.truncated': true });
      expect(call!.status).toEqual(error('Response truncated by token limit'));
    });

    it('records estimated tokens, with a flag, if the stream is cut', async () => {
      await expect(stream(`${ORDER} [emulate cut after=20]`)).rejects.toThrow('aborted');
      const [call] = await spans.calls();
      expect(call!.attributes).toMatchObject({
        'llm.error_type': 'stream_cut',
        'llm.usage_source': 'estimated',
      });
      expect(call!.attributes['llm.completion_tokens']).toBeGreaterThan(5);
      expect(call!.attributes['llm.finish_reason']).toBeUndefined();
      expect(call!.status).toEqual(error('Response was cut off before its end'));
    });

    it('records the error that the provider reports within the stream', async () => {
      await expect(stream(`${ORDER} [emulate stream_error after=5]`)).rejects.toThrow('aborted');
      const [call] = await spans.calls();
      expect(call!.attributes['llm.error_type']).toBe('server_error');
    });

    it('responds with an HTTP error status if the stream fails before its first chunk', async () => {
      const { body } = await stream(`${ORDER} [emulate filter]`).expect(503);
      expect(body.errorType).toBe('content_filter');
    });

    it('records a cancellation without an error, with estimated usage, if the client disconnects', async () => {
      const { port } = example.app.getHttpServer().address() as AddressInfo;
      const [call] = await Promise.all([
        spans.next((span) => span.name === 'llm.summarize_stream'),
        new Promise<void>((resolve, reject) => {
          const body = JSON.stringify({ order_text: `${ORDER} [emulate stall after=10]`, user_id: 'c' });
          const outgoing = httpRequest(
            {
              port,
              path: '/orders/summarize/stream',
              method: 'POST',
              headers: { 'content-type': 'application/json' },
            },
            (response) => {
              response.once('data', () => {
                outgoing.destroy();
                resolve();
              });
            },
          );
          outgoing.once('error', reject);
          outgoing.end(body);
        }),
      ]);
      expect(call.attributes).toMatchObject({
        'llm.finish_reason': 'cancelled',
        'llm.usage_source': 'estimated',
      });
      expect(call.attributes).not.toHaveProperty(['llm.error']);
      expect(call.status).toEqual({ code: SpanStatusCode.UNSET });
    });
  });

  it('is not mixed with other calls in 200 concurrent requests', async () => {
    const responses = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const order = `Order #${70_000 + index}: ${index + 1} x Coffee beans. Total: €${index}.00`;
        const user = `customer-${index}`;
        const { body } = await (index % 2 === 0
          ? example.summarize(order, user)
          : example.classify(`${index} orders were charged twice on my invoice`));
        return { index, user, body };
      }),
    );
    const calls = await spans.calls();
    expect(calls).toHaveLength(200);
    const attempts = await spans.attempts();
    const byTrace = new Map(calls.map((call) => [call.spanContext().traceId, call]));
    expect(byTrace.size).toBe(200);
    for (const attempt of attempts) {
      const call = byTrace.get(attempt.spanContext().traceId)!;
      expect(attempt.attributes['llm.operation']).toBe(call.attributes['llm.operation']);
    }
    const users = calls.map((call) => call.attributes['user.id']).filter((user) => user !== undefined);
    expect(new Set(users)).toEqual(
      new Set(responses.filter(({ index }) => index % 2 === 0).map(({ user }) => user)),
    );
    for (const { index, body } of responses) {
      if (index % 2 === 0) expect(body.summary).toContain(`#${70_000 + index} contains ${index + 1} ×`);
      else expect(body).toEqual({ category: 'billing', urgency: 'medium' });
    }
  });
});
