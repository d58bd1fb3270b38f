import { Readable } from 'node:stream';
import { Injectable, SetMetadata } from '@nestjs/common';
import { SpanStatusCode } from '@opentelemetry/api';
import { currentLlmCall, LlmCall, type CallRecord } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import type { APIPromise } from 'openai/core/api-promise';
import type { ChatCompletion } from 'openai/resources/chat/completions';
import { lastValueFrom, Observable, tap, toArray } from 'rxjs';
import { chat } from '../support/prompts.js';
import { CollectedSpans } from '../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

const FEATURE = 'kinds';

/** Thenable with additional methods that is not a promise. */
class LazyAnswer implements PromiseLike<string> {
  thenCalls = 0;
  constructor(private readonly work: () => Promise<string>) {}
  then<A = string, B = never>(
    onValue?: ((value: string) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.thenCalls++;
    return this.work().then(onValue, onError);
  }
  describe(): string {
    return 'lazy';
  }
}

@Injectable()
class Kinds {
  constructor(readonly openai: OpenAI) {}

  @LlmCall({ feature: FEATURE, operation: 'promise' })
  async promise(_text: string, _more = 1): Promise<string | null> {
    const completion = await this.openai.chat.completions.create(chat());
    return completion.choices[0]!.message.content;
  }

  @LlmCall({ feature: FEATURE, operation: 'sync' })
  sync(value: number): number {
    currentLlmCall()?.recordResponse({
      provider: 'local',
      model: 'llama',
      usage: { inputTokens: value, outputTokens: 1 },
      finishReason: 'stop',
    });
    return value * 2;
  }

  @LlmCall({ feature: FEATURE, operation: 'api_promise' })
  apiPromise(): APIPromise<ChatCompletion> {
    return this.openai.chat.completions.create(chat());
  }

  @LlmCall({ feature: FEATURE, operation: 'thenable' })
  thenable(): LazyAnswer {
    return new LazyAnswer(async () => (await this.openai.chat.completions.create(chat())).id);
  }

  @LlmCall({ feature: FEATURE, operation: 'async_generator' })
  async *asyncGenerator(text = 'Say hello.'): AsyncGenerator<string, number> {
    const stream = await this.openai.chat.completions.create({
      ...chat(text),
      stream: true,
      stream_options: { include_usage: true },
    });
    let pieces = 0;
    for await (const chunk of stream) {
      const piece = chunk.choices[0]?.delta.content;
      if (!piece) continue;
      pieces++;
      yield piece;
    }
    return pieces;
  }

  @LlmCall({ feature: FEATURE, operation: 'generator' })
  *generator(): Generator<number, string> {
    yield currentLlmCall() ? 1 : 0;
    yield currentLlmCall() ? 1 : 0;
    return 'end';
  }

  @LlmCall({ feature: FEATURE, operation: 'observable' })
  observable(): Observable<string> {
    return new Observable((subscriber) => {
      this.openai.chat.completions.create(chat()).then(
        (completion) => {
          subscriber.next(completion.choices[0]!.message.content!);
          subscriber.complete();
        },
        (error: unknown) => subscriber.error(error),
      );
    });
  }

  @LlmCall({ feature: FEATURE, operation: 'sdk_stream' })
  async sdkStream(): Promise<AsyncIterable<OpenAI.Chat.Completions.ChatCompletionChunk>> {
    return this.openai.chat.completions.create({ ...chat(), stream: true });
  }

  @LlmCall({ feature: FEATURE, operation: 'node_stream' })
  async nodeStream(): Promise<Readable> {
    const response = await this.openai.chat.completions.create({ ...chat(), stream: true }).asResponse();
    return Readable.fromWeb(response.body as never);
  }

  @LlmCall({ feature: FEATURE, operation: 'throws' })
  throws(): never {
    throw new RangeError('thrown before anything was sent');
  }

  @LlmCall({ feature: FEATURE, operation: 'fallback' })
  async fallback(): Promise<string> {
    try {
      await this.openai.chat.completions.create(chat('[emulate server_error] Say hello.'));
    } catch {
      return 'hello from the cache';
    }
    return 'unreachable';
  }

  @LlmCall({ feature: FEATURE, operation: 'outer' })
  async outer(): Promise<void> {
    await this.openai.chat.completions.create(chat());
    await this.promise('x');
  }

  @LlmCall({
    feature: FEATURE,
    operation: 'attributes',
    attributes: (result: string, [text]: [string]) => ({ 'app.result': result, 'app.length': text.length }),
  })
  async withAttributes(text: string): Promise<string> {
    currentLlmCall()?.setAttributes({ 'app.own': 7 });
    return text.toUpperCase();
  }

  @SetMetadata('above', 1)
  @LlmCall({ feature: FEATURE, operation: 'decorated' })
  @SetMetadata('below', 2)
  async decorated(_a: string, _b: string): Promise<void> {}
}

describe('@LlmCall', () => {
  const spans = new CollectedSpans();
  let telemetry: TelemetryApp;
  let kinds: Kinds;
  beforeAll(async () => {
    telemetry = await startTelemetryApp({ providers: [Kinds] });
    kinds = telemetry.get(Kinds);
  });
  afterAll(() => telemetry.stop());
  beforeEach(() => {
    spans.clear();
    telemetry.emulator.reset();
    telemetry.records.length = 0;
  });

  function onlyRecord(): CallRecord {
    expect(telemetry.records).toHaveLength(1);
    return telemetry.records[0]!;
  }

  describe('on a method', () => {
    it('returns the promise of the method', async () => {
      const result = kinds.promise('x');
      expect(result).toBeInstanceOf(Promise);
      expect(await result).toEqual(expect.any(String));
      expect(onlyRecord()).toMatchObject({ operation: 'promise', finishReason: 'stop' });
    });

    it('returns a plain value', () => {
      expect(kinds.sync(21)).toBe(42);
      expect(onlyRecord()).toMatchObject({
        operation: 'sync',
        provider: 'local',
        model: 'llama',
        usage: { inputTokens: 21, outputTokens: 1 },
        cost: { source: 'unknown' },
      });
    });

    it('returns an APIPromise that can be awaited', async () => {
      const completion = await kinds.apiPromise();
      expect(completion.object).toBe('chat.completion');
      expect(onlyRecord()).toMatchObject({ operation: 'api_promise', finishReason: 'stop' });
    });

    it('returns an APIPromise with withResponse()', async () => {
      const { data, response } = await kinds.apiPromise().withResponse();
      expect(data.choices).toHaveLength(1);
      expect(response).toBeInstanceOf(Response);
      await telemetry.flush();
      expect(onlyRecord()).toMatchObject({ operation: 'api_promise', finishReason: 'stop' });
    });

    it('returns an APIPromise with asResponse()', async () => {
      const response = await kinds.apiPromise().asResponse();
      expect(((await response.json()) as ChatCompletion).object).toBe('chat.completion');
      await telemetry.flush();
      expect(onlyRecord()).toMatchObject({ operation: 'api_promise', usage: { source: 'provider' } });
    });

    it('sends one request for an APIPromise that is awaited twice', async () => {
      const promise = kinds.apiPromise();
      const [one, two] = [await promise, await promise];
      expect(one).toBe(two);
      expect(telemetry.emulator.requests).toHaveLength(1);
      expect(onlyRecord().attempts).toHaveLength(1);
    });

    it('returns a thenable with additional methods and never calls its then', async () => {
      const lazy = kinds.thenable();
      expect(lazy).toBeInstanceOf(LazyAnswer);
      expect(lazy.describe()).toBe('lazy');
      expect(lazy.thenCalls).toBe(0);
      expect(await lazy).toMatch(/^chatcmpl-/);
      expect(lazy.thenCalls).toBe(1);
      expect(onlyRecord()).toMatchObject({ operation: 'thenable' });
    });

    it('runs continuations of a promise outside of the call', async () => {
      const inside = await new Promise<unknown>((resolve) => {
        void kinds.apiPromise().then(() => resolve(currentLlmCall()));
      });
      expect(inside).toBeUndefined();
    });

    it('ends the call of an async generator with its last value', async () => {
      const generator = kinds.asyncGenerator();
      expect(Object.prototype.toString.call(generator)).toBe('[object AsyncGenerator]');
      const first = await generator.next();
      expect(first.done).toBe(false);
      expect(telemetry.records).toEqual([]);
      let last: IteratorResult<string, number> = first;
      while (!last.done) last = await generator.next();
      expect(last.value).toBeGreaterThan(0);
      expect(onlyRecord()).toMatchObject({ operation: 'async_generator', finishReason: 'stop' });
      expect(onlyRecord().timeToFirstTokenMs).toEqual(expect.any(Number));
    });

    it('ends the call of an async generator that is left early as cancelled', async () => {
      for await (const piece of kinds.asyncGenerator('Tell me about the [emulate stall after=20] weather.')) {
        expect(piece).not.toBe('');
        break;
      }
      expect(onlyRecord()).toMatchObject({
        finishReason: 'cancelled',
        failure: null,
        usage: { source: 'estimated' },
      });
    });

    it('runs each step of a generator inside the call', () => {
      expect([...kinds.generator()]).toEqual([1, 1]);
      expect(onlyRecord().operation).toBe('generator');
      expect(currentLlmCall()).toBeUndefined();
    });

    it('starts the work of an Observable when it is subscribed to', async () => {
      const observable = kinds.observable();
      expect(observable).toBeInstanceOf(Observable);
      expect(telemetry.emulator.requests).toEqual([]);
      expect(await lastValueFrom(observable.pipe(toArray()))).toHaveLength(1);
      expect(onlyRecord()).toMatchObject({ operation: 'observable', finishReason: 'stop' });
    });

    it('runs the subscriber of an Observable outside of the call', async () => {
      const seen: unknown[] = [];
      await lastValueFrom(kinds.observable().pipe(tap(() => seen.push(currentLlmCall()))));
      expect(seen).toEqual([undefined]);
    });

    it('ends the call of an SDK stream when it has been read', async () => {
      const stream = await kinds.sdkStream();
      expect(telemetry.records).toEqual([]);
      let chunks = 0;
      for await (const _chunk of stream) chunks++;
      expect(chunks).toBeGreaterThan(1);
      expect(onlyRecord()).toMatchObject({
        operation: 'sdk_stream',
        finishReason: 'stop',
        usage: { source: 'estimated' },
      });
    });

    it('returns a stream of Node.js', async () => {
      const stream = await kinds.nodeStream();
      expect(stream).toBeInstanceOf(Readable);
      const text = Buffer.concat(await stream.toArray()).toString();
      expect(text).toContain('data: [DONE]');
      expect(onlyRecord()).toMatchObject({ operation: 'node_stream', finishReason: 'stop' });
    });
  });

  it('throws what the method throws, and records it without its message', async () => {
    expect(() => kinds.throws()).toThrow(new RangeError('thrown before anything was sent'));
    expect(onlyRecord().failure).toEqual({ type: 'unknown', errorClass: 'RangeError' });
    const [span] = await spans.calls();
    expect(span!.status).toEqual({ code: SpanStatusCode.ERROR, message: 'Call failed' });
    expect(JSON.stringify(span!.events)).not.toContain('thrown before');
  });

  it('records no failure if the method returns a fallback, and shows the failed attempt', async () => {
    expect(await kinds.fallback()).toBe('hello from the cache');
    const { failure, attempts } = onlyRecord();
    expect(failure).toBeNull();
    expect(attempts).toMatchObject([{ failure: { type: 'server_error' }, status: 500, usage: null }]);
  });

  it('counts nested calls once: each has its own attempts and is a child of the outer call', async () => {
    await kinds.outer();
    const [inner, outer] = await spans.calls();
    expect([inner!.name, outer!.name]).toEqual(['llm.promise', 'llm.outer']);
    expect(inner!.parentSpanContext?.spanId).toBe(outer!.spanContext().spanId);
    expect([inner!.attributes['llm.attempts'], outer!.attributes['llm.attempts']]).toEqual([1, 1]);
    const billed = telemetry.emulator.ledger.entries().reduce((sum, entry) => sum + entry.inputTokens, 0);
    const promptTokens = (await spans.calls()).map(
      ({ attributes }) => attributes['llm.prompt_tokens'] as number,
    );
    expect(promptTokens[0]! + promptTokens[1]!).toBe(billed);
  });

  it('adds attributes of the options and of the method to the span', async () => {
    await kinds.withAttributes('abc');
    const [span] = await spans.calls();
    expect(span!.attributes).toMatchObject({ 'app.result': 'ABC', 'app.length': 3, 'app.own': 7 });
  });

  it('keeps name, length and metadata of the method', () => {
    expect(Kinds.prototype.promise.name).toBe('promise');
    expect(Kinds.prototype.promise).toHaveLength(1);
    expect(Kinds.prototype.decorated).toHaveLength(2);
    expect(Reflect.getMetadata('above', Kinds.prototype.decorated)).toBe(1);
    expect(Reflect.getMetadata('below', Kinds.prototype.decorated)).toBe(2);
    expect(Object.keys(kinds)).toEqual(['openai']);
  });

  it('works on a static method if the process has one application', async () => {
    class Statics {
      @LlmCall({ feature: FEATURE, operation: 'static' })
      static async hello(openai: OpenAI): Promise<string> {
        return (await openai.chat.completions.create(chat())).id;
      }
    }
    await Statics.hello(kinds.openai);
    expect(onlyRecord()).toMatchObject({ operation: 'static', finishReason: 'stop' });
  });

  it('works on an instance that Nest did not create', async () => {
    await new Kinds(kinds.openai).promise('x');
    expect(onlyRecord()).toMatchObject({ operation: 'promise' });
  });

  it('throws on a property', () => {
    expect(() =>
      LlmCall({ feature: 'a', operation: 'b' })({}, 'property', {} as TypedPropertyDescriptor<() => void>),
    ).toThrow('@LlmCall on Object.property: expected a method, received a property.');
  });
});
