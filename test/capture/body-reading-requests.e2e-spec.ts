import { bareFetch } from '../support/bare-fetch.js';
import { failureOf } from '../support/accounts.js';
import { MODEL_REQUESTS, post } from '../support/model-requests.js';
import { WithAndWithout, type Side } from '../support/with-and-without.js';

const { jest } = import.meta;
const request = MODEL_REQUESTS['OpenAI JSON'];
const BODY = JSON.stringify(request.body('Say “hello” in 日本語.'));

/** All types of body that `fetch` accepts and that can carry JSON. */
const BODIES: Readonly<Record<string, () => RequestInit>> = {
  'a string': () => ({ body: BODY }),
  'a Uint8Array': () => ({ body: new TextEncoder().encode(BODY) }),
  'a Buffer': () => ({ body: Buffer.from(BODY) }),
  'an ArrayBuffer': () => ({ body: new TextEncoder().encode(BODY).buffer }),
  'a DataView': () => ({ body: new DataView(new TextEncoder().encode(BODY).buffer) }),
  'a Blob': () => ({ body: new Blob([BODY]) }),
  'a ReadableStream': () => ({ body: new Blob([BODY]).stream(), duplex: 'half' }) as RequestInit,
  'an async generator': () => ({
    body: (async function* () {
      yield Buffer.from(BODY.slice(0, 10));
      yield Buffer.from(BODY.slice(10));
    })() as unknown as ReadableStream,
    ...({ duplex: 'half' } as object),
  }),
};

/** All types that `fetch` accepts as its first argument. */
const INPUTS: Readonly<Record<string, (url: string, init: RequestInit) => Parameters<typeof fetch>>> = {
  'a string': (url, init) => [url, init],
  'a URL': (url, init) => [new URL(url), init],
  'a Request': (url, init) => [new Request(url, init)],
  'a Request that init overrides': (url, init) => [new Request(url), init],
  'a string with a query': (url, init) => [`${url}?api-version=2024-10-21`, init],
};

/** All types of headers that `fetch` accepts. */
const HEADERS: Readonly<Record<string, RequestInit['headers']>> = {
  'an object': request.headers,
  Headers: new Headers(request.headers),
  pairs: Object.entries(request.headers),
};

describe('a request', () => {
  const lab = new WithAndWithout();
  beforeAll(() => lab.start());
  afterAll(() => lab.stop());
  beforeEach(() => lab.renew());
  afterEach(() => lab.end());

  const urlOf = ({ emulator }: Side): string => emulator.url + request.path;
  const requestsOf = ({ emulator }: Side): object[] =>
    emulator.requests.map(({ headers, ...rest }) => ({
      ...rest,
      headers: headers.filter(([name]) => name !== 'host'),
    }));

  async function expectOneBilled(side = lab.with): Promise<void> {
    const record = await lab.records.only();
    expect(record.attempts).toHaveLength(1);
    const { requestId, usage } = record.attempts[0]!;
    const { inputTokens, outputTokens } = side.emulator.ledger.find(requestId!)!;
    expect(usage).toMatchObject({ source: 'provider', inputTokens, outputTokens });
    expect(side.emulator.requests).toHaveLength(1);
  }

  describe.each(Object.entries(INPUTS))('to %s', (_target, input) => {
    it.each(Object.entries(BODIES))('with %s is sent once, unchanged, and captured', async (_kind, init) => {
      const { seen, bare } = await lab.both(async (side) => {
        const all = { ...init(), method: 'POST', headers: request.headers };
        return (await side.fetch(...input(urlOf(side), all))).text();
      });
      expect(seen).toBe(bare);
      expect(requestsOf(lab.with)).toEqual(requestsOf(lab.without));
      expect(lab.with.emulator.requests).toMatchObject([{ body: JSON.parse(BODY) as object }]);
      // Iterating a generator would consume it, but the host is known and the request has credentials.
      await expectOneBilled();
    });
  });

  it.each(Object.entries(HEADERS))('is captured with headers given as %s', async (_kind, headers) => {
    const body = new Blob([BODY]);
    await lab.run(async () => (await fetch(urlOf(lab.with), { method: 'POST', headers, body })).text());
    await expectOneBilled();
  });

  it('is captured if its method is in lower case', async () => {
    const { seen, bare } = await lab.both(async (side) =>
      (await side.fetch(urlOf(side), { method: 'post', headers: request.headers, body: BODY })).text(),
    );
    expect(seen).toBe(bare);
    await expectOneBilled();
  });

  it('does not modify its arguments', async () => {
    const init: RequestInit = Object.freeze({ method: 'POST', headers: { ...request.headers }, body: BODY });
    const given = new Request(urlOf(lab.with), init);
    const call = jest.fn<ReturnType<typeof fetch>, Parameters<typeof fetch>>(bareFetch);
    await lab.run(async () => (await lab.llm.wrapFetch(call)(given, init)).text());
    expect(call.mock.calls).toEqual([[given, init]]);
    expect(call.mock.calls[0]![0]).toBe(given);
    expect(call.mock.calls[0]![1]).toBe(init);
    await expectOneBilled();
  });

  it.each([
    ['malformed JSON', '{"messages": ['],
    ['text that is not JSON', 'messages, please'],
    ['JSON that is not a model request', '{"hello": "world"}'],
    ['an empty body', ''],
  ])('with %s is passed on unchanged', async (_kind, body) => {
    const { seen, bare } = await lab.both(async (side) => {
      const response = await side.fetch(urlOf(side), { method: 'POST', headers: request.headers, body });
      return [response.status, await response.text()];
    });
    expect(seen).toEqual(bare);
    expect(seen[0]).toBe(400);
    expect(requestsOf(lab.with)).toEqual(requestsOf(lab.without));
    await lab.telemetry.flush();
    expect(lab.records.now.flatMap(({ usage }) => usage ?? [])).toEqual([]);
  });

  it.each<[string, Parameters<typeof fetch>]>([
    ['an invalid URL', ['http://', { method: 'POST', body: BODY }]],
    ['a relative URL', ['/v1/chat/completions', { method: 'POST', body: BODY }]],
    ['a body that a GET cannot have', ['http://127.0.0.1/v1/chat/completions', { body: BODY }]],
    [
      'an invalid header',
      ['http://127.0.0.1/v1/chat/completions', { method: 'POST', headers: { 'a b': 'c' }, body: BODY }],
    ],
    ['nothing', [undefined as never]],
    ['a symbol', [Symbol('url') as never]],
    [
      'an aborted signal',
      ['http://127.0.0.1/v1/chat/completions', { method: 'POST', body: BODY, signal: AbortSignal.abort() }],
    ],
  ])('with %s fails as without the library', async (_kind, args) => {
    const { seen, bare } = await lab.both(({ fetch }) => failureOf(() => fetch(...args)));
    expect(seen).not.toBeNull();
    expect(seen).toEqual(bare);
  });

  it('throws synchronously if a wrapped fetch throws synchronously', () => {
    const error = new Error('no network in this test');
    const refuse = (): never => {
      throw error;
    };
    const wrapped = lab.llm.wrapFetch(refuse);
    expect(() => lab.run(() => post(wrapped, lab.with.emulator.url, request))).toThrow(error);
    expect(lab.records.now).toMatchObject([{ failure: {}, attempts: [{ ending: 'failed' }] }]);
  });

  describe('that is not sent to a model', () => {
    it.each<[string, Parameters<typeof fetch>]>([
      ['another path', ['https://llm.example/health', { method: 'POST', body: BODY }]],
      ['another method', ['https://llm.example/v1/chat/completions', { method: 'GET' }]],
      [
        'a route of the application',
        ['https://app.example/messages', { method: 'POST', body: '{"text":"hi"}' }],
      ],
      [
        'an unreadable body without an API key',
        ['https://app.example/messages', { method: 'POST', body: new FormData() }],
      ],
    ])('returns the promise and the response of the platform: %s', async (_kind, args) => {
      const response = new Response('x');
      const promise = Promise.resolve(response);
      const own = jest.fn<ReturnType<typeof fetch>, Parameters<typeof fetch>>(() => promise);
      const result = lab.run(() => {
        const given = lab.llm.wrapFetch(own)(...args);
        expect(given).toBe(promise);
        return given;
      });
      expect(await result).toBe(response);
      expect(Object.getPrototypeOf(response)).toBe(Response.prototype);
      expect(Object.getPrototypeOf(response.body)).toBe(ReadableStream.prototype);
      expect(own.mock.calls).toEqual([args]);
      await lab.telemetry.flush();
      expect(await lab.records.only()).toMatchObject({ attempts: [] });
    });
  });

  describe('sent through', () => {
    it('wrapFetch(fetch) by a client is captured', async () => {
      const text = await lab.run(async () =>
        (await post(lab.llm.wrapFetch(bareFetch), lab.with.emulator.url, request)).text(),
      );
      expect(text).toBe(await (await post(bareFetch, lab.without.emulator.url, request)).text());
      await expectOneBilled();
    });

    it.each<[string, () => typeof fetch]>([
      ['wrapFetch() around the tapped fetch', () => lab.llm.wrapFetch(fetch)],
      ['wrapFetch() around wrapFetch()', () => lab.llm.wrapFetch(lab.llm.wrapFetch(bareFetch))],
      ['wrapFetch() around a function that fetches', () => lab.llm.wrapFetch((...args) => fetch(...args))],
      [
        'wrapFetch() around a function that fetches later',
        () =>
          lab.llm.wrapFetch(async (...args) => {
            await Promise.resolve();
            return lab.llm.wrapFetch(fetch)(...args);
          }),
      ],
    ])('%s is captured once', async (_kind, wrapped) => {
      await lab.run(async () => (await post(wrapped(), lab.with.emulator.url, request)).text());
      await expectOneBilled();
    });

    it('a spy on the global fetch is captured, and the spy is called', async () => {
      const tapped = globalThis.fetch;
      const spy = jest.spyOn(globalThis, 'fetch');
      await lab.run(async () => (await post(globalThis.fetch, lab.with.emulator.url, request)).text());
      expect(spy.mock.calls).toMatchObject([[urlOf(lab.with), { method: 'POST' }]]);
      spy.mockRestore();
      expect(globalThis.fetch).toBe(tapped);
      await expectOneBilled();
    });

    it('a mock of the global fetch receives the response of the mock without network access', async () => {
      const response = Response.json({ mocked: true });
      const spy = jest.spyOn(globalThis, 'fetch').mockResolvedValue(response);
      const answer = await lab.run(() => post(globalThis.fetch, lab.with.emulator.url, request));
      spy.mockRestore();
      expect(answer).toBe(response);
      expect(Object.getPrototypeOf(answer)).toBe(Response.prototype);
      expect(lab.with.emulator.requests).toEqual([]);
    });

    it('the global fetch is captured after it was replaced and restored', async () => {
      const tapped = globalThis.fetch;
      const seen: unknown[] = [];
      globalThis.fetch = (...args) => {
        seen.push(args[0]);
        return tapped(...args);
      };
      try {
        await lab.run(async () => (await post(globalThis.fetch, lab.with.emulator.url, request)).text());
      } finally {
        globalThis.fetch = tapped;
      }
      expect(seen).toEqual([urlOf(lab.with)]);
      await expectOneBilled();
    });

    it('the tapped fetch finds a plain property that looks like the platform’s fetch', () => {
      const { get, ...descriptor } = Object.getOwnPropertyDescriptor(globalThis, 'fetch')!;
      expect(get).toBeUndefined();
      expect(descriptor).toMatchObject({ writable: true, configurable: true, enumerable: true });
      expect([fetch.name, fetch.length]).toEqual([bareFetch.name, bareFetch.length]);
    });
  });
});
