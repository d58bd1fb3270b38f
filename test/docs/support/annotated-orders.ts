import { Controller, Get, Injectable, Post } from '@nestjs/common';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import Anthropic from '@anthropic-ai/sdk';
import {
  currentLlmCall,
  LlmCall,
  type CallRecord,
  type LlmTelemetryOptions,
  type RecordedResponse,
} from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { CollectedMetrics } from '../../support/metrics.js';
import { chat } from '../../support/prompts.js';
import { CollectedSpans } from '../../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../../support/telemetry-app.js';

/** Annotated service that verifies the claims of docs/telemetry.md, in a new application per test. */

export const USAGE = { inputTokens: 100, outputTokens: 10 };
export const MODEL = 'gpt-4o-mini-2024-07-18';

@Injectable()
export class Assistant {
  constructor(
    readonly openai: OpenAI,
    readonly anthropic: Anthropic,
  ) {}

  @LlmCall({ feature: 'orders', operation: 'summarize' })
  async summarize(prompt?: string, options?: OpenAI.RequestOptions): Promise<string> {
    const request = { ...chat(prompt), temperature: 0.2, max_tokens: 60 };
    const { choices } = await this.openai.chat.completions.create(request, options);
    return choices[0]!.message.content ?? '';
  }

  @LlmCall({ feature: 'orders', operation: 'retried', retry: { maxRetries: 1 } })
  async retried(): Promise<void> {
    await this.openai.chat.completions.create(chat());
  }

  @LlmCall({ feature: 'orders', operation: 'stream' })
  async stream(
    prompt?: string,
    leaveAfter = Infinity,
    options?: OpenAI.RequestOptions,
    onChunk = () => {},
  ): Promise<void> {
    const request = { ...chat(prompt), stream: true, stream_options: { include_usage: true } } as const;
    let chunks = 0;
    for await (const _ of await this.openai.chat.completions.create(request, options)) {
      onChunk();
      if (++chunks === leaveAfter) break;
    }
  }

  @LlmCall({ feature: 'orders', operation: 'by_hand' })
  byHand(...responses: Array<Partial<RecordedResponse>>): void {
    for (const response of responses)
      currentLlmCall()!.recordResponse({ provider: 'openai', model: MODEL, usage: USAGE, ...response });
  }

  @LlmCall({ feature: 'reports', operation: 'outer' })
  async outer(): Promise<void> {
    await this.openai.chat.completions.create(chat());
    await this.summarize();
  }

  @LlmCall({ feature: 'orders', operation: 'send' })
  async send(body: () => Promise<unknown>): Promise<void> {
    await body();
  }
}

@Controller('orders')
class OrdersController {
  constructor(private readonly assistant: Assistant) {}

  @Post('summarize')
  async summarize(): Promise<void> {
    this.assistant.byHand({});
  }

  @Get('route/:id')
  async route(): Promise<void> {
    this.assistant.byHand({});
  }
}

export const spans = new CollectedSpans();
export let metrics: CollectedMetrics;
export let telemetry: TelemetryApp;

export async function start(options: LlmTelemetryOptions = {}, maxRetries = 0): Promise<void> {
  metrics = new CollectedMetrics().register();
  spans.clear();
  await startWithoutMetrics(options, maxRetries);
}

export async function startWithoutMetrics(options: LlmTelemetryOptions = {}, maxRetries = 0): Promise<void> {
  telemetry = await startTelemetryApp({
    providers: [Assistant],
    controllers: [OrdersController],
    options,
    maxRetries,
  });
}
afterEach(() => telemetry?.stop());

interface Ended {
  readonly record: CallRecord;
  readonly call: ReadableSpan;
  readonly attempts: readonly ReadableSpan[];
  readonly error: unknown;
}

/** Runs the work and returns the call that ended last. */
export async function ended(work: (assistant: Assistant) => unknown): Promise<Ended> {
  let error: unknown = null;
  try {
    await work(telemetry.get(Assistant));
  } catch (thrown) {
    error = thrown;
  }
  await telemetry.flush();
  const call = (await spans.calls()).at(-1)!;
  const { traceId } = call.spanContext();
  const attempts = (await spans.attempts()).filter((span) => span.spanContext().traceId === traceId);
  return { record: telemetry.records.at(-1)!, call, attempts, error };
}

export const lines = () =>
  telemetry.logger.of('LlmTelemetry').filter(({ text }) => text.includes('operation='));
