import '../support/loaded-wire.js';
import { bareFetch } from '../support/bare-fetch.js';
import fc from 'fast-check';
import type { Exchange, ExchangeObserver } from '../../src/llm-telemetry/wire/exchanges/exchange.js';
import { tapFetch } from '../../src/llm-telemetry/wire/transports/fetch-tap.js';
import { onFault } from '../../src/llm-telemetry/wire/guard.js';
import { HostProviders } from '../../src/llm-telemetry/wire/dialects/host-providers.js';
import { failureOf } from '../support/accounts.js';
import { LOCAL_PROVIDERS } from '../support/telemetry-app.js';
import { ASKED, RawServer, withoutAsking, type RawRequest } from './support/raw-server.js';
import {
  BODIES,
  HEADERS,
  INITS,
  INPUTS,
  METHODS,
  SIGNALS,
  type Members,
  type Reads,
} from './support/request-shapes.js';

const CASES = Number(process.env['REQUEST_CASES'] ?? 1500);
const SEED = Number(process.env['REQUEST_SEED'] ?? Date.now() % 0x7fff_ffff);
const TEXT = '{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"é “hi”"}]}';
const PAIRS = [
  ['Authorization', 'Bearer sk-canary'],
  ['Content-Type', 'application/json'],
  ['X-Stainless-Retry-Count', '0'],
] as const;

/** Request described by the names of its shapes, so that counterexamples are readable. */
interface RequestCase {
  readonly input: string;
  readonly init: string;
  readonly headers: string;
  readonly body: string;
  readonly method: string;
  readonly signal: string;
  readonly includeStreamUsage: boolean;
}

const keyOf = (shapes: object): fc.Arbitrary<string> => fc.constantFrom(...Object.keys(shapes));
/** Prefers the common shape, so that a request with another uncommon shape is valid and `fetch` sends it. */
const often = (shapes: object, common: string): fc.Arbitrary<string> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(common) }, { weight: 1, arbitrary: keyOf(shapes) });

const requestCase: fc.Arbitrary<RequestCase> = fc
  .record({
    input: often(INPUTS, 'a string'),
    init: fc.oneof(often(INITS, 'an object'), keyOf(INITS)),
    headers: keyOf(HEADERS),
    body: often(BODIES, 'a string'),
    method: often(METHODS, 'a string'),
    signal: often(SIGNALS, 'a signal'),
    includeStreamUsage: fc.boolean(),
  })
  // Without the tap too, undici writes to the stream of an aborted form and causes an uncaught exception.
  .filter(({ body, signal }) => !body.includes('FormData') || signal !== 'an aborted signal');

/** What the server received, which members of the arguments were read, and the error of the application. */
interface Account {
  readonly arrived: readonly RawRequest[];
  readonly reads: Reads;
  readonly failure: object | null;
}

/** The server of the test stands in for the provider whose API it speaks. */
const LOCAL_HOSTS = new HostProviders(LOCAL_PROVIDERS);

describe('the arguments of fetch', () => {
  const server = new RawServer();
  const covered = new Map<string, number>();
  let cases = 0;
  let arrived = 0;
  let observed = 0;

  beforeAll(async () => {
    await server.start();
    server.handler = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"id":"chatcmpl-1","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}');
    };
  });
  afterAll(async () => {
    await server.stop();
    process.stdout.write(
      `\nRequests compared with and without the tap: ${cases} cases (seed ${SEED}), ${arrived} of them arrived, ` +
        `${observed} were observed, in ${covered.size} shapes: ${Object.entries({
          INPUTS,
          INITS,
          HEADERS,
          BODIES,
          METHODS,
          SIGNALS,
        })
          .map(([name, shapes]) => `${Object.keys(shapes).length} ${name.toLowerCase()}`)
          .join(', ')}\n`,
    );
  });

  async function send(one: RequestCase, fetch: typeof globalThis.fetch): Promise<Account> {
    server.requests.length = 0;
    const reads: Reads = [];
    const failure = await failureOf(async () => {
      const body = BODIES[one.body]!(TEXT, reads);
      const signal = SIGNALS[one.signal]!(new AbortController().signal, reads);
      const members: Members = {
        method: METHODS[one.method]!('POST', reads),
        headers: HEADERS[one.headers]!(PAIRS, reads),
        body,
        ...(signal === undefined ? {} : { signal }),
        duplex: 'half',
      };
      const input = INPUTS[one.input]!(`${server.url}/v1/chat/completions`, reads);
      const init = INITS[one.init]!(members, reads);
      // Ignores reads by the constructor of Request.
      reads.length = 0;
      const response = await fetch(input as string, init as RequestInit);
      await response.text();
    });
    return { arrived: [...server.requests], reads, failure };
  }

  async function compare(one: RequestCase): Promise<Exchange | null> {
    const exchanges: Exchange[] = [];
    const observer: ExchangeObserver = {
      ...(one.includeStreamUsage ? { hosts: LOCAL_HOSTS } : {}),
      begin(exchange) {
        exchanges.push(exchange);
        exchange.includeStreamUsage = one.includeStreamUsage;
        return { run: (work) => work(), ended: () => {} };
      },
    };
    const faults: unknown[] = [];
    const stop = onFault(({ step, error }) => faults.push([step, error]));
    try {
      const bare = await send(one, bareFetch);
      const tapped = tapFetch(bareFetch, () => observer);
      const seen = await send(one, tapped);
      expect({ ...seen, arrived: seen.arrived.map(withoutAsking) }).toEqual(bare);
      expect(faults).toEqual([]);
      cases++;
      if (bare.arrived.length > 0) arrived++;
      if (exchanges.length > 0) observed++;
      for (const [kind, name] of Object.entries(one)) covered.set(`${kind}: ${name}`, 1);
      return exchanges[0] ?? null;
    } finally {
      stop();
    }
  }

  const plain: RequestCase = {
    input: 'a string',
    init: 'an object',
    headers: 'an object',
    body: 'a string',
    method: 'a string',
    signal: 'none',
    includeStreamUsage: false,
  };

  it.each([
    ...Object.keys(HEADERS).map((headers) => ({ headers })),
    ...Object.keys(INPUTS).map((input) => ({ input })),
    ...Object.keys(INITS).map((init) => ({ init })),
    ...Object.keys(BODIES).map((body) => ({ body })),
    ...Object.keys(METHODS).map((method) => ({ method })),
    ...Object.keys(SIGNALS).map((signal) => ({ signal })),
  ] as Array<Partial<RequestCase>>)('are read and sent as without the tap: %j', async (shape) => {
    await compare({ ...plain, ...shape });
    await compare({ ...plain, ...shape, includeStreamUsage: true });
  });

  it('are read and sent as without the tap in random combinations', async () => {
    await fc.assert(
      fc.asyncProperty(requestCase, async (one) => void (await compare(one))),
      { seed: SEED, numRuns: CASES },
    );
  }, 300_000);

  it.each([
    'a generator',
    'an iterator of a Map',
    'a proxy of an object',
    'an object with getters',
    'a subclass of Headers with its own iterator',
  ])('are captured if the headers cannot be read: %s', async (headers) => {
    const exchange = await compare({ ...plain, headers });
    expect(exchange).toMatchObject({
      ending: 'finished',
      request: { parameters: { model: 'gpt-4o-mini' }, retryCount: null },
    });
    expect(exchange!.usage()).toMatchObject({ inputTokens: 1, outputTokens: 2 });
  });

  it.each(['a proxy', 'an object with getters'])(
    'are not captured if the request cannot be read and the host is unknown: %s',
    async (init) => {
      expect(await compare({ ...plain, init })).toBeNull();
    },
  );

  it('are extended to request the usage of a stream only if a copy of them is the same request', async () => {
    const asked: Record<string, boolean> = {};
    for (const init of Object.keys(INITS)) {
      server.requests.length = 0;
      const one = { ...plain, init, includeStreamUsage: true };
      await compare(one);
      asked[init] = server.requests.some(({ body }) => body.includes(ASKED));
    }
    expect(Object.keys(asked).filter((init) => asked[init])).toEqual([
      'an object',
      'a frozen object',
      'an object without a prototype',
      'an object with hidden members',
      'an object with symbols',
    ]);
  });
});
