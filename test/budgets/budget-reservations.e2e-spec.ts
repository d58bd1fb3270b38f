import { EventEmitter, once } from 'node:events';
import { Injectable } from '@nestjs/common';
import Anthropic from '@anthropic-ai/sdk';
import {
  LlmBudgetExceededError,
  LlmCall,
  LlmTelemetryQueries,
  type Budget,
  type BudgetStatus,
  type LlmTelemetryOptions,
} from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { defer, from, lastValueFrom, type Observable } from 'rxjs';
import type { Budgets } from '../../src/llm-telemetry/budgets/budgets.js';
import { CALL_BUDGETS } from '../../src/llm-telemetry/budgets/call-budgets.token.js';
import { chat, message } from '../support/prompts.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/** Concurrent calls cannot spend the rest of a budget twice: each one reserves its estimated cost. */

const { jest } = import.meta;

const CALLS = 200;
const PROMPT = 'Summarize the order of the customer in one short sentence, please. '.repeat(20);

@Injectable()
class Assistant {
  private readonly gate = new EventEmitter();

  constructor(
    readonly openai: OpenAI,
    readonly anthropic: Anthropic,
  ) {}

  @LlmCall({ feature: 'orders', operation: 'openai' })
  async json(): Promise<unknown> {
    return this.openai.chat.completions.create(chat(PROMPT));
  }

  @LlmCall({ feature: 'orders', operation: 'openai_stream' })
  async *stream(): AsyncGenerator {
    yield* await this.openai.chat.completions.create({ ...chat(PROMPT), stream: true });
  }

  @LlmCall({ feature: 'orders', operation: 'anthropic' })
  async message(): Promise<unknown> {
    return this.anthropic.messages.create(message(PROMPT));
  }

  @LlmCall({ feature: 'orders', operation: 'anthropic_stream' })
  async *messageStream(): AsyncGenerator {
    yield* await this.anthropic.messages.create({ ...message(PROMPT), stream: true });
  }

  /** Keeps its estimate reserved ($0.0006 plus its input) until the gate opens. */
  @LlmCall({ feature: 'orders', operation: 'hold' })
  async hold(): Promise<void> {
    await this.openai.chat.completions.create(chat());
    const opened = once(this.gate, 'open');
    this.gate.emit('closed');
    await opened;
  }

  /** Starts a call that waits at the gate. Resolves with a function that opens the gate and awaits the call. */
  async startHolding(): Promise<() => Promise<void>> {
    const closed = once(this.gate, 'closed');
    const held = this.hold();
    await closed;
    return () => {
      this.gate.emit('open');
      return held;
    };
  }

  @LlmCall({ feature: 'orders', operation: 'lazy' })
  lazy(): PromiseLike<unknown> {
    return this.openai.chat.completions.create(chat());
  }

  @LlmCall({ feature: 'orders', operation: 'observable' })
  observable(): Observable<unknown> {
    return defer(() => from(this.openai.chat.completions.create(chat())));
  }

  @LlmCall({ feature: 'orders', operation: 'plain_fetch' })
  async plainFetch(): Promise<unknown> {
    const response = await this.fetch();
    if (!response.ok) throw new Error(`status ${response.status}`);
    return response.json();
  }

  @LlmCall({ feature: 'orders', operation: 'response' })
  async response(): Promise<Response> {
    return this.fetch();
  }

  @LlmCall({ feature: 'orders', operation: 'wrapped' })
  async wrapped(): Promise<unknown> {
    try {
      return await this.anthropic.messages.create({ ...message(), max_tokens: 1000 });
    } catch (error) {
      throw new TypeError('The assistant is not available.', { cause: error });
    }
  }

  @LlmCall({ feature: 'orders', operation: 'fallback' })
  async fallback(): Promise<string> {
    return this.openai.chat.completions.create(chat()).then(
      () => 'model',
      () => 'fallback',
    );
  }

  @LlmCall({ feature: 'orders', operation: 'retried', retry: 2 })
  async retried(text = '[emulate server_error] Hi.'): Promise<unknown> {
    return this.openai.chat.completions.create(chat(text), { maxRetries: 0 });
  }

  @LlmCall({ feature: 'orders', operation: 'outer' })
  async outer(inner: number): Promise<unknown> {
    await this.openai.chat.completions.create(chat());
    return Promise.allSettled(Array.from({ length: inner }, () => this.json()));
  }

  private fetch(): Promise<Response> {
    return fetch(`${this.openai.baseURL}/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk-canary-openai-key', 'content-type': 'application/json' },
      body: JSON.stringify(chat()),
    });
  }
}

const running: TelemetryApp[] = [];
afterEach(async () => {
  for (const app of running.splice(0)) await app.stop();
});

async function start(budget: Partial<Budget>, options: LlmTelemetryOptions = {}): Promise<TelemetryApp> {
  const app = await startTelemetryApp({
    providers: [Assistant],
    maxRetries: 2,
    options: {
      store: 'memory',
      includeStreamUsage: true,
      ...options,
      budgets: [{ feature: 'orders', usd: 1, per: 'day', onExceed: 'block', ...budget }],
    },
  });
  running.push(app);
  return app;
}

const sent = (app: TelemetryApp): number => app.emulator.ledger.entries().length;
const status = async (app: TelemetryApp): Promise<BudgetStatus> =>
  (await app.get(LlmTelemetryQueries).budgets()).budgets[0]!;
const drained = async (items: AsyncIterable<unknown>): Promise<void> => {
  for await (const _item of items);
};

/** Awaits all calls and returns how many were admitted. Expects every error to be a refusal by the budget. */
async function admittedOf(calls: ReadonlyArray<Promise<unknown>>): Promise<number> {
  const results = await Promise.allSettled(calls);
  for (const result of results)
    if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(LlmBudgetExceededError);
  return results.filter((result) => result.status === 'fulfilled').length;
}

/** Returns prices at which the prompt costs $0.02 and the output nothing. */
async function twoCents(app: TelemetryApp, kind: Kind): Promise<LlmTelemetryOptions['pricing']> {
  await KINDS[kind](app.get(Assistant));
  await app.flush();
  const { inputTokens } = app.records[0]!.usage!;
  const price = { input: (0.02 / inputTokens) * 1e6, output: 0 };
  return { overrides: { 'gpt-4o-mini': price, 'claude-haiku-4-5': price } };
}

const KINDS = {
  'openai, one response': (assistant: Assistant) => assistant.json(),
  'openai, streams': (assistant: Assistant) => drained(assistant.stream()),
  'anthropic, one response': (assistant: Assistant) => assistant.message(),
  'anthropic, streams': (assistant: Assistant) => drained(assistant.messageStream()),
};
type Kind = keyof typeof KINDS;

describe.each(Object.keys(KINDS) as Kind[])('200 concurrent calls of $0.02 (%s)', (kind) => {
  it('spend no more than the remaining $0.10 if the cost of an earlier call is known', async () => {
    const pricing = await twoCents(await start({}), kind);
    const app = await start({ usd: 0.12 }, { pricing });
    await KINDS[kind](app.get(Assistant));
    await app.flush();
    const calls = Array.from({ length: CALLS }, () => KINDS[kind](app.get(Assistant)));
    expect(await admittedOf(calls)).toBe(5);
    await app.flush();
    expect(sent(app)).toBe(1 + 5);
    expect(await status(app)).toMatchObject({
      spentUsd: expect.closeTo(0.12, 9) as number,
      reservedUsd: 0,
      callsInFlight: 0,
    });
  });

  it('exceed $0.10 by at most the error of the estimates if no earlier call is known', async () => {
    const pricing = await twoCents(await start({}), kind);
    const app = await start({ usd: 0.1 }, { pricing });
    const calls = Array.from({ length: CALLS }, () => KINDS[kind](app.get(Assistant)));
    const admitted = await admittedOf(calls);
    await app.flush();
    expect(sent(app)).toBe(admitted);
    const [{ usage }] = app.records.filter(({ attempts }) => attempts.length > 0) as [
      (typeof app.records)[0],
    ];
    // Without earlier calls, the estimate is one token per four bytes of the prompt.
    const estimate = 0.02 * (PROMPT.length / 4 / usage!.inputTokens);
    const { spentUsd } = await status(app);
    expect(spentUsd).toBeCloseTo(0.02 * admitted, 6);
    expect(spentUsd).toBeLessThanOrEqual(0.1 + admitted * Math.max(0, 0.02 - estimate) + 1e-9);
    expect(admitted).toBeGreaterThanOrEqual(1);
    const refused = app.records.filter(({ failure }) => failure?.type === 'budget_exceeded');
    expect(refused).toHaveLength(CALLS - admitted);
    expect(refused.every(({ attempts, cost }) => attempts.length === 0 && cost.costUsd === 0)).toBe(true);
  });
});

describe('a refusal of the first request', () => {
  /** Enough for the call at the gate, and not for a second one. */
  const ONE: Partial<Budget> = { usd: 0.001 };

  it.each<[string, (assistant: Assistant) => Promise<unknown>]>([
    ['a promise, with openai', (assistant) => assistant.json()],
    ['a promise, with an error that wraps that of anthropic', (assistant) => assistant.wrapped()],
    ['an async generator', (assistant) => drained(assistant.stream())],
    ['a lazy promise', async (assistant) => assistant.lazy()],
    ['an Observable', (assistant) => lastValueFrom(assistant.observable())],
    ['a promise, with fetch', (assistant) => assistant.plainFetch()],
    ['a promise of the response itself', (assistant) => assistant.response()],
  ])('reaches the caller as LlmBudgetExceededError from %s, and nothing is sent', async (_kind, call) => {
    const app = await start(ONE);
    const assistant = app.get(Assistant);
    const open = await assistant.startHolding();
    const error: unknown = await call(assistant).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LlmBudgetExceededError);
    expect((error as LlmBudgetExceededError).budget.reason).toBe('reserved');
    await open();
    await app.flush();
    expect(sent(app)).toBe(1);
    const [refused] = app.records;
    expect(refused).toMatchObject({
      budgetExceeded: true,
      failure: { type: 'budget_exceeded', errorClass: 'LlmBudgetExceededError' },
      attempts: [],
      cost: { source: null, costUsd: 0 },
    });
  });

  it.each(['json', 'message'] as const)('is not retried by the SDK (%s)', async (kind) => {
    const app = await start(ONE);
    const assistant = app.get(Assistant);
    const open = await assistant.startHolding();
    // A retry would reserve again.
    const reserve = jest.spyOn(app.app.get<Budgets>(CALL_BUDGETS, { strict: false }), 'reserve');
    await expect(assistant[kind]()).rejects.toThrow(LlmBudgetExceededError);
    expect(reserve).toHaveBeenCalledTimes(1);
    await open();
  });

  it('is not retried by the decorator, and a method can handle it with a fallback', async () => {
    const app = await start(ONE);
    const assistant = app.get(Assistant);
    const open = await assistant.startHolding();
    const results = await Promise.allSettled([assistant.fallback(), assistant.retried('Hi.')]);
    expect(results[0]).toEqual({ status: 'fulfilled', value: 'fallback' });
    expect(results[1]).toMatchObject({ reason: { name: 'LlmBudgetExceededError' } });
    await open();
    await app.flush();
    // Each operation has one record, so no refused call was retried.
    expect(app.records.map(({ operation }) => operation).sort()).toEqual(['fallback', 'hold', 'retried']);
    const fallback = app.records.find(({ operation }) => operation === 'fallback')!;
    expect(fallback).toMatchObject({ failure: null, cost: { source: null, costUsd: 0 } });
    expect(app.logger.entries.filter(({ text }) => text.includes('not captured'))).toEqual([]);
  });

  it('does not affect calls after the reservation is released', async () => {
    const app = await start(ONE);
    const assistant = app.get(Assistant);
    const open = await assistant.startHolding();
    await expect(assistant.json()).rejects.toThrow('is reserved for calls in flight');
    await open();
    await app.flush();
    await assistant.json();
    expect(sent(app)).toBe(2);
  });
});

describe('a reservation', () => {
  it('is released when a call fails, also by each retry', async () => {
    const app = await start({ usd: 0.001 });
    await expect(app.get(Assistant).retried()).rejects.toThrow();
    await app.flush();
    expect(app.records).toHaveLength(3);
    expect(await status(app)).toMatchObject({ spentUsd: 0, reservedUsd: 0, callsInFlight: 0 });
    await app.get(Assistant).json();
  });

  it('of an outer call does not count against its nested calls, which share the rest of the budget', async () => {
    const app = await start({ usd: 0.0002 });
    const outcomes = (await app.get(Assistant).outer(3)) as Array<PromiseSettledResult<unknown>>;
    // The estimate of each nested call exceeds the limit, so only one is admitted at a time.
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    await app.flush();
    expect(await status(app)).toMatchObject({ reservedUsd: 0, callsInFlight: 0 });
  });

  it('is made by blocking budgets only', async () => {
    const app = await start({ usd: 1e-9, onExceed: 'warn' });
    await Promise.all(Array.from({ length: 3 }, () => app.get(Assistant).json()));
    await app.flush();
    expect(await status(app)).toMatchObject({ reservedUsd: 0, exceeded: true });
    expect(sent(app)).toBe(3);
  });
});
