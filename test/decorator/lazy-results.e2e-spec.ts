import { Readable } from 'node:stream';
import Anthropic from '@anthropic-ai/sdk';
import { Controller, Get, Injectable, StreamableFile } from '@nestjs/common';
import {
  LlmBudgetExceededError,
  LlmCall,
  LlmTelemetry,
  type CallRecord,
  type LlmRunOptions,
} from 'nestjs-llm-telemetry';
import OpenAI, { type APIPromise } from 'openai';
import type { ChatCompletion } from 'openai/resources/chat/completions';
import { defer, from, lastValueFrom, Observable, retry, toArray } from 'rxjs';
import request from 'supertest';
import { ComingRecords } from '../support/coming-records.js';
import { chat, message } from '../support/prompts.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/** Results whose requests are sent while they are consumed: real SDKs over real HTTP. */

const LAZY = { feature: 'lazy' };

@Injectable()
class Lazy {
  runs = 0;

  constructor(
    readonly openai: OpenAI,
    readonly anthropic: Anthropic,
  ) {}

  async *lines(): AsyncGenerator<string> {
    for (const text of ['one', 'two'])
      yield (await this.openai.chat.completions.create(chat(text))).choices[0]!.message.content!;
  }

  @LlmCall({ ...LAZY, operation: 'api_promise' })
  apiPromise(): APIPromise<ChatCompletion> {
    return this.openai.chat.completions.create(chat());
  }

  @LlmCall({ ...LAZY, operation: 'message' })
  message(): ReturnType<Lazy['createMessage']> {
    return this.createMessage();
  }

  createMessage() {
    return this.anthropic.messages.create(message('Say hello.'));
  }

  @LlmCall({ ...LAZY, operation: 'api_stream' })
  apiStream() {
    return this.openai.chat.completions.create({ ...chat(), stream: true });
  }

  @LlmCall({ ...LAZY, operation: 'readable' })
  readable(): Readable {
    return Readable.from(this.lines());
  }

  @LlmCall({ ...LAZY, operation: 'readable_promise' })
  async readablePromise(): Promise<Readable> {
    return Readable.from(this.lines());
  }

  @LlmCall({ ...LAZY, operation: 'pull' })
  pull(): ReadableStream<string> {
    const lines = this.lines();
    return new ReadableStream<string>({
      async pull(controller) {
        const { done, value } = await lines.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    });
  }

  @LlmCall({ ...LAZY, operation: 'file' })
  file(): StreamableFile {
    return new StreamableFile(Readable.from(this.lines()));
  }

  @LlmCall({ ...LAZY, operation: 'member' })
  member(): { stream: AsyncGenerator<string>; id: string } {
    return { stream: this.lines(), id: 'x' };
  }

  @LlmCall({ ...LAZY, operation: 'iterable' })
  iterable(): AsyncIterable<string> {
    return { [Symbol.asyncIterator]: () => this.lines() };
  }

  @LlmCall({ ...LAZY, operation: 'cold' })
  cold(): Observable<ChatCompletion> {
    return defer(() => from(this.openai.chat.completions.create(chat())));
  }

  @LlmCall({ ...LAZY, operation: 'retried_promise', retry: 2 })
  retriedPromise(): APIPromise<ChatCompletion> {
    this.runs++;
    return this.openai.chat.completions.create(chat());
  }

  @LlmCall({ ...LAZY, operation: 'retried_observable', retry: 2 })
  retriedObservable(after: unknown[] = []): Observable<unknown> {
    this.runs++;
    return new Observable((subscriber) => {
      for (const value of after) subscriber.next(value);
      this.openai.chat.completions.create(chat()).then(
        (completion) => {
          subscriber.next(completion.id);
          subscriber.complete();
        },
        (error: unknown) => subscriber.error(error),
      );
    });
  }

  readonly shared = new Map<string, APIPromise<ChatCompletion>>();

  @LlmCall({ ...LAZY, operation: 'cached', retry: 1 })
  cached(key: string): APIPromise<ChatCompletion> {
    this.runs++;
    const promise = this.shared.get(key) ?? this.openai.chat.completions.create(chat());
    this.shared.set(key, promise);
    return promise;
  }
}

@Controller()
class Files {
  constructor(private readonly lazy: Lazy) {}

  @Get('file')
  file(): StreamableFile {
    return this.lazy.file();
  }
}

const coming = new ComingRecords();
let telemetry: TelemetryApp;
let lazy: Lazy;
let llm: LlmTelemetry;
beforeAll(async () => {
  telemetry = await startTelemetryApp({
    providers: [Lazy],
    controllers: [Files],
    options: { onCall: coming.onCall },
  });
  lazy = telemetry.get(Lazy);
  llm = telemetry.get(LlmTelemetry);
});
afterAll(() => telemetry.stop());
beforeEach(() => {
  telemetry.emulator.reset();
  coming.clear();
  lazy.runs = 0;
});

const only = async (): Promise<CallRecord> => coming.only();

/** What the promises of both SDKs have. */
type RawPromise = Promise<unknown> &
  Pick<APIPromise<unknown>, 'asResponse'> & {
    withResponse(): Promise<unknown>;
  };

describe('a promise of an SDK that is returned without async', () => {
  it.each<[string, (promise: APIPromise<ChatCompletion>) => Promise<unknown>]>([
    ['await', async (promise) => promise],
    ['then', (promise) => promise.then(() => undefined)],
    ['catch', (promise) => promise.catch(() => undefined)],
    ['finally', (promise) => promise.finally(() => undefined)],
    ['withResponse', (promise) => promise.withResponse()],
  ])('is recorded at once when it is consumed by %s', async (_name, consume) => {
    await consume(lazy.apiPromise());
    expect(coming.now).toMatchObject([
      { operation: 'api_promise', finishReason: 'stop', attempts: [{ failure: null }] },
    ]);
  });

  it.each<[string, (promise: RawPromise) => Promise<unknown>]>([
    ['await', async (promise) => promise],
    ['catch', (promise) => promise.catch(() => Promise.reject(new Error('another')))],
    ['finally', (promise) => promise.finally(() => undefined)],
    ['asResponse', (promise) => promise.asResponse()],
    ['withResponse', (promise) => promise.withResponse()],
  ])('keeps the class of its error when it is consumed by %s', async (_name, consume) => {
    telemetry.emulator.program({ kind: 'rate_limit', retryAfter: 0, times: 2 });
    await expect(consume(lazy.apiPromise())).rejects.toThrow();
    await expect(consume(lazy.message())).rejects.toThrow();
    expect(coming.now.map(({ failure }) => failure)).toEqual([
      { type: 'rate_limit', errorClass: 'RateLimitError' },
      { type: 'rate_limit', errorClass: 'RateLimitError' },
    ]);
  });

  it('records a raw response when its body has been read', async () => {
    const response = await lazy.apiPromise().asResponse();
    expect(coming.now).toEqual([]);
    await response.text();
    expect(await only()).toMatchObject({ finishReason: 'stop', usage: { source: 'provider' } });
  });

  // getsentry/sentry-javascript#19073: withResponse() of a stream gave the stream that is not instrumented.
  it('records a stream that withResponse gives when it has been read', async () => {
    const { data } = await lazy.apiStream().withResponse();
    expect(coming.now).toEqual([]);
    for await (const chunk of data) expect(chunk.object).toBe('chat.completion.chunk');
    expect(await only()).toMatchObject({ operation: 'api_stream', finishReason: 'stop' });
  });

  // open-telemetry/opentelemetry-js-contrib#3586: watching the promise parsed its body, and a helper could not read it.
  it('leaves the body to a promise that is derived from it', async () => {
    const promise = lazy.apiPromise();
    const derived = (
      promise as unknown as { _thenUnwrap(map: (value: ChatCompletion) => string): APIPromise<string> }
    )._thenUnwrap(({ id }) => id);
    expect(await derived).toMatch(/^chatcmpl-/);
    expect(telemetry.emulator.requests).toHaveLength(1);
    expect(await only()).toMatchObject({ operation: 'api_promise', finishReason: 'stop' });
  });
});

// DataDog/dd-trace-js#9951: the promise of a page has methods that are own properties, bound to a hidden promise.
describe('a promise whose methods are own properties', () => {
  it('is recorded when they are called, and has the same properties again', async () => {
    const request = (): APIPromise<ChatCompletion> => lazy.openai.chat.completions.create(chat());
    let made!: Record<string, unknown>;
    const make = (): APIPromise<ChatCompletion> => {
      const promise = request();
      const page = new Promise((resolve) => resolve(null)) as unknown as Record<string, unknown>;
      Object.setPrototypeOf(page, Object.getPrototypeOf(promise) as object);
      for (const name of ['then', 'catch', 'finally', 'withResponse'] as const)
        page[name] = (promise[name] as () => unknown).bind(promise);
      made = Object.getOwnPropertyDescriptors(page);
      return page as unknown as APIPromise<ChatCompletion>;
    };
    const page = llm.run({ ...LAZY, operation: 'page' }, make);
    expect((await page).object).toBe('chat.completion');
    expect(coming.now).toMatchObject([{ operation: 'page', finishReason: 'stop', attempts: [{}] }]);
    expect(Object.getOwnPropertyDescriptors(page)).toEqual(made);
  });
});

describe('a result that sends its requests while it is read', () => {
  const text = async (values: AsyncIterable<unknown>): Promise<string> => {
    let read = '';
    for await (const value of values) read += String(value);
    return read;
  };

  // nodejs/node#42237: the steps of a generator run in the context of their consumer.
  // DataDog/dd-trace-js#5658: the span of a method that returns an iterator ended before any work was done.
  it.each<[string, () => Promise<string>]>([
    ['readable', async () => text(lazy.readable())],
    ['readable_promise', async () => text(await lazy.readablePromise())],
    ['pull', async () => text(lazy.pull())],
    ['pull', async () => text(lazy.pull().pipeThrough(new TextEncoderStream()))],
    ['file', async () => text(lazy.file().getStream())],
    ['member', async () => text(lazy.member().stream)],
    ['iterable', async () => text(lazy.iterable())],
  ])('is one call with all of its requests: %s', async (operation, read) => {
    expect(await read()).not.toBe('');
    expect(telemetry.emulator.requests).toHaveLength(2);
    expect(await only()).toMatchObject({ feature: 'lazy', operation, attempts: [{}, {}] });
  });

  it('is one call when Nest sends it as the response of a route', async () => {
    const { body } = await request(telemetry.app.getHttpServer() as never)
      .get('/file')
      .buffer(true)
      .parse((response, done) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => done(null, Buffer.concat(chunks)));
      });
    expect((body as Buffer).length).toBeGreaterThan(0);
    expect(await only()).toMatchObject({ operation: 'file', attempts: [{}, {}] });
  });

  it('fails with the error that its reader gets', async () => {
    telemetry.emulator.program({ kind: 'rate_limit', retryAfter: 0 });
    await expect(text(lazy.readable())).rejects.toThrow(OpenAI.RateLimitError);
    expect((await only()).failure).toEqual({ type: 'rate_limit', errorClass: 'RateLimitError' });
  });

  it('is ended by flush if it is not read', async () => {
    lazy.readable();
    await llm.flush();
    expect(coming.now).toMatchObject([{ operation: 'readable', attempts: [] }]);
  });

  it('records a subscription by retry of RxJS under the name of the call', async () => {
    telemetry.emulator.program({ kind: 'server_error' });
    await lastValueFrom(lazy.cold().pipe(retry({ count: 1, delay: 1 })));
    await llm.flush();
    expect(coming.now.map(({ operation, failure }) => [operation, failure?.type])).toEqual([
      ['cold', 'server_error'],
      ['cold', undefined],
    ]);
  });
});

describe('retry', () => {
  it.each<[string, (promise: APIPromise<ChatCompletion>) => Promise<unknown>]>([
    ['await', async (promise) => promise],
    ['catch', (promise) => promise.catch(() => 'not called')],
    ['finally', (promise) => promise.finally(() => undefined)],
    ['asResponse', async (promise) => (await promise.asResponse()).json()],
    ['withResponse', async (promise) => (await promise.withResponse()).data],
  ])('runs a method that returns an APIPromise again: %s', async (_name, consume) => {
    telemetry.emulator.program({ kind: 'server_error', retryAfter: 0, times: 2 });
    expect(await consume(lazy.retriedPromise())).toMatchObject({ object: 'chat.completion' });
    expect(lazy.runs).toBe(3);
    await llm.flush();
    expect(coming.now.map(({ retryIndex, failure }) => [retryIndex, failure?.type])).toEqual([
      [0, 'server_error'],
      [1, 'server_error'],
      [2, undefined],
    ]);
  });

  it('gives everyone who awaits the APIPromise the result of the same run', async () => {
    telemetry.emulator.program({ kind: 'server_error', retryAfter: 0 });
    const promise = lazy.retriedPromise();
    const [one, two] = await Promise.all([promise, promise]);
    expect(one).toBe(two);
    expect(await promise).toBe(one);
    expect(lazy.runs).toBe(2);
  });

  it('rejects with the last error when there are no runs left', async () => {
    telemetry.emulator.program({ kind: 'server_error', retryAfter: 0, times: 3 });
    await expect(lazy.retriedPromise()).rejects.toThrow(OpenAI.InternalServerError);
    expect(lazy.runs).toBe(3);
  });

  it('ends for a method that returns the same promise each time', async () => {
    telemetry.emulator.program({ kind: 'server_error', retryAfter: 0 });
    await expect(lazy.cached('a')).rejects.toThrow(OpenAI.InternalServerError);
    expect(lazy.runs).toBe(2);
  });

  it('runs a method that returns an Observable again', async () => {
    telemetry.emulator.program({ kind: 'server_error', retryAfter: 0 });
    expect(await lastValueFrom(lazy.retriedObservable().pipe(toArray()))).toHaveLength(1);
    expect(lazy.runs).toBe(2);
    expect(coming.now.map(({ retryIndex }) => retryIndex)).toEqual([0, 1]);
  });

  it('does not run it again after its first value', async () => {
    telemetry.emulator.program({ kind: 'server_error', retryAfter: 0 });
    await expect(lastValueFrom(lazy.retriedObservable(['first']))).rejects.toThrow(
      OpenAI.InternalServerError,
    );
    expect(lazy.runs).toBe(1);
  });
});

describe('LlmTelemetry.run', () => {
  const failing = async (): Promise<void> => {
    lazy.runs++;
    telemetry.emulator.program({ kind: 'server_error', retryAfter: 0 });
    await lazy.openai.chat.completions.create(chat());
  };

  it('takes the options of the decorator', async () => {
    const options: LlmRunOptions = { ...LAZY, operation: 'run', retry: 1, attributes: () => ({ a: 1 }) };
    await expect(llm.run(options, failing)).rejects.toThrow(OpenAI.InternalServerError);
    expect(lazy.runs).toBe(2);
    await llm.run(options, async () => 'value');
    expect(coming.now.at(-1)).toMatchObject({ attributes: { a: 1 } });
  });

  it.each([[true], [{ maxDelayMs: 10 }], [NaN], ['2'], [-1], [null], [{ maxRetries: NaN }], [Infinity]])(
    'does not run again for retry %p',
    async (retry) => {
      const options = { ...LAZY, operation: 'run', retry } as unknown as LlmRunOptions;
      await expect(llm.run(options, failing)).rejects.toThrow(OpenAI.InternalServerError);
      expect(lazy.runs).toBe(1);
    },
  );
});

it('an invalid retry of run is reported once', async () => {
  const options = { ...LAZY, operation: 'run', retry: true } as unknown as LlmRunOptions;
  for (let run = 0; run < 2; run++) await llm.run(options, async () => 'value');
  const reports = telemetry.logger.entries.filter(({ text }) =>
    text.includes('the option retry of LlmTelemetry.run'),
  );
  expect(reports).toHaveLength(1);
});

describe('retry that can never have an effect', () => {
  it('is refused when the class is loaded', () => {
    const load = (): unknown => {
      class Streams {
        @LlmCall({ ...LAZY, retry: 1 })
        stream(): Readable {
          return Readable.from([]);
        }
      }
      return Streams;
    };
    expect(load).toThrow('@LlmCall on Streams.stream: retry has no effect');
    expect(() => {
      class Generators {
        @LlmCall({ ...LAZY, retry: 1 })
        *steps(): Generator<number> {
          yield 1;
        }
      }
      return Generators;
    }).toThrow('@LlmCall on Generators.steps: retry has no effect');
    expect(() => {
      class Values {
        @LlmCall({ ...LAZY, retry: 1 })
        value(): number {
          return 1;
        }
      }
      return Values;
    }).toThrow('@LlmCall on Values.value: retry has no effect');
  });
});

describe('a call that a budget refuses', () => {
  @Injectable()
  class Refused {
    ran = 0;
    @LlmCall(LAZY)
    promise(): Promise<string> {
      this.ran++;
      return Promise.resolve('value');
    }
    @LlmCall(LAZY)
    observable(): Observable<string> {
      this.ran++;
      return from(['value']);
    }
    @LlmCall(LAZY)
    value(): string {
      this.ran++;
      return 'value';
    }
  }

  let limited: TelemetryApp;
  beforeAll(async () => {
    limited = await startTelemetryApp({
      providers: [Lazy, Refused],
      options: { budgets: [{ feature: 'lazy', usd: 1e-9, per: 'day', onExceed: 'block' }] },
    });
    await limited.get(Lazy).apiPromise();
    await limited.flush();
  });
  afterAll(() => limited.stop());

  it('rejects, whatever the work of run is', async () => {
    let ran = 0;
    const run = <T>(work: () => T): T =>
      limited.get(LlmTelemetry).run({ ...LAZY, operation: 'refused' }, work);
    const works: Array<() => unknown> = [
      () => Promise.resolve(ran++),
      () => limited.get(Lazy).openai.chat.completions.create(chat(`${ran++}`)),
      async () => ran++,
      () => ran++,
    ];
    for (const work of works) {
      const refused: unknown = run(work);
      expect(refused).toBeInstanceOf(Promise);
      await expect(refused).rejects.toThrow(LlmBudgetExceededError);
    }
    expect(ran).toBe(0);
  });

  it('fails as the declared result of the method would', async () => {
    const refused = limited.get(Refused);
    await expect(refused.promise()).rejects.toThrow(LlmBudgetExceededError);
    await expect(lastValueFrom(refused.observable())).rejects.toThrow(LlmBudgetExceededError);
    expect(() => refused.value()).toThrow(LlmBudgetExceededError);
    expect(refused.ran).toBe(0);
  });
});
