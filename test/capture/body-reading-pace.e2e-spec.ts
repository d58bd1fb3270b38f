import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { failureOf } from '../support/accounts.js';
import { MODEL_REQUESTS, post, STREAM_REQUESTS } from '../support/model-requests.js';
import { BODY_READERS } from '../support/body-readers.js';
import { WithAndWithout } from '../support/with-and-without.js';

const CHUNKS = 20;

/** Response whose body is generated on demand and counts how often the consumer pulls. */
class PullCountingResponse {
  pulls = 0;
  cancelled: unknown = null;
  readonly response: Response;

  constructor(strategy: { highWaterMark: number; type?: 'bytes' }) {
    const source: UnderlyingDefaultSource<Uint8Array<ArrayBuffer>> = {
      pull: (controller) => {
        this.pulls++;
        const text = `data: {"id":"a","choices":[{"index":0,"delta":{"content":"word "},"finish_reason":null}]}\n\n`;
        controller.enqueue(new TextEncoder().encode(text));
        if (this.pulls === CHUNKS) controller.close();
      },
      cancel: (reason) => void (this.cancelled = reason),
    };
    const { type, highWaterMark } = strategy;
    this.response = new Response(
      new ReadableStream({ ...source, type } as typeof source, { highWaterMark }),
      {
        headers: { 'content-type': 'text/event-stream' },
      },
    );
  }
}

/** Consumers that read one or two chunks and then pause. */
const PAUSES: Readonly<Record<string, (response: Response) => Promise<unknown>>> = {
  'code that only checks whether it is locked': async ({ body }) => body!.locked,
  'a reader': ({ body }) => body!.getReader().read(),
  'a loop': async ({ body }) => [await body!.values().next()],
  'two loops, one after the other': async ({ body }) => {
    for await (const chunk of body!.values({ preventCancel: true })) if (chunk.length > 0) break;
    return body!.values().next();
  },
  'one branch of tee()': ({ body }) => body!.tee()[0].getReader().read(),
  'both branches of tee()': ({ body }) => Promise.all(body!.tee().map((branch) => branch.getReader().read())),
  'a clone': (response) => response.clone().body!.getReader().read(),
  'a full destination': ({ body }) =>
    new Promise<void>((resolve) => {
      const write = (): Promise<void> => {
        resolve();
        return new Promise(() => {});
      };
      void body!.pipeTo(new WritableStream({ write }));
    }),
  'a destination with room for three chunks': ({ body }) =>
    new Promise<void>((resolve) => {
      const write = (): Promise<void> => {
        resolve();
        return new Promise(() => {});
      };
      void body!.pipeTo(new WritableStream({ write }, { highWaterMark: 3 }));
    }),
  'a reader behind a pipe': ({ body }) => body!.pipeThrough(new TextDecoderStream()).getReader().read(),
  'a Node stream': async ({ body }) => {
    const readable = Readable.fromWeb(body as never, { highWaterMark: 1 });
    await new Promise((resolve) => readable.once('readable', resolve));
  },
};

describe('the pace at which a body is read', () => {
  const lab = new WithAndWithout();
  beforeAll(() => lab.start());
  afterAll(() => lab.stop());
  beforeEach(() => lab.renew());
  afterEach(() => lab.end());

  const request = MODEL_REQUESTS['an OpenAI stream'];

  /** Runs `use` on both sides with the response that `response()` creates. */
  function answer<T>(
    response: () => Response,
    use: (response: Response) => Promise<T>,
  ): Promise<{ seen: T; bare: T }> {
    const own = (): Promise<Response> => Promise.resolve(response());
    return lab.both(async (side) => {
      const fetch = side === lab.with ? lab.llm.wrapFetch(own) : own;
      return use(await post(fetch, 'https://llm.example', request));
    });
  }

  describe.each([
    { highWaterMark: 0 },
    { highWaterMark: 1 },
    { highWaterMark: 4 },
    { highWaterMark: 0, type: 'bytes' as const },
  ])('of a stream with the strategy %o', (strategy) => {
    it.each(Object.entries(PAUSES))('is set only by its consumer: %s', async (_who, pause) => {
      const asked: number[] = [];
      const { seen, bare } = await lab.both(async (side) => {
        const counted = new PullCountingResponse(strategy);
        const own = (): Promise<Response> => Promise.resolve(counted.response);
        const fetch = side === lab.with ? lab.llm.wrapFetch(own) : own;
        const response = await post(fetch, 'https://llm.example', request);
        await pause(response);
        // Gives any read-ahead a chance to run.
        await setImmediate();
        await setImmediate();
        asked.push(counted.pulls);
        return counted.pulls;
      });
      expect(seen).toBe(bare);
      expect(seen).toBeLessThan(CHUNKS);
    });
  });

  it('follows a reader with several pending reads', async () => {
    const { seen, bare } = await answer(
      () => new PullCountingResponse({ highWaterMark: 0 }).response,
      async ({ body }) => {
        const reader = body!.getReader();
        const order: string[] = [];
        await Promise.all(
          Array.from({ length: 5 }, async (_, index) => {
            const { value } = await reader.read();
            order.push(`${index}: ${value!.length}`);
          }),
        );
        return order;
      },
    );
    expect(seen).toEqual(bare);
  });

  it('passes the reason of a cancellation to the source unchanged', async () => {
    const reason = { why: 'enough' };
    const sources: PullCountingResponse[] = [];
    await answer(
      () => {
        sources.push(new PullCountingResponse({ highWaterMark: 0 }));
        return sources.at(-1)!.response;
      },
      async ({ body }) => body!.cancel(reason),
    );
    expect(sources.map(({ cancelled }) => cancelled)).toEqual([reason, reason]);
    expect(sources[0]!.cancelled).toBe(reason);
    expect(await lab.records.only()).toMatchObject({ finishReason: 'cancelled' });
  });

  it('passes on the chunk objects of the source, not copies', async () => {
    const chunk = new TextEncoder().encode('data: [DONE]\n\n');
    const body = new ReadableStream({
      start: (controller) => {
        controller.enqueue(chunk);
        controller.close();
      },
    });
    const fetch = lab.llm.wrapFetch(() =>
      Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } })),
    );
    const response = await lab.run(() => post(fetch, 'https://llm.example', request));
    expect(response.body).toBe(body);
    expect((await response.body!.getReader().read()).value).toBe(chunk);
  });

  it.each(Object.entries(BODY_READERS))(
    'passes on the error object of the source: %s',
    async (_way, reading) => {
      const reason = new RangeError('the source has broken');
      const { seen, bare } = await answer(
        () => {
          const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
            type: 'bytes',
            start: (controller) => controller.enqueue(new TextEncoder().encode('data: {"choices":[]}\n\n')),
            pull: (controller) => controller.error(reason),
          });
          return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
        },
        (response) =>
          reading(response).then(
            () => null,
            (error: unknown) => error,
          ),
      );
      expect(bare).toBe(reason);
      expect(seen).toBe(reason);
      expect(await lab.records.only()).toMatchObject({ attempts: [{ ending: 'cut' }] });
    },
  );

  it.each<[string, (response: Response) => Promise<unknown>]>([
    ['json()', (response) => response.json()],
    ['text()', (response) => response.text()],
    ['a reader', ({ body }) => body!.getReader().read()],
    ['a loop', ({ body }) => body!.values().next()],
  ])('passes on an error whose properties throw: %s', async (_way, reading) => {
    const hostile = (): never => {
      throw new Error('looked at');
    };
    const reason: object = new Proxy({}, { get: hostile, has: hostile, getPrototypeOf: hostile });
    const { seen, bare } = await answer(
      () => new Response(new ReadableStream({ pull: (controller) => controller.error(reason) })),
      async (response) => {
        try {
          return (await reading(response)) === null;
        } catch (error) {
          return error === reason;
        }
      },
    );
    expect([seen, bare]).toEqual([true, true]);
    // Only telemetry reads these properties.
    lab.telemetry.logger.entries.length = 0;
  });

  it.each(STREAM_REQUESTS)(
    'of %s that ends before its last event is cut off, without an error',
    async (_name, stream) => {
      const own = (): Promise<Response> =>
        Promise.resolve(
          new Response('data: {"id":"a"}\n\n', { headers: { 'content-type': 'text/event-stream' } }),
        );
      const text = await lab.run(async () =>
        (await post(lab.llm.wrapFetch(own), 'https://llm.example', stream)).text(),
      );
      expect(text).toBe('data: {"id":"a"}\n\n');
      expect((await lab.records.only()).attempts).toMatchObject([
        { ending: 'cut', failure: { type: 'stream_cut' } },
      ]);
    },
  );

  it('rejects invalid JSON with the error of the platform, and the body counts as read', async () => {
    const { seen, bare } = await answer(
      () => new Response('{"choices": [{', { headers: { 'content-type': 'application/json' } }),
      (response) => failureOf(() => response.json()),
    );
    expect(seen).toEqual(bare);
    expect(seen).toMatchObject({ class: 'SyntaxError' });
    expect(await lab.records.only()).toMatchObject({
      usage: { source: 'missing' },
      attempts: [{ ending: 'finished', failure: null }],
    });
  });

  it('does not matter for a response without a body', async () => {
    const { seen, bare } = await answer(
      () => new Response(null, { status: 204 }),
      async (response) => [response.body, response.bodyUsed, await response.text()],
    );
    expect(seen).toEqual(bare);
    expect(await lab.records.only()).toMatchObject({ attempts: [{ status: 204, ending: 'finished' }] });
  });
});
