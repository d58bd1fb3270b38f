import '../support/loaded-wire.js';
import { bareFetch } from '../support/bare-fetch.js';
import fc from 'fast-check';
import { setImmediate } from 'node:timers/promises';
import { createContext, runInContext } from 'node:vm';
import { fetch as undiciFetch, Request as UndiciRequest } from 'undici';
import type { Exchange, ExchangeObserver } from '../../src/llm-telemetry/wire/exchanges/exchange.js';
import { onFault } from '../../src/llm-telemetry/wire/guard.js';
import { MAX_JSON_SIZE } from '../../src/llm-telemetry/wire/streams/growing-buffer.js';
import { tapFetch } from '../../src/llm-telemetry/wire/transports/fetch-tap.js';
import { failureOf } from '../support/accounts.js';
import { RawServer, type RawRequest } from './support/raw-server.js';

/** `REQUEST_OBJECT_CASES=20000 npm test -- request-objects` runs the long form. */
const CASES = Number(process.env['REQUEST_OBJECT_CASES'] ?? 150);
const SEED = Number(process.env['REQUEST_OBJECT_SEED'] ?? Date.now() % 0x7fff_ffff);

type RequestClass = typeof Request;
const PLATFORMS: Readonly<Record<string, { fetch: typeof fetch; Request: RequestClass }>> = {
  global: { fetch: bareFetch, Request },
  'npm undici': {
    fetch: undiciFetch as unknown as typeof fetch,
    Request: UndiciRequest as unknown as RequestClass,
  },
};

function bodyOf(size: number): string {
  const start =
    '{"model":"mistral-small-latest","stream":true,"max_tokens":50,"messages":[{"role":"user","content":"é';
  const end = '"}]}';
  return start + 'x'.repeat(Math.max(0, size - Buffer.byteLength(start + end))) + end;
}

/** Kinds of bodies of a `Request`. A stream records how far it was read, to compare back-pressure. */
const KINDS: Readonly<Record<string, (text: string, log: string[]) => BodyInit>> = {
  text: (text) => text,
  bytes: (text) => Buffer.from(text),
  'a buffer': (text) => new Uint8Array(Buffer.from(text)).buffer,
  'a blob': (text) => new Blob([text]),
  'a stream': (text, log) => streamOf(text, log, false),
  'a slow stream': (text, log) => streamOf(text, log, true),
  'a byte stream': (text) => new Blob([text]).stream(),
};

function streamOf(text: string, log: string[], isSlow: boolean): ReadableStream {
  const bytes = Buffer.from(text);
  const size = Math.max(1, Math.ceil(bytes.length / 5));
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      if (isSlow) await setImmediate();
      log.push(`pull at ${at}`);
      if (at >= bytes.length) return controller.close();
      controller.enqueue(new Uint8Array(bytes.subarray(at, at + size)));
      at += size;
    },
    cancel: (reason) => void log.push(`cancelled ${String(reason)}`),
  });
}

/** Ways to hand a request to `fetch`. */
const WAYS: Readonly<
  Record<string, (fetch: typeof globalThis.fetch, request: Request) => Promise<Response>>
> = {
  'fetch(request)': (fetch, request) => fetch(request),
  'fetch(request, init)': (fetch, request) => fetch(request, { headers: { 'x-added': '1' } }),
  'fetch(request.clone())': (fetch, request) => fetch(request.clone()),
  'fetch(request) after a clone': (fetch, request) => {
    request.clone();
    return fetch(request);
  },
  'fetch(new Request(request))': (fetch, request) =>
    fetch(new (request.constructor as RequestClass)(request)),
};

interface Case {
  readonly platform: string;
  readonly kind: string;
  readonly way: string;
  readonly size: number;
  readonly aborts: boolean;
}

const MARGIN = 3;
const requestCase: fc.Arbitrary<Case> = fc.record({
  platform: fc.constantFrom(...Object.keys(PLATFORMS)),
  kind: fc.constantFrom(...Object.keys(KINDS)),
  way: fc.constantFrom(...Object.keys(WAYS)),
  size: fc.oneof(
    { weight: 40, arbitrary: fc.integer({ min: 0, max: 100_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: MAX_JSON_SIZE - MARGIN, max: MAX_JSON_SIZE + MARGIN }) },
  ),
  aborts: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
});

describe('the body of a Request', () => {
  const server = new RawServer();
  beforeAll(async () => {
    await server.start();
    server.handler = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"id":"1","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}');
    };
  });
  afterAll(() => server.stop());

  interface Account {
    readonly arrived: readonly RawRequest[];
    readonly failure: object | null;
    readonly log: readonly string[];
    readonly bodyUsed: boolean;
  }

  async function send(
    one: Case,
    tap: (fetch: typeof globalThis.fetch) => typeof globalThis.fetch,
  ): Promise<Account> {
    server.requests.length = 0;
    const platform = PLATFORMS[one.platform]!;
    const log: string[] = [];
    const controller = new AbortController();
    const request = new platform.Request(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: KINDS[one.kind]!(bodyOf(one.size), log),
      duplex: 'half',
      signal: controller.signal,
    } as RequestInit);
    const failure = await failureOf(async () => {
      const sent = WAYS[one.way]!(tap(platform.fetch), request);
      if (one.aborts) controller.abort(new Error('aborted by the test'));
      await (await sent).text();
    });
    // How much is sent before an abort depends on timing.
    return {
      arrived: one.aborts ? [] : [...server.requests],
      failure,
      log: one.aborts ? [] : log,
      bodyUsed: request.bodyUsed,
    };
  }

  async function compare(one: Case): Promise<Exchange | null> {
    const exchanges: Exchange[] = [];
    const observer: ExchangeObserver = {
      begin(exchange) {
        exchanges.push(exchange);
        return { run: (work) => work(), ended: () => {} };
      },
    };
    const faults: unknown[] = [];
    const stop = onFault(({ step, error }) => faults.push([step, error]));
    try {
      const bare = await send(one, (fetch) => fetch);
      const seen = await send(one, (fetch) => tapFetch(fetch, () => observer));
      expect(seen).toEqual(bare);
      expect(faults).toEqual([]);
      return exchanges[0] ?? null;
    } finally {
      stop();
    }
  }

  const plain: Case = { platform: 'global', kind: 'text', way: 'fetch(request)', size: 200, aborts: false };

  it.each([
    ...Object.keys(PLATFORMS).map((platform) => ({ platform })),
    ...Object.keys(KINDS).map((kind) => ({ kind })),
    ...Object.keys(WAYS).map((way) => ({ way })),
    ...Object.keys(WAYS).map((way) => ({ way, platform: 'npm undici' })),
    { size: MAX_JSON_SIZE },
  ] as Array<Partial<Case>>)(
    'is sent as without the library and recorded, without credentials: %j',
    async (shape) => {
      const exchange = await compare({ ...plain, ...shape });
      expect(exchange).toMatchObject({
        ending: 'finished',
        request: { parameters: { model: 'mistral-small-latest', stream: true, maxTokens: 50 } },
      });
      expect(exchange!.usage()).toMatchObject({ inputTokens: 1, outputTokens: 2 });
    },
  );

  it('is sent as without the library in random combinations', async () => {
    await fc.assert(
      fc.asyncProperty(requestCase, async (one) => void (await compare(one))),
      { seed: SEED, numRuns: CASES },
    );
  }, 3_600_000);

  it.each(['text', 'a stream'])('is not read if it is longer than 8 MB: %s', async (kind) => {
    expect(await compare({ ...plain, kind, size: MAX_JSON_SIZE + 1 })).toBeNull();
  });

  it('is never read ahead of the request: an endless stream ends with it', async () => {
    let pulled = 0;
    let cancelled = false;
    const endless = new ReadableStream({
      async pull(controller) {
        await setImmediate();
        pulled++;
        controller.enqueue(Buffer.alloc(64 * 1024));
      },
      cancel: () => {
        cancelled = true;
      },
    });
    const controller = new AbortController();
    const request = new Request('http://127.0.0.1:1/v1/chat/completions', {
      method: 'POST',
      body: endless,
      duplex: 'half',
      signal: controller.signal,
    } as RequestInit);
    const never = tapFetch(
      async (input) => {
        // Reads one chunk, like a slow connection.
        const reader = (input as Request).body!.getReader();
        await reader.read();
        const before = pulled;
        for (let turn = 0; turn < 50; turn++) await setImmediate();
        expect(pulled - before).toBeLessThanOrEqual(1);
        await reader.cancel();
        return new Response('');
      },
      () => ({ begin: () => null }),
    );
    await never(request);
    expect(cancelled).toBe(true);
  });

  it('is read for a Request of another realm', async () => {
    const context = createContext({});
    const foreign = runInContext(`(Base) => class Request extends Base {}`, context) as (
      base: RequestClass,
    ) => RequestClass;
    const Foreign = foreign(Request);
    const exchanges: Exchange[] = [];
    const tapped = tapFetch(bareFetch, () => ({
      begin(exchange) {
        exchanges.push(exchange);
        return { run: (work) => work(), ended: () => {} };
      },
    }));
    const request = new Foreign(`${server.url}/v1/chat/completions`, { method: 'POST', body: bodyOf(200) });
    await (await tapped(request)).text();
    expect(exchanges[0]?.request.parameters.model).toBe('mistral-small-latest');
  });
});
