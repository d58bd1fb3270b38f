import { bareFetch } from '../support/bare-fetch.js';
import { isProxy } from 'node:util/types';
import * as undici from 'undici';
import { LlmTelemetry, type CallRecord } from 'nestjs-llm-telemetry';
import { onFault } from '../../src/llm-telemetry/wire/guard.js';
import { failureOf } from '../support/accounts.js';
import { RecordCollector } from '../support/record-collector.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';
import { RawServer } from './support/raw-server.js';
import {
  CHUNKS,
  EagerPromise,
  events,
  type Fetch,
  JSON_BODY,
  LazyPromise,
  LibraryPromise,
  RESULTS,
  USAGE_CHUNK,
} from './support/fetch-results.js';

const INIT: RequestInit = {
  method: 'POST',
  headers: { authorization: 'Bearer sk-canary', 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'gpt-4o-mini', messages: [] }),
};
const STREAM: RequestInit = {
  ...INIT,
  body: JSON.stringify({ model: 'gpt-4o-mini', stream: true, messages: [] }),
};

describe('wrapFetch', () => {
  const server = new RawServer();
  const records = new RecordCollector();
  const faults: unknown[] = [];
  let telemetry: TelemetryApp;
  let llm: LlmTelemetry;
  let stop: () => void;
  let url: string;

  beforeAll(async () => {
    await server.start();
    url = `${server.url}/v1/chat/completions`;
    server.handler = (response, { body }) => {
      const stream = body.includes('"stream":true');
      response.writeHead(200, { 'content-type': stream ? 'text/event-stream' : 'application/json' });
      const asked = body.includes('include_usage');
      response.end(stream ? events(...CHUNKS, ...(asked ? [USAGE_CHUNK] : [])).join('') : JSON_BODY);
    };
    telemetry = await startTelemetryApp({ options: { includeStreamUsage: true, onCall: records.onCall } });
    llm = telemetry.get(LlmTelemetry);
    stop = onFault(({ step, error }) => faults.push([step, error]));
  });
  afterAll(async () => {
    stop();
    await telemetry.stop();
    await server.stop();
  });
  beforeEach(async () => {
    await llm.flush();
    records.clear();
    server.requests.length = 0;
    faults.length = 0;
  });
  afterEach(() => {
    if (faults.length > 0) throw new Error('a fault in telemetry', { cause: faults });
  });

  const run = <T>(work: () => T): T => llm.run({ feature: 'wrap', operation: 'fetch' }, work);
  const recorded = async (): Promise<CallRecord> => {
    await llm.flush();
    return records.only();
  };
  const READ = {
    usage: { inputTokens: 7, outputTokens: 3 },
    finishReason: 'stop',
    attempts: [{ ending: 'finished' }],
  };

  describe('the returned function', () => {
    class Client extends Function {
      label = 'instance';
    }
    const FUNCTIONS: Readonly<Record<string, () => (...args: never[]) => unknown>> = {
      'the platform’s': () => bareFetch,
      'an arrow function': () => async () => new Response(),
      'an async function': () => async function own() {},
      'a function with a prototype': () => function own() {},
      'a bound function': () => bareFetch.bind(null),
      'a method': () => ({ send() {} }).send,
      // openai/openai-node reads `fetch.Response` to decide how to upload a file.
      'a function with its own Response': () =>
        Object.assign(async () => {}, { Response, Headers, preconnect() {} }),
      'a function with a getter and a symbol': () =>
        Object.defineProperties(async () => {}, {
          lazy: { get: () => 'value', enumerable: true, configurable: true },
          [Symbol.for('own')]: { value: 1 },
        }) as () => Promise<void>,
      'a frozen function': () => Object.freeze(async () => {}),
      'a function whose name is a getter': () =>
        Object.defineProperty(async () => {}, 'name', { get: () => 'own', configurable: true }),
      'an instance of a class': () =>
        Object.setPrototypeOf(async () => {}, Client.prototype) as () => Promise<void>,
      'a function without a prototype chain': () =>
        Object.setPrototypeOf(async () => {}, null) as () => Promise<void>,
      'a proxy': () =>
        new Proxy(
          Object.assign(async () => {}, { own: 1 }),
          {},
        ),
    };

    it.each(Object.entries(FUNCTIONS))('looks like %s', (_kind, make) => {
      const original = make();
      const wrapped = llm.wrapFetch(original as unknown as Fetch) as unknown as typeof original;
      expect(Reflect.ownKeys(wrapped).toSorted(byText)).toEqual(Reflect.ownKeys(original).toSorted(byText));
      for (const key of Reflect.ownKeys(original))
        expect([key, Object.getOwnPropertyDescriptor(wrapped, key)]).toEqual([
          key,
          Object.getOwnPropertyDescriptor(original, key),
        ]);
      expect(Object.getPrototypeOf(wrapped)).toBe(Object.getPrototypeOf(original));
      expect(Object.prototype.toString.call(wrapped)).toBe(Object.prototype.toString.call(original));
      expect(wrapped instanceof Client).toBe(original instanceof Client);
      expect([Object.isFrozen(wrapped), Object.isExtensible(wrapped)]).toEqual([
        Object.isFrozen(original),
        Object.isExtensible(original),
      ]);
    });

    it('is not a proxy if the wrapped function is ordinary', () => {
      expect(isProxy(llm.wrapFetch(bareFetch))).toBe(false);
      expect(isProxy(llm.wrapFetch(async () => new Response()))).toBe(false);
    });

    it('writes properties to the wrapped function', () => {
      const original = Object.assign(async () => new Response(), { calls: 0 });
      (llm.wrapFetch(original) as unknown as { calls: number }).calls = 3;
      expect(original.calls).toBe(3);
    });

    it('does not read properties of a proxy', () => {
      const reads: unknown[] = [];
      const proxy = new Proxy(async () => new Response(), {
        get: (target, key) => (reads.push(key), Reflect.get(target, key) as unknown),
        ownKeys: (target) => (reads.push('ownKeys'), Reflect.ownKeys(target)),
        getPrototypeOf: (target) => (reads.push('getPrototypeOf'), Reflect.getPrototypeOf(target)),
      });
      void run(() => llm.wrapFetch(proxy)(url, INIT));
      expect(reads).toEqual([]);
    });

    it.each([
      ['no argument', []],
      ['one argument', ['http://127.0.0.1:1/other']],
      ['one argument to a model', ['http://127.0.0.1:1/v1/chat/completions']],
      ['arguments of a library', ['http://127.0.0.1:1/v1/chat/completions', INIT, { env: 1 }, 4]],
    ] as Array<[string, unknown[]]>)('passes on %s', async (_kind, args) => {
      const seen: unknown[] = [];
      const own = function (this: unknown, ...given: unknown[]) {
        seen.push(this, given);
        return Promise.resolve(new Response());
      };
      const self = {};
      await run(() => Reflect.apply(llm.wrapFetch(own), self, args) as Promise<Response>);
      expect(seen).toEqual([self, args]);
      expect(seen[0]).toBe(self);
    });
  });

  describe.each(Object.entries(RESULTS))('around a fetch that returns %s', (kind, make) => {
    it('returns the same kind of value with the same result', async () => {
      const look = async (fetch: Fetch): Promise<object> => {
        LazyPromise.sent = 0;
        const result = fetch(url, INIT) as unknown;
        const sentBefore = LazyPromise.sent;
        const value = (await result) as Response | undefined;
        return {
          type: typeof result,
          tag: Object.prototype.toString.call(result),
          names: typeof result === 'object' && result !== null ? Object.getOwnPropertyNames(result) : null,
          constructor: (result as object | undefined)?.constructor?.name,
          isPromise: result instanceof Promise,
          isEager: result instanceof EagerPromise,
          cancel: (result as { cancel?: () => string } | undefined)?.cancel?.(),
          sentBefore,
          sent: LazyPromise.sent,
          value: value instanceof Response ? await value.text() : JSON.stringify(value),
        };
      };
      const bare = await look(make(bareFetch) as Fetch);
      const seen = await run(() => look(llm.wrapFetch(make(bareFetch) as Fetch)));
      expect(seen).toEqual(bare);
      const record = await recorded();
      expect(record.failure).toBeNull();
      if (/native|realm|subclass|library|thenable object|response/.test(kind))
        expect(record).toMatchObject(READ);
    });
  });

  it.each([
    ['a subclass of Promise', (error: Error) => EagerPromise.reject(error)],
    ['a promise of a library', (error: Error) => new LibraryPromise(Promise.reject(error))],
  ])('records the failure of %s', async (_kind, make) => {
    const error = new Error('no network in this test');
    const wrapped = llm.wrapFetch((() => make(error)) as unknown as Fetch);
    await run(async () =>
      expect(failureOf(async () => await wrapped(url, INIT))).resolves.toMatchObject({
        message: error.message,
      }),
    );
    expect(await recorded()).toMatchObject({ attempts: [{ ending: 'failed' }] });
  });

  it('passes on an error that fetch throws synchronously', () => {
    const error = new Error('refused');
    const wrapped = llm.wrapFetch(() => {
      throw error;
    });
    expect(() => run(() => wrapped(url, INIT))).toThrow(error);
  });

  describe('around the fetch of npm undici', () => {
    const undiciFetch = undici.fetch as unknown as Fetch;

    // openai/openai-node#1891, n8n-io/n8n#37946: Request and Response of undici are not those of the platform.
    it.each<[string, (response: Response) => Promise<unknown>]>([
      ['json()', (response) => response.json()],
      ['text()', (response) => response.text()],
      [
        'its stream',
        async (response) => {
          const chunks: string[] = [];
          for await (const chunk of response.body!) chunks.push(String(chunk));
          return chunks;
        },
      ],
      ['a clone', (response) => response.clone().text()],
    ])('reads the usage of JSON from %s', async (_way, read) => {
      const bare = await read(await undiciFetch(url, INIT));
      const seen = await run(async () => {
        const response = await llm.wrapFetch(undiciFetch)(url, INIT);
        expect(response).toBeInstanceOf(undici.Response);
        return read(response);
      });
      expect(seen).toEqual(bare);
      expect(await recorded()).toMatchObject(READ);
    });

    it('reads the usage of a stream and removes the chunk that the application did not request', async () => {
      const read = async (fetch: Fetch): Promise<string> => (await fetch(url, STREAM)).text();
      expect(await run(() => read(llm.wrapFetch(undiciFetch)))).toBe(await read(undiciFetch));
      expect(await recorded()).toMatchObject(READ);
    });

    it('reads a Request of undici', async () => {
      const request = new undici.Request(url, INIT as undici.RequestInit);
      await run(async () => (await llm.wrapFetch(undiciFetch)(request as unknown as Request)).text());
      expect(await recorded()).toMatchObject(READ);
    });
  });

  describe('around a fetch that streams text', () => {
    const streamOf =
      (chunks: () => unknown[], headers = { 'content-type': 'text/event-stream' }): Fetch =>
      async () => {
        const body = new ReadableStream({
          start(controller) {
            for (const chunk of chunks()) controller.enqueue(chunk);
            controller.close();
          },
        });
        return withBody(new Response(null, { headers }), body);
      };

    /** Makes a response of a subclass whose body can have chunks of any type. */
    function withBody(response: Response, body: ReadableStream): Response {
      class OwnResponse extends Response {
        override get body(): ReadableStream {
          return body;
        }
      }
      return Object.setPrototypeOf(response, OwnResponse.prototype) as Response;
    }

    const read = async (fetch: Fetch): Promise<object> => {
      const { body } = await fetch(url, STREAM);
      const byob = await failureOf(() => body!.getReader({ mode: 'byob' }));
      const chunks: unknown[] = [];
      for await (const chunk of body!) chunks.push(chunk);
      return { byob, kinds: chunks.map((chunk) => typeof chunk), chunks };
    };

    it('passes on the same chunks without the usage that the library requested', async () => {
      const bare = await read(streamOf(() => events(...CHUNKS)));
      const seen = await run(() => read(llm.wrapFetch(streamOf(() => events(...CHUNKS, USAGE_CHUNK)))));
      expect(seen).toEqual(bare);
      expect(await recorded()).toMatchObject(READ);
    });

    it('passes on text that is split within characters', async () => {
      const text = events({ choices: [{ delta: { content: 'é “👍”' } }] }).join('');
      const bare = await read(streamOf(() => [text]));
      const seen = await run(() => read(llm.wrapFetch(streamOf(() => text.split('')))));
      expect((seen as { chunks: string[] }).chunks.join('')).toBe(
        (bare as { chunks: string[] }).chunks.join(''),
      );
    });

    it('passes on chunks that are neither text nor bytes', async () => {
      const object = { choices: [] };
      const chunks = (): unknown[] => [object, 7, null, 'data: 1\n\n'];
      const bare = await read(streamOf(chunks));
      expect(await run(() => read(llm.wrapFetch(streamOf(chunks))))).toEqual(bare);
    });
  });

  it('does not change a response that is frozen or a proxy', async () => {
    for (const change of [Object.freeze, (response: Response) => new Proxy(response, {})]) {
      const response = change(new Response(JSON_BODY)) as Response;
      const wrapped = llm.wrapFetch(async () => response);
      expect(await run(() => wrapped(url, INIT))).toBe(response);
    }
  });
});

function byText(one: string | symbol, other: string | symbol): number {
  return String(one).localeCompare(String(other));
}
