import type { AddressInfo } from 'node:net';
import { Body, Controller, Module, Post } from '@nestjs/common';
import {
  currentLlmCall,
  LlmTelemetry,
  LlmTelemetryModule,
  type LlmTelemetryOptions,
} from 'nestjs-llm-telemetry';
import type { LedgerEntry } from 'nestjs-llm-telemetry/testing';
import OpenAI from 'openai';
import { AppConfigModule } from '../../src/example/app-config.module.js';
import { ORDERS } from '../../src/example/demo/samples/orders.js';
import { TICKETS } from '../../src/example/demo/samples/tickets.js';
import { LlmClientsModule } from '../../src/example/llm-clients.module.js';
import { OrdersModule } from '../../src/example/orders/orders.module.js';
import { SupportModule } from '../../src/example/support/support.module.js';
import { costOf, sumOf, type ModelPrices } from '../support/bill.js';
import { ExampleApp } from '../support/example-app.js';

/** Prices in USD per million tokens, high enough that differences are visible after rounding. */
export const PRICES: Readonly<Record<string, ModelPrices>> = {
  'gpt-4o-mini-2024-07-18': { input: 150, cached: 75, output: 600 },
  'gpt-4o-2024-08-06': { input: 250, cached: 125, output: 1000 },
  'claude-haiku-4-5-20251001': { input: 100, cached: 10, output: 500 },
};
const OVERRIDES = Object.fromEntries(
  Object.entries(PRICES).map(([model, { input, cached, output }]) => [
    model,
    { input, cachedInput: cached, output },
  ]),
);

export const LATENCY = { firstTokenMs: 20, perTokenMs: 1 };
export const UNPRICED = 'qwen3-32b';
const HOUSE_MODEL = 'house-model';

/** Request to the service that makes one call, with the entries of the provider's bill. */
export interface SentCall {
  readonly feature: string;
  readonly operation: string;
  /** Fault of the emulator. */
  readonly fault: string | null;
  readonly stream: boolean;
  /** Unix milliseconds, measured by the client. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly tookMs: number;
  readonly entries: readonly LedgerEntry[];
}

/** Additional features: calls without a price, with cached input and without usage. */
@Controller('more')
class MoreController {
  constructor(
    private readonly telemetry: LlmTelemetry,
    private readonly openai: OpenAI,
  ) {}

  @Post()
  async send(
    @Body() { feature, model, text }: { feature: string; model: string; text: string },
  ): Promise<object> {
    await this.telemetry.run({ feature, operation: 'answer' }, async () => {
      if (model === '') return currentLlmCall()!.recordResponse({ provider: 'house', model: HOUSE_MODEL });
      return this.openai.chat.completions.create({
        model,
        max_tokens: 60,
        messages: [
          { role: 'system', content: INSTRUCTIONS },
          { role: 'user', content: text },
        ],
      });
    });
    return {};
  }
}

/** Exceeds the minimum length of cached prompts. */
const INSTRUCTIONS = 'You answer questions about orders. Be brief. '.repeat(150);

/** Example service with additional features on Fastify, and the requests that were sent to it sequentially. */
export class ServiceTraffic {
  readonly calls: SentCall[] = [];

  private constructor(readonly example: ExampleApp) {}

  /** URL of the dashboard. */
  get url(): string {
    const { port } = this.example.app.getHttpServer().address() as AddressInfo;
    return `http://127.0.0.1:${port}/llm`;
  }

  static async start(options: LlmTelemetryOptions): Promise<ServiceTraffic> {
    @Module({
      imports: [
        AppConfigModule,
        LlmTelemetryModule.forRoot({ ...options, store: 'memory', pricing: { overrides: OVERRIDES } }),
        LlmClientsModule,
        OrdersModule,
        SupportModule,
      ],
      controllers: [MoreController],
    })
    class ServiceModule {}
    return new ServiceTraffic(
      await ExampleApp.start({
        module: ServiceModule,
        emulatorOptions: { seed: 7, cachedTokens: true, latency: LATENCY },
      }),
    );
  }

  /** Sends orders and tickets of the example: all with faults and some without. */
  async sendSamples(): Promise<void> {
    const faulty = (text: string): boolean => text.includes('[emulate');
    const some = <T>(all: readonly T[], textOf: (one: T) => string): T[] =>
      all.filter((one, index) => faulty(textOf(one)) || index % 4 === 0);
    // Cut streams have no usage. Their tokens are estimated, so they differ from the bill.
    const billed = (text: string): boolean => !text.includes('[emulate cut');
    for (const { order_text, stream = false } of some(ORDERS, ({ order_text }) => order_text))
      if (billed(order_text)) await this.order(order_text, stream);
    for (const ticket of some(TICKETS, (text) => text)) if (billed(ticket)) await this.ticket(ticket);
    for (let index = 0; index < 4; index++) await this.more('search_answers', 'gpt-4o', `Question ${index}?`);
    for (let index = 0; index < 3; index++)
      await this.more('ticket_routing', UNPRICED, `Where to, ${index}?`);
    await this.more('house_notes', '', 'Nobody counts this.');
  }

  order(text: string, stream = false): Promise<void> {
    const operation = stream ? 'summarize_stream' : 'summarize';
    return this.send('order_dashboard', operation, text, stream, () =>
      this.example.post(`/orders/summarize${stream ? '/stream' : ''}`, {
        order_text: text,
        user_id: 'customer-1',
      }),
    );
  }

  ticket(text: string): Promise<void> {
    return this.send('support_triage', 'classify', text, false, () => this.example.classify(text));
  }

  more(feature: string, model: string, text: string): Promise<void> {
    return this.send(feature, 'answer', text, false, () =>
      this.example.post('/more', { feature, model, text }),
    );
  }

  private async send(
    feature: string,
    operation: string,
    text: string,
    stream: boolean,
    ask: () => PromiseLike<unknown>,
  ): Promise<void> {
    const { ledger } = this.example.emulator;
    const before = ledger.entries().length;
    const startedAt = Date.now();
    const start = performance.now();
    // An aborted response is the requested fault.
    await Promise.resolve(ask()).catch(() => undefined);
    const tookMs = performance.now() - start;
    const endedAt = Date.now();
    const [, fault = null] = /\[emulate (\w+)/.exec(text) ?? [];
    this.calls.push({
      feature,
      operation,
      fault,
      stream,
      startedAt,
      endedAt,
      tookMs,
      entries: ledger.entries().slice(before),
    });
  }
}

export function usdOf(calls: readonly SentCall[]): number {
  return sumOf(calls, ({ entries }) => sumOf(entries, (entry) => costOf(entry, PRICES)));
}

/** Returns the error type of a failed call, or `null`. */
export function failureOf({ feature, fault, entries }: SentCall): string | null {
  const last = entries.at(-1);
  if (!last) return null;
  if (last.status === 429) return 'rate_limit';
  if (last.status === 529) return 'overloaded';
  if (last.status >= 500) return 'server_error';
  if (last.finish === 'cut') return 'stream_cut';
  if (last.finish === 'content_filter') return 'content_filter';
  // The response is not the expected JSON.
  if (feature === 'support_triage' && ['invalid_json', 'refuse', 'truncate'].includes(fault ?? ''))
    return 'parse';
  return fault === 'empty' ? 'empty_response' : null;
}

export function isTruncated({ entries }: SentCall): boolean {
  return entries.at(-1)?.finish === 'length';
}

/** Returns the model of a call without its version, as the page groups by it. */
export function modelOf({ entries }: SentCall): string {
  return (entries.at(-1)?.model ?? HOUSE_MODEL).replace(/-(\d{8}|\d{4}-\d{2}-\d{2})$/, '');
}

/** Returns the minimum duration of a call: the latency of the emulator. */
export function leastMsOf({ entries }: SentCall): number {
  const waited = sumOf(entries, ({ billed, outputTokens }) =>
    billed ? LATENCY.firstTokenMs + outputTokens * LATENCY.perTokenMs : 0,
  );
  // Timers may fire a millisecond early.
  return Math.max(0, waited - 2);
}
