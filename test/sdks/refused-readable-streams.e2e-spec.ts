import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { StreamableFile } from '@nestjs/common';
import {
  app,
  Assistant,
  CHAT,
  drained,
  emulator,
  expectRefused,
  failureOf,
  MESSAGES,
  open,
  type Sdk,
  streamOf,
} from './refused-requests.js';

const ONE_OF_EACH: Array<[string, Sdk]> = [
  ['openai', CHAT['openai 7']!],
  ['anthropic', MESSAGES['anthropic 1']!],
];

/** Ways to observe the error of a stream. */
const WAYS: Record<string, (body: ReadableStream) => Promise<unknown[]>> = {
  'reads and closed of a reader': async (body) => {
    const reader = body.getReader();
    expect(reader.closed).toBe(reader.closed);
    return Promise.all([
      failureOf(() => reader.read()),
      failureOf(() => reader.read()),
      failureOf(() => reader.closed),
    ]);
  },
  'a second reader of a failed stream': async (body) => {
    const first = body.getReader();
    const errors = [await failureOf(() => first.read())];
    first.releaseLock();
    const second = body.getReader();
    errors.push(await failureOf(() => second.read()), await failureOf(() => second.closed));
    return errors;
  },
  'cancel() of a reader of a failed stream': async (body) => {
    const reader = body.getReader();
    const error = await failureOf(() => reader.read());
    return [error, await failureOf(() => reader.cancel())];
  },
  'a loop': async (body) => [await failureOf(() => drained(body))],
  'a loop and cancel() after it': async (body) => [
    await failureOf(() => drained(body.values({ preventCancel: true }))),
    await failureOf(() => body.cancel()),
  ],
  'both branches of tee()': (body) =>
    Promise.all(
      body
        .tee()
        .map((branch, index) => failureOf(() => (index === 0 ? branch.getReader().read() : drained(branch)))),
    ),
  'pipeTo() and abort() of its destination': async (body) => {
    const reasons: unknown[] = [];
    const destination = new WritableStream({ abort: (reason) => void reasons.push(reason) });
    const error = await failureOf(() => body.pipeTo(destination));
    return [error, ...reasons];
  },
  'pipeThrough()': async (body) => [await failureOf(() => drained(body.pipeThrough(new TransformStream())))],
  'a response': async (body) => [await failureOf(() => new Response(body).text())],
  'pipeline() of Node.js': async (body) => [await failureOf(() => pipeline(body, new PassThrough()))],
  'Readable.fromWeb()': async (body) => {
    const readable = Readable.fromWeb(body as never);
    const error = once(readable, 'error');
    readable.resume();
    return [((await error) as unknown[])[0], readable.errored];
  },
};

describe.each(ONE_OF_EACH)('a refused request of a ReadableStream with %s', (_name, sdk) => {
  it.each(Object.entries(WAYS))('reaches %s as LlmBudgetExceededError', async (_way, read) => {
    const body = app.get(Assistant).ask(() => streamOf(sdk.helper(emulator())));
    await expectRefused(await read(body));
  });

  it.each(Object.entries(WAYS))(
    'reaches %s as LlmBudgetExceededError if it is sent while the stream is read',
    async (_way, read) => {
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
    },
  );
});

it('passes LlmBudgetExceededError to a BYOB reader', async () => {
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

it('rejects a released reader with the error of the platform', async () => {
  const body = app.get(Assistant).ask(() => streamOf(CHAT['openai 7']!.helper(emulator())));
  const reader = body.getReader();
  const read = failureOf(() => reader.read());
  await Promise.resolve();
  reader.releaseLock();
  expect(await read).toMatchObject({ code: 'ERR_INVALID_STATE' });
  expect(await failureOf(() => reader.closed)).toMatchObject({ code: 'ERR_INVALID_STATE' });
  await expectRefused([await failureOf(() => drained(body))]);
});

it('does not change a stream within the budget', async () => {
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

it('returns the same closed promise of a reader before and after its end', async () => {
  await open();
  const body = app.get(Assistant).ask(() => streamOf(CHAT['openai 7']!.helper(emulator())));
  const reader = body.getReader();
  const { closed } = reader;
  while (!(await reader.read()).done);
  expect(reader.closed).toBe(closed);
  await expect(closed).resolves.toBeUndefined();
});

it.each(Object.entries(WAYS))(
  'does not replace an error of the application that reaches %s',
  async (_way, read) => {
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
  },
);

/** Ways to observe the error of a `Readable`. */
const READABLE_WAYS: Record<string, (readable: Readable) => Promise<unknown[]>> = {
  "the event 'error' and errored": async (readable) => {
    const errors: unknown[] = [];
    readable.on('error', (error) => void errors.push(error));
    readable.once('error', (error) => void errors.push(error));
    const closed = new Promise((resolve) => readable.once('close', resolve));
    readable.resume();
    await closed;
    return [...errors, readable.errored];
  },
  'a loop': async (readable) => [await failureOf(() => drained(readable))],
  'a pipeline and finished() after it': async (readable) => {
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
