import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter, once } from 'node:events';
import { Global, Inject, Injectable, Module, Scope, type OnApplicationShutdown } from '@nestjs/common';
import { ContextIdFactory, NestFactory, REQUEST } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  currentLlmCall,
  LlmCall,
  LlmTelemetry,
  LlmTelemetryModule,
  type CallRecord,
  type LlmTelemetryOptions,
} from 'nestjs-llm-telemetry';
import { startProviderEmulator, type ProviderEmulator } from 'nestjs-llm-telemetry/testing';
import OpenAI from 'openai';
import { chat } from '../support/prompts.js';
import { CollectedSpans } from '../support/spans.js';
import { clients, startTelemetryApp } from '../support/telemetry-app.js';

@Injectable()
class Greeter {
  private refusals = 1;

  constructor(readonly openai: OpenAI) {}

  @LlmCall({ feature: 'greeting', operation: 'greet' })
  async greet(): Promise<string> {
    return (await this.openai.chat.completions.create(chat())).id;
  }

  @LlmCall({ feature: 'greeting', operation: 'greet_again', retry: { maxRetries: 1, maxDelayMs: 1 } })
  async greetAgain(): Promise<string> {
    const id = await this.greet();
    if (this.refusals-- > 0) throw new OpenAI.APIConnectionError({ message: 'Refused once.' });
    return id;
  }

  @LlmCall({ feature: 'greeting', operation: 'greet_after' })
  async greetAfter(event: Promise<unknown>): Promise<string> {
    await event;
    return (await this.openai.chat.completions.create(chat())).id;
  }
}

@Injectable()
class Farewell implements OnApplicationShutdown {
  constructor(private readonly greeter: Greeter) {}

  async onApplicationShutdown(): Promise<void> {
    await this.greeter.greet();
  }
}

@Injectable({ scope: Scope.REQUEST })
class RequestScopedGreeter extends Greeter {
  constructor(
    openai: OpenAI,
    @Inject(REQUEST) readonly request: unknown,
  ) {
    super(openai);
  }
}

describe('applications with LlmTelemetryModule', () => {
  const spans = new CollectedSpans();
  beforeEach(() => spans.clear());

  it('do not share calls with other applications of the process', async () => {
    const one = await startTelemetryApp({ providers: [Greeter] });
    const two = await startTelemetryApp({ providers: [Greeter] });
    try {
      await Promise.all([one.get(Greeter).greet(), two.get(Greeter).greet(), two.get(Greeter).greet()]);
      expect([one.records.length, two.records.length]).toEqual([1, 2]);
      // An instance that Nest did not create could belong to either application, so it belongs to none.
      const requestsBefore = one.emulator.requests.length;
      await new Greeter(one.get(OpenAI)).greet();
      expect(one.emulator.requests).toHaveLength(requestsBefore + 1);
      expect(two.records).toHaveLength(2);
      expect(one.records.map(({ feature }) => feature)).toEqual(['greeting', 'unattributed']);
    } finally {
      await two.stop();
      await one.stop();
    }
  });

  it('record nothing and start no span once they are closed, and their methods still work', async () => {
    const telemetry = await startTelemetryApp({ providers: [Greeter] });
    try {
      const greeter = telemetry.get(Greeter);
      const service = telemetry.get(LlmTelemetry);
      const wrapped = new OpenAI({
        apiKey: 'sk-not-a-key',
        baseURL: telemetry.emulator.openaiBaseUrl,
        fetch: service.wrapFetch(fetch),
      });
      await telemetry.app.close();
      const results = [
        await greeter.greet(),
        await greeter.greetAgain(),
        await new Greeter(greeter.openai).greet(),
        await service.run({ feature: 'a', operation: 'b' }, async () => greeter.greet()),
        (await greeter.openai.chat.completions.create(chat())).id,
        (await wrapped.chat.completions.create(chat())).id,
      ];
      await service.flush();
      expect(results).toEqual(results.map(() => expect.stringMatching(/^chatcmpl-/)));
      // One of them is sent again by the decorator's `retry`.
      expect(telemetry.emulator.requests).toHaveLength(results.length + 1);
      expect(telemetry.records).toEqual([]);
      expect(await spans.all()).toEqual([]);
    } finally {
      await telemetry.emulator.stop();
    }
  });

  it('record calls of shutdown hooks, and calls that started before they are closed', async () => {
    const telemetry = await startTelemetryApp({ providers: [Greeter, Farewell] });
    try {
      const event = new EventEmitter();
      const held = telemetry.get(Greeter).greetAfter(once(event, 'closed'));
      await telemetry.app.close();
      event.emit('closed');
      await held;
      expect(telemetry.records.map(({ operation }) => operation).sort()).toEqual(['greet', 'greet_after']);
    } finally {
      await telemetry.emulator.stop();
    }
  });

  it('work with request-scoped providers', async () => {
    const telemetry = await startTelemetryApp({ providers: [RequestScopedGreeter] });
    try {
      const contextId = ContextIdFactory.create();
      telemetry.app.registerRequestByContextId({ url: '/' }, contextId);
      const greeter = await telemetry.app.resolve(RequestScopedGreeter, contextId, { strict: false });
      await greeter.greet();
      expect(telemetry.records).toMatchObject([{ feature: 'greeting', finishReason: 'stop' }]);
    } finally {
      await telemetry.stop();
    }
  });

  it('record nothing if the module is disabled', async () => {
    const telemetry = await startTelemetryApp({ providers: [Greeter], options: { enabled: false } });
    try {
      expect(await telemetry.get(Greeter).greet()).toMatch(/^chatcmpl-/);
      const service = telemetry.get(LlmTelemetry);
      expect(service.run({ feature: 'a', operation: 'b' }, () => currentLlmCall())).toBeUndefined();
      expect(service.wrapFetch(fetch)).toBe(fetch);
      await service.flush();
      expect(telemetry.records).toEqual([]);
      expect(telemetry.logger.of('LlmTelemetry')).toEqual([]);
      expect(await spans.all()).toEqual([]);
    } finally {
      await telemetry.stop();
    }
  });

  it('run annotated methods unchanged if the module is not imported', async () => {
    const telemetry = await startTelemetryApp({ providers: [Greeter], imports: [] });
    try {
      expect(() => telemetry.get(LlmTelemetry)).toThrow('LlmTelemetry');
      expect(await telemetry.get(Greeter).greet()).toMatch(/^chatcmpl-/);
      expect(telemetry.emulator.requests).toHaveLength(1);
      expect(await spans.all()).toEqual([]);
    } finally {
      await telemetry.stop();
    }
  });

  it('read options from an asynchronous factory', async () => {
    const emulator = await startProviderEmulator();
    const records: CallRecord[] = [];
    const RECORDS = Symbol('RECORDS');

    @Global()
    @Module({ providers: [{ provide: RECORDS, useValue: records }], exports: [RECORDS] })
    class RecordsModule {}

    @Module({
      imports: [
        RecordsModule,
        LlmTelemetryModule.forRootAsync({
          inject: [RECORDS],
          useFactory: async (list: CallRecord[]): Promise<LlmTelemetryOptions> => ({
            onCall: (record) => list.push(record),
          }),
        }),
      ],
      providers: [Greeter, { provide: OpenAI, useValue: clients(emulator).openai }],
    })
    class AsyncModule {}

    const app = await NestFactory.createApplicationContext(AsyncModule, { logger: false });
    await app.get(Greeter).greet();
    expect(records).toMatchObject([{ feature: 'greeting', operation: 'greet' }]);
    await app.close();
    await emulator.stop();
  });

  it('refuse to start with invalid prices', async () => {
    const module = Test.createTestingModule({
      imports: [
        LlmTelemetryModule.forRoot({ pricing: { overrides: { 'my-model': { input: -1, output: 1 } } } }),
      ],
    });
    await expect(module.compile()).rejects.toThrow(
      'pricing.overrides["my-model"].input must be a price in USD: 0, or a number from 0.000001 to 1000, received -1.',
    );
  });

  describe('that make requests outside of annotated methods', () => {
    let emulator: ProviderEmulator;
    let telemetry: Awaited<ReturnType<typeof startTelemetryApp>>;
    beforeAll(async () => {
      telemetry = await startTelemetryApp({
        options: { pricing: { overrides: { 'gpt-4o-mini': { input: 1, output: 2 } } } },
      });
      emulator = telemetry.emulator;
    });
    afterAll(() => telemetry.stop());
    beforeEach(() => {
      telemetry.records.length = 0;
      emulator.reset();
    });

    it('record a function passed to run as a call', async () => {
      const { openai } = clients(emulator);
      const id = await telemetry
        .get(LlmTelemetry)
        .run({ feature: 'nightly', operation: 'digest' }, async () => {
          telemetry.get(LlmTelemetry).currentCall()?.setAttributes({ 'digest.day': '2026-11-24' });
          return (await openai.chat.completions.create(chat())).id;
        });
      expect(id).toMatch(/^chatcmpl-/);
      const [bill] = emulator.ledger.entries();
      expect(telemetry.records).toMatchObject([
        {
          feature: 'nightly',
          operation: 'digest',
          attributes: { 'digest.day': '2026-11-24' },
          cost: { source: 'override', costUsd: (bill!.inputTokens + 2 * bill!.outputTokens) / 1e6 },
        },
      ]);
    });

    it('record a request outside of any call as a separate call', async () => {
      const { openai, anthropic } = clients(emulator);
      await openai.chat.completions.create(chat());
      await anthropic.messages.create({
        model: 'claude-haiku-4-5',
        max_tokens: 10,
        messages: [{ role: 'user', content: 'Say hello.' }],
      });
      expect(telemetry.records.map(({ feature, provider }) => [feature, provider])).toEqual([
        ['unattributed', 'openai'],
        ['unattributed', 'anthropic'],
      ]);
    });

    it('record a request after the end of its call as a new call of the same name', async () => {
      const { openai } = clients(emulator);
      let later = (): Promise<unknown> => Promise.resolve();
      await telemetry.get(LlmTelemetry).run({ feature: 'late', operation: 'work' }, async () => {
        await openai.chat.completions.create(chat());
        const here = AsyncLocalStorage.snapshot();
        later = () => here(() => openai.chat.completions.create(chat()));
      });
      await later();
      expect(
        telemetry.records.map(({ feature, operation, attempts }) => [feature, operation, attempts.length]),
      ).toEqual([
        ['late', 'work', 1],
        ['late', 'work', 1],
      ]);
    });

    it('record an error that the application handled', async () => {
      telemetry.get(LlmTelemetry).run({ feature: 'local', operation: 'guess' }, () => {
        currentLlmCall()?.recordError(new TypeError('with content'), 'bad_request');
      });
      expect(telemetry.records).toMatchObject([
        { failure: { type: 'bad_request', errorClass: 'TypeError' } },
      ]);
    });

    it('do not record requests that generate no content', async () => {
      const { openai, anthropic } = clients(emulator);
      await openai.models.list();
      await anthropic.messages.countTokens({
        model: 'claude-haiku-4-5',
        messages: [{ role: 'user', content: 'a' }],
      });
      await telemetry.flush();
      expect(emulator.requests).toHaveLength(2);
      expect(telemetry.records).toEqual([]);
    });
  });
});
