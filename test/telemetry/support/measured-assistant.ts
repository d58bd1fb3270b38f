import { Injectable } from '@nestjs/common';
import Anthropic from '@anthropic-ai/sdk';
import { metrics } from '@opentelemetry/api';
import { currentLlmCall, LlmCall, type LlmTelemetryOptions } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { CollectedMetrics } from '../../support/metrics.js';
import { chat, message } from '../../support/prompts.js';
import { startTelemetryApp, type TelemetryApp } from '../../support/telemetry-app.js';

/** Annotated service, and a new meter provider for each test. */

export const GPT = 'gpt-4o-mini-2024-07-18';

@Injectable()
export class Assistant {
  constructor(
    readonly openai: OpenAI,
    readonly anthropic: Anthropic,
  ) {}

  @LlmCall({ feature: 'orders', operation: 'summarize' })
  async summarize(text: string): Promise<void> {
    await this.openai.chat.completions.create({ ...chat(text), max_tokens: 60 });
  }

  @LlmCall({ feature: 'orders', operation: 'compare' })
  async compare(text: string): Promise<void> {
    await Promise.all([
      this.openai.chat.completions.create(chat(text)),
      this.anthropic.messages.create(message(text)),
    ]);
  }

  @LlmCall({ feature: 'support', operation: 'classify' })
  async classify(text: string): Promise<void> {
    await this.anthropic.messages.create(message(text));
  }

  @LlmCall({ feature: 'support', operation: 'stream' })
  async stream(text: string): Promise<void> {
    const chunks = await this.openai.chat.completions.create({
      ...chat(text),
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const chunk of chunks) void chunk;
  }

  @LlmCall({ feature: 'support', operation: 'local' })
  local(provider: string, model: string): void {
    currentLlmCall()!.recordResponse({ provider, model, usage: { inputTokens: 3, outputTokens: 2 } });
  }
}

export const telemetryApp = (semconv?: LlmTelemetryOptions['semconv']): Promise<TelemetryApp> =>
  startTelemetryApp({ providers: [Assistant], maxRetries: 2, options: { semconv } });

/** Waits for a call and ignores errors of the SDKs, which are tested elsewhere. */
export const settled = (call: Promise<void>): Promise<void> => call.catch(() => undefined);

export let collected: CollectedMetrics;
beforeEach(() => {
  collected = new CollectedMetrics().register();
});
afterAll(() => metrics.disable());
