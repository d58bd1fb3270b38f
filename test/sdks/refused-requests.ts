import { EventEmitter, once } from 'node:events';
import { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { Injectable } from '@nestjs/common';
import Anthropic0 from 'anthropic-0';
import Anthropic1 from 'anthropic-1';
import { LlmBudgetExceededError, LlmCall, type Budget } from 'nestjs-llm-telemetry';
import OpenAI5 from 'openai-5';
import OpenAI6 from 'openai-6';
import OpenAI7 from 'openai-7';
import type { Budgets } from '../../src/llm-telemetry/budgets/budgets.js';
import { CALL_BUDGETS } from '../../src/llm-telemetry/budgets/call-budgets.token.js';
import { StubProvider } from '../support/stub-provider.js';
import { chat, message } from '../support/prompts.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/** Helpers for results whose request a budget refuses after the annotated method has returned. */

const { jest } = import.meta;

@Injectable()
export class Assistant {
  private readonly gate = new EventEmitter();

  /** Reserves the budget until the gate is opened. */
  @LlmCall({ feature: 'orders', operation: 'hold' })
  async hold(send: () => Promise<unknown>): Promise<void> {
    await send();
    const opened = once(this.gate, 'open');
    this.gate.emit('closed');
    await opened;
  }

  /** Resolves when the budget is reserved, with a function that opens the gate and ends the call. */
  async startHolding(send: () => Promise<unknown>): Promise<() => Promise<void>> {
    const closed = once(this.gate, 'closed');
    const held = this.hold(send);
    await closed;
    return () => {
      this.gate.emit('open');
      return held;
    };
  }

  @LlmCall({ feature: 'orders', operation: 'ask' })
  ask<T>(make: () => T): T {
    return make();
  }

  @LlmCall({ feature: 'orders', operation: 'ask_outer' })
  askWithin<T>(make: () => T): T {
    return this.ask(make);
  }

  @LlmCall({ feature: 'orders', operation: 'ask_async' })
  async askAsync<T>(make: () => T): Promise<Awaited<T>> {
    return await make();
  }
}

/** Budget that is exhausted by the call that holds the gate. */
const ONE: Budget = { feature: 'orders', usd: 0.001, per: 'day', onExceed: 'block' };

export let app: TelemetryApp;
export let refusing: StubProvider;
let reserveSpy: jest.SpiedFunction<Budgets['reserve']>;
export let open: () => Promise<void>;

beforeEach(async () => {
  app = await startTelemetryApp({
    providers: [Assistant],
    options: { store: 'memory', budgets: [ONE] },
  });
  refusing = await StubProvider.start();
  refusing.respond = (_, response) => {
    response.writeHead(402, { 'content-type': 'application/json', 'x-should-retry': 'false' });
    response.end(JSON.stringify({ type: 'error', error: { type: 'refused', message: 'refused' } }));
  };
  const client = new OpenAI7({ apiKey: 'sk-canary', baseURL: app.emulator.openaiBaseUrl });
  open = await app.get(Assistant).startHolding(async () => client.chat.completions.create(chat() as never));
  reserveSpy = jest.spyOn(app.app.get<Budgets>(CALL_BUDGETS, { strict: false }), 'reserve');
});
afterEach(async () => {
  await app.stop();
  await refusing.stop();
});

/** Used API of the helpers, the same in each SDK and major version. */
export interface Helper {
  on(event: string, listener: (...args: unknown[]) => void): this;
  once(event: string, listener: (...args: unknown[]) => void): this;
  off(event: string, listener: (...args: unknown[]) => void): this;
  emitted(event: string): Promise<unknown>;
  done(): Promise<void>;
  abort(): void;
  /** Not available for Responses. */
  toReadableStream?(): ReadableStream;
  [Symbol.asyncIterator](): AsyncIterator<unknown>;
}

export interface Sdk {
  /** Sends its request to `origin`. */
  helper(origin: string): Helper;
  /** Methods of the helper that return a promise, except `done`. */
  readonly promises: readonly string[];
}

const chatSdk = (Client: unknown): Sdk => ({
  helper: (origin) =>
    new (Client as typeof OpenAI7)({ apiKey: 'sk-canary', baseURL: `${origin}/v1` }).chat.completions.stream(
      chat() as never,
    ) as unknown as Helper,
  promises: ['finalChatCompletion', 'finalMessage', 'finalContent', 'totalUsage'],
});
const messagesSdk = (Client: unknown): Sdk => ({
  helper: (origin) =>
    new (Client as typeof Anthropic1)({ apiKey: 'sk-canary', baseURL: origin }).messages.stream(
      message() as never,
    ) as unknown as Helper,
  promises: ['finalMessage', 'finalText', 'withResponse'],
});

export const CHAT: Record<string, Sdk> = {
  'openai 5': chatSdk(OpenAI5),
  'openai 6': chatSdk(OpenAI6),
  'openai 7': chatSdk(OpenAI7),
};
export const MESSAGES: Record<string, Sdk> = {
  'anthropic 0': messagesSdk(Anthropic0),
  'anthropic 1': messagesSdk(Anthropic1),
};

export const emulator = (): string => new URL(app.emulator.anthropicBaseUrl).origin;

export const streamOf = (helper: Helper): ReadableStream =>
  helper.toReadableStream?.() ?? (NodeReadableStream.from(helper) as ReadableStream);

export const failureOf = (work: () => unknown): Promise<unknown> =>
  Promise.resolve()
    .then(work)
    .then(
      (value) => {
        throw new Error(`It gave ${String(value)}.`);
      },
      (error: unknown) => error,
    );
export const drained = async (items: AsyncIterable<unknown>): Promise<void> => {
  for await (const _item of items);
};

/** Expects the same budget error everywhere, no sent or retried request, and records with that error. */
export async function expectRefused(errors: readonly unknown[], records = 1): Promise<void> {
  expect(errors.length).toBeGreaterThan(0);
  expect(errors[0]).toBeInstanceOf(LlmBudgetExceededError);
  expect((errors[0] as LlmBudgetExceededError).budget.reason).toBe('reserved');
  expect(new Set(errors).size).toBe(1);
  expect(reserveSpy).toHaveBeenCalledTimes(1);
  await open();
  await app.flush();
  expect(app.emulator.ledger.entries()).toHaveLength(1);
  const refused = app.records.filter(({ operation }) => operation !== 'hold');
  expect(refused).toHaveLength(records);
  for (const record of refused)
    expect(record).toMatchObject({
      failure: { type: 'budget_exceeded', errorClass: 'LlmBudgetExceededError' },
      attempts: [],
      cost: { source: null, costUsd: 0 },
    });
}
