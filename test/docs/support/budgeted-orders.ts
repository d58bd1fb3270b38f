import { Controller, Injectable, Post, UseFilters } from '@nestjs/common';
import Anthropic from '@anthropic-ai/sdk';
import {
  currentLlmCall,
  LlmCall,
  LlmExceptionFilter,
  LlmTelemetryQueries,
  type Budget,
  type BudgetStatus,
  type LlmTelemetryOptions,
  type Usage,
} from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { chat, message } from '../../support/prompts.js';
import { CollectedSpans } from '../../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../../support/telemetry-app.js';

/** Annotated service with budgets that verifies the claims of docs/budgets.md. Stopped after each test. */

@Injectable()
export class Assistant {
  constructor(
    readonly openai: OpenAI,
    private readonly anthropic: Anthropic,
  ) {}

  @LlmCall({ feature: 'orders', operation: 'summarize' })
  async summarize(model = 'gpt-4o-mini'): Promise<void> {
    await this.openai.chat.completions.create({ ...chat(), model });
  }

  @LlmCall({ feature: 'orders', operation: 'lines' })
  async *lines(): AsyncGenerator<string> {
    yield (await this.openai.chat.completions.create(chat())).id;
  }

  @LlmCall({ feature: 'orders', operation: 'request' })
  request(): PromiseLike<unknown> {
    return this.openai.chat.completions.create(chat());
  }

  @LlmCall({ feature: 'support', operation: 'classify' })
  async classify(): Promise<void> {
    await this.anthropic.messages.create(message());
  }

  @LlmCall({ feature: 'orders', operation: 'nested' })
  async nested(): Promise<void> {
    await this.openai.chat.completions.create(chat());
    await this.classify();
  }

  /** Reserves about $0.0006 while `work` runs. */
  @LlmCall({ feature: 'orders', operation: 'hold' })
  async hold(work: () => Promise<void>): Promise<void> {
    await this.openai.chat.completions.create(chat());
    await work();
  }

  @LlmCall({ feature: 'orders', operation: 'events' })
  events(): ReturnType<OpenAI['chat']['completions']['stream']> {
    return this.openai.chat.completions.stream({ ...chat(), stream: true });
  }

  @LlmCall({ feature: 'orders', operation: 'by_hand' })
  byHand(usage: Partial<Usage> | undefined, model = 'gpt-4o-mini'): void {
    currentLlmCall()!.recordResponse({ provider: 'openai', model, usage });
  }
}

@Controller()
@UseFilters(new LlmExceptionFilter({ message: 'Order service unavailable' }))
class OrdersController {
  constructor(private readonly assistant: Assistant) {}

  @Post('orders')
  async orders(): Promise<void> {
    await this.assistant.summarize();
  }
}

/** Less than the cost of any call, so that the first call exceeds it. */
export const TINY = 1e-9;
export const BLOCK: Budget = { feature: 'orders', usd: TINY, per: 'day', onExceed: 'block' };

export const spans = new CollectedSpans();
export const running: TelemetryApp[] = [];
afterEach(async () => {
  for (const app of running.splice(0)) await app.stop();
  spans.clear();
});

export async function start(
  budgets: readonly Budget[],
  options: LlmTelemetryOptions = {},
): Promise<TelemetryApp> {
  const app = await startTelemetryApp({
    providers: [Assistant],
    controllers: [OrdersController],
    options: { ...options, budgets },
  });
  running.push(app);
  return app;
}

/** Makes calls and waits until they are counted. */
export async function make(app: TelemetryApp, calls: (assistant: Assistant) => unknown): Promise<void> {
  await calls(app.get(Assistant));
  await app.flush();
}

export const statuses = async (app: TelemetryApp): Promise<readonly BudgetStatus[]> =>
  (await app.get(LlmTelemetryQueries).budgets()).budgets;
export const sent = (app: TelemetryApp): number => app.emulator.ledger.entries().length;
export const warnings = (app: TelemetryApp, start: string): string[] =>
  app.logger.entries
    .filter(({ level, text }) => level === 'warn' && text.startsWith(start))
    .map(({ text }) => text);
export const server = (app: TelemetryApp): never => app.app.getHttpServer() as never;
