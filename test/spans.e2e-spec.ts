import { Injectable } from '@nestjs/common';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import Anthropic from '@anthropic-ai/sdk';
import { LlmCall } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { CollectedSpans } from './support/spans.js';
import { startTelemetryApp, type TelemetryApp } from './support/telemetry-app.js';

@Injectable()
class Summaries {
  constructor(
    readonly openai: OpenAI,
    readonly anthropic: Anthropic,
  ) {}

  @LlmCall({ feature: 'order_dashboard', operation: 'summarize' })
  async summarize(text: string, maxTokens = 200): Promise<string | null> {
    const completion = await this.openai.chat.completions.create({
      model: 'gpt-4o-mini',
      temperature: 0,
      max_tokens: maxTokens,
      messages: [
        { role: 'system', content: 'Summarize the following order in 2-3 sentences for a customer.' },
        { role: 'user', content: text },
      ],
    });
    return completion.choices[0]!.message.content;
  }

  @LlmCall({ feature: 'support_triage', operation: 'classify' })
  async classify(text: string): Promise<unknown> {
    const message = await this.anthropic.messages.create({
      model: 'claude-haiku-4-5',
      max_tokens: 100,
      messages: [{ role: 'user', content: text }],
    });
    const block = message.content[0];
    return block?.type === 'text' ? JSON.parse(block.text) : null;
  }
}

const TICKET =
  'Respond with JSON only: {"category": "...", "urgency": "low|medium|high"}\n\nTicket: My invoice is wrong';
const ORDER = 'Order #10457: 2 x Espresso cups, 1 x Grinder. Total: €129.90. Delivery on Friday to Lyon.';

describe('spans of a call', () => {
  const spans = new CollectedSpans();
  let telemetry: TelemetryApp;
  beforeAll(async () => {
    telemetry = await startTelemetryApp({ providers: [Summaries] });
  });
  afterAll(() => telemetry.stop());
  beforeEach(() => {
    spans.clear();
    telemetry.emulator.reset();
    telemetry.records.length = 0;
  });

  it('are one for the call and one for the attempt, with the tokens of the bill', async () => {
    await telemetry.get(Summaries).summarize(ORDER);
    const [call] = await spans.calls();
    const [attempt] = await spans.attempts();
    const [bill] = telemetry.emulator.ledger.entries();
    console.log(call?.attributes, attempt?.attributes, telemetry.logger.of('LlmTelemetry'));
    expect(call).toMatchObject({
      name: 'llm.summarize',
      kind: SpanKind.INTERNAL,
      status: { code: SpanStatusCode.OK },
    });
    expect(attempt).toMatchObject({ name: 'chat gpt-4o-mini', kind: SpanKind.CLIENT });
    expect(call!.attributes['llm.prompt_tokens']).toBe(bill!.inputTokens);
  });

  it('anthropic', async () => {
    await telemetry.get(Summaries).classify(TICKET);
    const [call] = await spans.calls();
    console.log(
      (await spans.all()).map((s) => [s.name, s.spanContext().spanId, s.parentSpanContext?.spanId]),
      call?.attributes,
    );
  });
});
