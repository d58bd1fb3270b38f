import { EventEmitter, once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { Injectable, StreamableFile } from '@nestjs/common';
import Anthropic0 from 'anthropic-0';
import Anthropic1 from 'anthropic-1';
import { LlmBudgetExceededError, LlmCall, type Budget } from 'nestjs-llm-telemetry';
import OpenAI5 from 'openai-5';
import OpenAI6 from 'openai-6';
import OpenAI7 from 'openai-7';
import { Budgets, CALL_BUDGETS } from '../../src/llm-telemetry/budgets/budgets.js';
import { AnsweringServer } from '../support/answering-server.js';
import { chat, message } from '../support/prompts.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/** A budget refuses the request of a result that the application reads after the annotated method has returned. */

const { jest } = import.meta;

@Injectable()
class Assistant {
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

/** Budget for the call that holds the gate and no other. */
const ONE: Budget = { feature: 'orders', usd: 0.001, per: 'day', onExceed: 'block' };

let app: TelemetryApp;
let refusing: AnsweringServer;
let asked: jest.SpiedFunction<Budgets['reserve']>;
let open: () => Promise<void>;

beforeEach(async () => {
  app = await startTelemetryApp({
    providers: [Assistant],
    options: { store: 'memory', budgets: [ONE] },
  });
  refusing = await AnsweringServer.start();
  refusing.answer = (_, response) => {
    response.writeHead(402, { 'content-type': 'application/json', 'x-should-retry': 'false' });
    response.end(JSON.stringify({ type: 'error', error: { type: 'refused', message: 'refused' } }));
  };
  const client = new OpenAI7({ apiKey: 'sk-canary', baseURL: app.emulator.openaiBaseUrl });
  open = await app.get(Assistant).startHolding(async () => client.chat.completions.create(chat() as never));
  asked = jest.spyOn(app.app.get<Budgets>(CALL_BUDGETS, { strict: false }), 'reserve');
});
afterEach(async () => {
  await app.stop();
  await refusing.stop();
});

/** Used API of the helpers, the same in each SDK and major version. */
interface Helper {
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

interface Sdk {
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
const responsesSdk = (Client: unknown): Sdk => ({
  helper: (origin) =>
    new (Client as typeof OpenAI7)({ apiKey: 'sk-canary', baseURL: `${origin}/v1` }).responses.stream({
      model: 'gpt-4o-mini',
      input: 'Say hello.',
    }) as unknown as Helper,
  promises: ['finalResponse'],
});
const messagesSdk = (Client: unknown): Sdk => ({
  helper: (origin) =>
    new (Client as typeof Anthropic1)({ apiKey: 'sk-canary', baseURL: origin }).messages.stream(
      message() as never,
    ) as unknown as Helper,
  promises: ['finalMessage', 'finalText', 'withResponse'],
});

const CHAT: Record<string, Sdk> = {
  'openai 5': chatSdk(OpenAI5),
  'openai 6': chatSdk(OpenAI6),
  'openai 7': chatSdk(OpenAI7),
};
const MESSAGES: Record<string, Sdk> = {
  'anthropic 0': messagesSdk(Anthropic0),
  'anthropic 1': messagesSdk(Anthropic1),
};
const SDKS: Record<string, Sdk> = {
  ...CHAT,
  'openai 5, Responses': responsesSdk(OpenAI5),
  'openai 6, Responses': responsesSdk(OpenAI6),
  'openai 7, Responses': responsesSdk(OpenAI7),
  ...MESSAGES,
  'anthropic 1, beta': {
    helper: (origin) =>
      new Anthropic1({ apiKey: 'sk-canary', baseURL: origin }).beta.messages.stream(
        message() as never,
      ) as unknown as Helper,
    promises: ['finalMessage', 'finalText', 'withResponse'],
  },
};
const ONE_OF_EACH: Array<[string, Sdk]> = [
  ['openai', CHAT['openai 7']!],
  ['anthropic', MESSAGES['anthropic 1']!],
];

const emulator = (): string => new URL(app.emulator.anthropicBaseUrl).origin;

const streamOf = (helper: Helper): ReadableStream =>
  helper.toReadableStream?.() ?? (NodeReadableStream.from(helper) as ReadableStream);

const failureOf = (work: () => unknown): Promise<unknown> =>
  Promise.resolve()
    .then(work)
    .then(
      (value) => {
        throw new Error(`It gave ${String(value)}.`);
      },
      (error: unknown) => error,
    );
const drained = async (items: AsyncIterable<unknown>): Promise<void> => {
  for await (const _item of items);
};

/** Expects the same budget error everywhere, no sent or retried request, and records with that error. */
async function expectRefused(errors: readonly unknown[], records = 1): Promise<void> {
  expect(errors.length).toBeGreaterThan(0);
  expect(errors[0]).toBeInstanceOf(LlmBudgetExceededError);
  expect((errors[0] as LlmBudgetExceededError).budget.reason).toBe('reserved');
  expect(new Set(errors).size).toBe(1);
  expect(asked).toHaveBeenCalledTimes(1);
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

describe.each(Object.entries(SDKS))("a refused request of %s's event stream", (_name, sdk) => {
  const ask = (): Helper => app.get(Assistant).ask(() => sdk.helper(emulator()));

  it('reaches every listener and every promise as the same LlmBudgetExceededError', async () => {
    const stream = ask();
    const heard: unknown[] = [];
    stream.on('error', (error) => void heard.push(error));
    stream.once('error', (error) => void heard.push(error));
    const promises = [
      stream.done(),
      stream.emitted('error').then((error) => Promise.reject(error as Error)),
      stream.emitted('connect'),
      ...sdk.promises.map((name) => (stream as unknown as Record<string, () => Promise<unknown>>)[name]!()),
      drained(stream),
    ];
    const errors = await Promise.all(promises.map((promise) => failureOf(() => promise)));
    expect(heard).toHaveLength(2);
    // The stream has ended: its promises are settled.
    errors.push(await failureOf(() => stream.done()));
    await expectRefused([...heard, ...errors]);
  });

  it('leaves the order of events as it is when the provider refuses the request', async () => {
    const follow = async (stream: Helper): Promise<string[]> => {
      const log: string[] = [];
      const step = (name: string) => (): void => void log.push(name);
      stream.on('error', step('error'));
      stream.on('end', step('end'));
      const removed = step('removed');
      stream.on('error', removed);
      stream.off('error', removed);
      stream.once('error', step('error once'));
      stream.on('abort', step('abort'));
      stream.on('connect', step('connect'));
      const done = stream.done().catch(step('done'));
      const emitted = stream.emitted('connect').catch(step('emitted'));
      const loop = drained(stream).catch(step('loop'));
      await Promise.all([done, emitted, loop]);
      log.push(...Object.keys(stream).filter((key) => (stream as never)[key] !== undefined));
      return log;
    };
    const refused = await follow(ask());
    expect(refused).toEqual(await follow(sdk.helper(refusing.url)));
    expect(refused.slice(0, 2)).toEqual(['error', 'error once']);
  });

  it('fails each call around it, and a promise of it, with that error', async () => {
    const stream = app.get(Assistant).askWithin(() => sdk.helper(emulator()));
    await expectRefused([await failureOf(() => stream.done())], 2);
  });

  it('fails a promise of the event stream that is read after it', async () => {
    const stream = await app.get(Assistant).askAsync(() => sdk.helper(emulator()));
    await expectRefused([await failureOf(() => drained(stream))]);
  });

  it('fails a stream of it', async () => {
    const body = app.get(Assistant).ask(() => streamOf(sdk.helper(emulator())));
    await expectRefused([await failureOf(() => body.getReader().read())]);
  });

  it('says nothing of an event stream that the budget has room for', async () => {
    await open();
    const stream = ask();
    const prototype = Object.getPrototypeOf(stream) as object;
    expect(stream.constructor).toBe(prototype.constructor);
    const errors: unknown[] = [];
    stream.on('error', (error) => void errors.push(error));
    await stream.done();
    await app.flush();
    expect(errors).toEqual([]);
    expect(app.records.at(-1)).toMatchObject({ operation: 'ask', failure: null });
    expect(app.records.at(-1)!.attempts).toHaveLength(1);
  });
});

it('leaves the error of an event stream that the provider refuses as it is', async () => {
  await open();
  for (const sdk of Object.values(SDKS)) {
    const error = await failureOf(() =>
      app
        .get(Assistant)
        .ask(() => sdk.helper(refusing.url))
        .done(),
    );
    expect(error).toMatchObject({ status: 402 });
    expect(error).not.toBeInstanceOf(LlmBudgetExceededError);
  }
});

it('fails a runner of tools, which sends its first request', async () => {
  const client = new OpenAI7({ apiKey: 'sk-canary', baseURL: app.emulator.openaiBaseUrl });
  const runner = app
    .get(Assistant)
    .ask(() => client.chat.completions.runTools({ ...chat(), stream: true, tools: [] } as never));
  await expectRefused([await failureOf(() => runner.done())]);
});

it('is the same error each time that a lazy promise is awaited', async () => {
  const client = new OpenAI7({ apiKey: 'sk-canary', baseURL: app.emulator.openaiBaseUrl });
  const promise = app.get(Assistant).ask(() => client.chat.completions.create(chat() as never));
  await expectRefused([
    await failureOf(() => promise),
    await failureOf(() => promise),
    await failureOf(() => promise.withResponse()),
  ]);
});

/** Ways to observe the error of a stream. */
const WAYS: Record<string, (body: ReadableStream) => Promise<unknown[]>> = {
  'reads, and closed, of a reader': async (body) => {
    const reader = body.getReader();
    expect(reader.closed).toBe(reader.closed);
    return Promise.all([
      failureOf(() => reader.read()),
      failureOf(() => reader.read()),
      failureOf(() => reader.closed),
    ]);
  },
  'a reader of a stream that has failed': async (body) => {
    const first = body.getReader();
    const errors = [await failureOf(() => first.read())];
    first.releaseLock();
    const second = body.getReader();
    errors.push(await failureOf(() => second.read()), await failureOf(() => second.closed));
    return errors;
  },
  'the cancellation of a reader of a stream that has failed': async (body) => {
    const reader = body.getReader();
    const error = await failureOf(() => reader.read());
    return [error, await failureOf(() => reader.cancel())];
  },
  'a loop': async (body) => [await failureOf(() => drained(body))],
  'a loop, and the cancellation after it': async (body) => [
    await failureOf(() => drained(body.values({ preventCancel: true }))),
    await failureOf(() => body.cancel()),
  ],
  'both branches of tee()': (body) =>
    Promise.all(
      body
        .tee()
        .map((branch, index) => failureOf(() => (index === 0 ? branch.getReader().read() : drained(branch)))),
    ),
  'pipeTo(), and the abort of its destination': async (body) => {
    const reasons: unknown[] = [];
    const destination = new WritableStream({ abort: (reason) => void reasons.push(reason) });
    const error = await failureOf(() => body.pipeTo(destination));
    return [error, ...reasons];
  },
  'pipeThrough()': async (body) => [await failureOf(() => drained(body.pipeThrough(new TransformStream())))],
  'a response': async (body) => [await failureOf(() => new Response(body).text())],
  'a pipeline of Node': async (body) => [await failureOf(() => pipeline(body, new PassThrough()))],
  'Readable.fromWeb()': async (body) => {
    const readable = Readable.fromWeb(body as never);
    const error = once(readable, 'error');
    readable.resume();
    return [((await error) as unknown[])[0], readable.errored];
  },
};

describe.each(ONE_OF_EACH)('a refused request of a ReadableStream, with %s', (_name, sdk) => {
  it.each(Object.entries(WAYS))('reaches %s as LlmBudgetExceededError', async (_way, read) => {
    const body = app.get(Assistant).ask(() => streamOf(sdk.helper(emulator())));
    await expectRefused(await read(body));
  });

  it.each(Object.entries(WAYS))('reaches %s if it is sent while the stream is read', async (_way, read) => {
    const body = app.get(Assistant).ask(
      () =>
        new ReadableStream(
          {
            async pull(controller) {
              await sdk.helper(emulator()).done();
              controller.close();
            },
          },
          { highWaterMark: 0 },
        ),
    );
    await expectRefused(await read(body));
  });
});

it('reaches a BYOB reader as LlmBudgetExceededError', async () => {
  const body = app.get(Assistant).ask(
    () =>
      new ReadableStream({
        type: 'bytes',
        async pull() {
          await CHAT['openai 7']!.helper(emulator()).done();
        },
      }),
  );
  const reader = body.getReader({ mode: 'byob' });
  await expectRefused([
    await failureOf(() => reader.read(new Uint8Array(8))),
    await failureOf(() => reader.closed),
  ]);
});

it('leaves a reader that was released to the platform', async () => {
  const body = app.get(Assistant).ask(() => streamOf(CHAT['openai 7']!.helper(emulator())));
  const reader = body.getReader();
  const read = failureOf(() => reader.read());
  await Promise.resolve();
  reader.releaseLock();
  expect(await read).toMatchObject({ code: 'ERR_INVALID_STATE' });
  expect(await failureOf(() => reader.closed)).toMatchObject({ code: 'ERR_INVALID_STATE' });
  await expectRefused([await failureOf(() => drained(body))]);
});

it('leaves a stream that the budget has room for as it is', async () => {
  await open();
  const body = app.get(Assistant).ask(() => streamOf(CHAT['openai 7']!.helper(emulator())));
  const reader = body.getReader();
  for (let result = await reader.read(); !result.done; result = await reader.read())
    expect(result.value).toBeInstanceOf(Uint8Array);
  await reader.closed;
  expect(Object.getPrototypeOf(body)).toBe(ReadableStream.prototype);
  expect(Object.getPrototypeOf(reader)).toBe(ReadableStreamDefaultReader.prototype);
  await app.flush();
  expect(app.records.at(-1)).toMatchObject({ operation: 'ask', failure: null });
});

it('has one promise for the end of a reader, before and after it', async () => {
  await open();
  const body = app.get(Assistant).ask(() => streamOf(CHAT['openai 7']!.helper(emulator())));
  const reader = body.getReader();
  const { closed } = reader;
  while (!(await reader.read()).done);
  expect(reader.closed).toBe(closed);
  await expect(closed).resolves.toBeUndefined();
});

it.each(Object.entries(WAYS))('leaves an error of the application as it is for %s', async (_way, read) => {
  const own = new RangeError('own');
  const failing = (): ReadableStream =>
    new ReadableStream(
      {
        pull() {
          throw own;
        },
      },
      { highWaterMark: 0 },
    );
  expect(new Set(await read(app.get(Assistant).ask(failing)))).toEqual(new Set([own]));
});

/** Ways to observe the error of a `Readable`. */
const READABLE_WAYS: Record<string, (readable: Readable) => Promise<unknown[]>> = {
  "the event 'error', and errored": async (readable) => {
    const errors: unknown[] = [];
    readable.on('error', (error) => void errors.push(error));
    readable.once('error', (error) => void errors.push(error));
    const closed = new Promise((resolve) => readable.once('close', resolve));
    readable.resume();
    await closed;
    return [...errors, readable.errored];
  },
  'a loop': async (readable) => [await failureOf(() => drained(readable))],
  'a pipeline, and finished() after it': async (readable) => {
    const destination = new PassThrough();
    return [
      await failureOf(() => pipeline(readable, destination)),
      destination.errored,
      await failureOf(() => finished(readable)),
    ];
  },
};

const READABLES: Record<string, (body: ReadableStream) => Readable> = {
  'Readable.fromWeb()': (body) => Readable.fromWeb(body as never),
  'Readable.from()': (body) => Readable.from(body),
};

describe.each(Object.entries(READABLES))('a refused request of %s', (_name, wrap) => {
  describe.each(ONE_OF_EACH)('with %s', (_sdkName, sdk) => {
    it.each(Object.entries(READABLE_WAYS))('reaches %s as LlmBudgetExceededError', async (_way, read) => {
      const readable = app.get(Assistant).ask(() => wrap(streamOf(sdk.helper(emulator()))));
      await expectRefused(await read(readable));
    });

    it('reaches the reader of a StreamableFile', async () => {
      const file = app.get(Assistant).ask(() => new StreamableFile(wrap(streamOf(sdk.helper(emulator())))));
      await expectRefused([await failureOf(() => drained(file.getStream()))]);
    });
  });
});
