import { SpanStatusCode } from '@opentelemetry/api';
import { ExampleApp } from '../support/example-app.js';
import { LONG_ORDER, ORDER, ORDER_SUMMARY, TICKET } from '../support/samples.js';
import { CollectedSpans } from '../support/spans.js';

/**
 * Spans described in the article, produced by requests to the endpoints of the example service. Costs are calculated by
 * hand from the price lists, in USD per million tokens: gpt-4o-mini 0.15 and 0.60, claude-haiku-4-5 1 and 5.
 */
describe('the spans of the example service', () => {
  const spans = new CollectedSpans();
  let example: ExampleApp;
  beforeAll(async () => {
    example = await ExampleApp.start();
  });
  afterAll(() => example.stop());
  beforeEach(() => {
    spans.clear();
    example.emulator.reset();
  });

  it('contain the tokens and the cost of a summary', async () => {
    const { body } = await example.summarize(ORDER).expect(200);
    expect(body).toEqual({ summary: ORDER_SUMMARY });
    const [span, ...more] = await spans.calls();
    expect(more).toEqual([]);
    expect(span!.name).toBe('llm.summarize');
    expect(span!.status.code).toBe(SpanStatusCode.OK);
    expect(span!.attributes).toMatchObject({
      'llm.model': 'gpt-4o-mini-2024-07-18',
      'llm.request_model': 'gpt-4o-mini',
      'llm.operation': 'summarize',
      'llm.feature': 'order_dashboard',
      'llm.temperature': 0,
      'llm.max_tokens': 200,
      'llm.prompt_tokens': 87,
      'llm.completion_tokens': 52,
      'llm.total_tokens': 139,
      'llm.finish_reason': 'stop',
      // 87 × 0.15 + 52 × 0.60 = 13.05 + 31.20, in millionths of a dollar
      'llm.estimated_cost_usd': 0.00004425,
      'llm.cached': false,
      'llm.latency_ms': expect.any(Number),
      'llm.request_time': expect.any(Number),
      'user.id': 'customer-1',
    });
    expect(span!.attributes).not.toHaveProperty(['llm.truncated']);
    expect(span!.attributes).not.toHaveProperty(['llm.error']);
  });

  it('mark a truncated summary as an error and contain its cost', async () => {
    const { body } = await example.summarize(LONG_ORDER).expect(200);
    expect(body.summary).toMatch(/^Your order #20981 contains 1 × 九谷焼/);
    const [span] = await spans.calls();
    expect(span!.status).toEqual({
      code: SpanStatusCode.ERROR,
      message: 'Response truncated by token limit',
    });
    expect(span!.attributes).toMatchObject({
      'llm.finish_reason': 'length',
      'llm.truncated': true,
      'llm.prompt_tokens': 312,
      'llm.completion_tokens': 200,
      'llm.total_tokens': 512,
      // 312 × 0.15 + 200 × 0.60 = 46.80 + 120
      'llm.estimated_cost_usd': 0.0001668,
    });
    expect(span!.attributes).not.toHaveProperty(['llm.error']);
  });

  it('contain the category and urgency of a classified ticket', async () => {
    const { body } = await example.classify(TICKET).expect(200);
    expect(body).toEqual({ category: 'billing', urgency: 'low' });
    const [span] = await spans.calls();
    const [bill] = example.emulator.ledger.entries();
    expect(span!.name).toBe('llm.classify');
    expect(span!.attributes).toMatchObject({
      'llm.provider': 'anthropic',
      'llm.model': 'claude-haiku-4-5-20251001',
      'llm.feature': 'support_triage',
      'llm.operation': 'classify',
      'llm.max_tokens': 100,
      'llm.finish_reason': 'stop',
      'llm.prompt_tokens': bill!.inputTokens,
      'llm.completion_tokens': bill!.outputTokens,
      'ticket.category': 'billing',
      'ticket.urgency': 'low',
    });
    const millionths = bill!.inputTokens * 1 + bill!.outputTokens * 5;
    expect(span!.attributes['llm.estimated_cost_usd']).toBeCloseTo(millionths / 1e6, 12);
  });

  it('contain the error type of a rate limit and a message without content of the provider', async () => {
    await example.summarize(`${ORDER} [emulate rate_limit retry_after=0]`).expect(503);
    const [span] = await spans.calls();
    expect(span!.status).toEqual({ code: SpanStatusCode.ERROR, message: 'Rate limited by the provider' });
    expect(span!.attributes).toMatchObject({ 'llm.error': true, 'llm.error_type': 'rate_limit' });
    expect(span!.events).toMatchObject([
      {
        name: 'exception',
        attributes: {
          'exception.type': 'RateLimitError',
          'exception.message': 'Rate limited by the provider',
        },
      },
    ]);
  });

  it('contain each attempt, and count tokens and cost once', async () => {
    example.emulator.program({ kind: 'server_error', retryAfter: 0 });
    await example.summarize(ORDER).expect(200);
    const [call] = await spans.calls();
    const attempts = await spans.attempts();
    expect(attempts.map(({ attributes }) => [attributes['llm.attempt'], attributes['llm.is_retry']])).toEqual(
      [
        [0, false],
        [1, true],
      ],
    );
    for (const attempt of attempts) {
      expect(attempt.parentSpanContext?.spanId).toBe(call!.spanContext().spanId);
      expect(attempt.attributes).not.toHaveProperty(['llm.estimated_cost_usd']);
    }
    expect(call!.attributes).toMatchObject({
      'llm.attempts': 2,
      'llm.attempt': 0,
      'llm.is_retry': false,
      'llm.prompt_tokens': 87,
      'llm.estimated_cost_usd': 0.00004425,
    });
  });
});
