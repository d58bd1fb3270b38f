import { AsyncLocalStorage } from 'node:async_hooks';
import { currentLlmCall, type CallRecord, type LlmRunOptions } from 'nestjs-llm-telemetry';
import OpenAI, { type APIPromise } from 'openai';
import type { ChatCompletion } from 'openai/resources/chat/completions';
import { lastValueFrom, retry } from 'rxjs';
import request from 'supertest';
import { chat } from '../support/prompts.js';
import { records, LAZY, lazy, llm, telemetry } from './support/lazy-methods.js';

const only = async (): Promise<CallRecord> => records.only();

/** Methods that the promises of both SDKs have. */
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
  ])('is recorded immediately when it is consumed by %s', async (_name, consume) => {
    await consume(lazy.apiPromise());
    expect(records.now).toMatchObject([
      { operation: 'api_promise', finishReason: 'stop', attempts: [{ failure: null }] },
    ]);
  });

  it.each<[string, (promise: RawPromise) => Promise<unknown>]>([
    ['await', async (promise) => promise],
    ['catch', (promise) => promise.catch(() => Promise.reject(new Error('another')))],
    ['finally', (promise) => promise.finally(() => undefined)],
    ['asResponse', (promise) => promise.asResponse()],
    ['withResponse', (promise) => promise.withResponse()],
  ])('is recorded with the class of its error when it is consumed by %s', async (_name, consume) => {
    telemetry.emulator.program({ kind: 'rate_limit', retryAfter: 0, times: 2 });
    await expect(consume(lazy.apiPromise())).rejects.toThrow();
    await expect(consume(lazy.message())).rejects.toThrow();
    expect(records.now.map(({ failure }) => failure)).toEqual([
      { type: 'rate_limit', errorClass: 'RateLimitError' },
      { type: 'rate_limit', errorClass: 'RateLimitError' },
    ]);
  });

  it('is recorded when the body of its raw response has been read', async () => {
    const response = await lazy.apiPromise().asResponse();
    expect(records.now).toEqual([]);
    await response.text();
    expect(await only()).toMatchObject({ finishReason: 'stop', usage: { source: 'provider' } });
  });

  // getsentry/sentry-javascript#19073: withResponse() returned a stream without instrumentation.
  it('is recorded when the stream of withResponse() has been read', async () => {
    const { data } = await lazy.apiStream().withResponse();
    expect(records.now).toEqual([]);
    for await (const chunk of data) expect(chunk.object).toBe('chat.completion.chunk');
    expect(await only()).toMatchObject({ operation: 'api_stream', finishReason: 'stop' });
  });

  // open-telemetry/opentelemetry-js-contrib#3586: instrumentation parsed the body, and a helper could not read it.
  it('does not consume the body that a derived promise reads', async () => {
    const promise = lazy.apiPromise();
    const derived = (
      promise as unknown as { _thenUnwrap(map: (value: ChatCompletion) => string): APIPromise<string> }
    )._thenUnwrap(({ id }) => id);
    expect(await derived).toMatch(/^chatcmpl-/);
    expect(telemetry.emulator.requests).toHaveLength(1);
    expect(await only()).toMatchObject({ operation: 'api_promise', finishReason: 'stop' });
  });
});

describe('a lazy promise that is consumed in another async context', () => {
  it('does its work and runs its handlers with the async local storages of the consumer', async () => {
    const tenants = new AsyncLocalStorage<string>();
    const seen: Array<[string, string | undefined, boolean]> = [];
    const note = (step: string): void =>
      void seen.push([step, tenants.getStore(), currentLlmCall() !== undefined]);
    const query = tenants.run('method', () =>
      llm.run({ ...LAZY, operation: 'query' }, () => ({
        // oxlint-disable-next-line unicorn/no-thenable -- like a query builder, which starts its work when it is awaited
        then(onValue: (value: string) => void): void {
          note('work');
          onValue('rows');
        },
      })),
    );
    tenants.run('consumer', () => query.then(() => note('handler')));
    expect(seen).toEqual([
      ['work', 'consumer', true],
      ['handler', 'consumer', false],
    ]);
    await llm.flush();
  });
});

// DataDog/dd-trace-js#9951: the promise of a page has methods that are own properties, bound to a hidden promise.
describe('a promise whose methods are own properties', () => {
  it('is recorded when one of them is called, and gets its original properties back', async () => {
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
    expect(records.now).toMatchObject([{ operation: 'page', finishReason: 'stop', attempts: [{}] }]);
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

  it('records the error that its reader receives', async () => {
    telemetry.emulator.program({ kind: 'rate_limit', retryAfter: 0 });
    await expect(text(lazy.readable())).rejects.toThrow(OpenAI.RateLimitError);
    expect((await only()).failure).toEqual({ type: 'rate_limit', errorClass: 'RateLimitError' });
  });

  it('is ended by flush if it is not read', async () => {
    lazy.readable();
    await llm.flush();
    expect(records.now).toMatchObject([{ operation: 'readable', attempts: [] }]);
  });

  it('is recorded as a call for each subscription by the RxJS retry operator', async () => {
    telemetry.emulator.program({ kind: 'server_error' });
    await lastValueFrom(lazy.cold().pipe(retry({ count: 1, delay: 1 })));
    await llm.flush();
    expect(records.now.map(({ operation, failure }) => [operation, failure?.type])).toEqual([
      ['cold', 'server_error'],
      ['cold', undefined],
    ]);
  });
});

describe('LlmTelemetry.run', () => {
  const failing = async (): Promise<void> => {
    lazy.runs++;
    telemetry.emulator.program({ kind: 'server_error', retryAfter: 0 });
    await lazy.openai.chat.completions.create(chat());
  };

  it('accepts the options of the decorator', async () => {
    const options: LlmRunOptions = { ...LAZY, operation: 'run', retry: 1, attributes: () => ({ a: 1 }) };
    await expect(llm.run(options, failing)).rejects.toThrow(OpenAI.InternalServerError);
    expect(lazy.runs).toBe(2);
    await llm.run(options, async () => 'value');
    expect(records.now.at(-1)).toMatchObject({ attributes: { a: 1 } });
  });

  it.each([[true], [{ maxDelayMs: 10 }], [NaN], ['2'], [-1], [null], [{ maxRetries: NaN }], [Infinity]])(
    'does not repeat the work for the invalid retry %p',
    async (retry) => {
      const options = { ...LAZY, operation: 'run', retry } as unknown as LlmRunOptions;
      await expect(llm.run(options, failing)).rejects.toThrow(OpenAI.InternalServerError);
      expect(lazy.runs).toBe(1);
    },
  );
});
