import '../support/loaded-wire.js';
import fc from 'fast-check';
import { Agent } from 'node:http';
import type { Exchange, ExchangeObserver } from '../../src/llm-telemetry/wire/exchanges/exchange.js';
import { sharedWire } from '../../src/llm-telemetry/wire/exchanges/shared-wire.js';
import { onFault } from '../../src/llm-telemetry/wire/guard.js';
import { observeNodeHttp } from '../../src/llm-telemetry/wire/transports/http/node-http.js';
import { CLIENTS, READING, WRITING, type Account, type ClientCase } from './support/node-http/clients.js';
import {
  CODINGS,
  ReplyServer,
  sentSize,
  type ArrivedRequest,
  type Reply,
} from './support/node-http/server.js';

/** `npm run differential` runs the long form: 100,000 cases. */
const CASES = Number(process.env['NODE_HTTP_CASES'] ?? 400);
const SEED = Number(process.env['NODE_HTTP_SEED'] ?? Date.now() % 0x7fff_ffff);

const REQUEST = '{"model":"gpt-4o-mini","max_tokens":50,"messages":[{"role":"user","content":"é “hi”"}]}';
const USAGE = '"usage":{"prompt_tokens":11,"completion_tokens":22,"total_tokens":33}';
const JSON_BODY = `{"id":"chatcmpl-1","model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"message":{"role":"assistant","content":"${'wörd '.repeat(300)}"},"finish_reason":"stop"}],${USAGE}}`;
const EVENTS = [
  ...Array.from(
    { length: 60 },
    (_, index) =>
      `data: {"choices":[{"index":0,"delta":{"content":"wörd ${index} "},"finish_reason":null}]}\n\n`,
  ),
  `data: {"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],${USAGE}}\n\n`,
  'data: [DONE]\n\n',
].join('');
const BODIES: Readonly<Record<string, Pick<Reply, 'status' | 'contentType' | 'body'>>> = {
  json: { status: 200, contentType: 'application/json', body: JSON_BODY },
  events: { status: 200, contentType: 'text/event-stream; charset=utf-8', body: EVENTS },
  refused: { status: 429, contentType: 'application/json', body: '{"error":{"code":"rate_limit_exceeded"}}' },
  empty: { status: 200, contentType: 'application/json', body: '' },
};

interface Case extends ClientCase {
  readonly kind: string;
  readonly reply: Omit<Reply, 'status' | 'contentType' | 'body'>;
}

const keyOf = (shapes: object): fc.Arbitrary<string> => fc.constantFrom(...Object.keys(shapes));
const httpCase: fc.Arbitrary<Case> = fc
  .record({
    client: fc.oneof({ weight: 3, arbitrary: fc.constant('http.request') }, keyOf(CLIENTS)),
    writing: fc.oneof({ weight: 4, arbitrary: keyOf(WRITING) }, fc.constant('expect')),
    reading: keyOf(READING),
    abort: fc.oneof(
      { weight: 4, arbitrary: fc.constant('never' as const) },
      fc.constantFrom('before the response' as const, 'in the response' as const),
    ),
    keepAlive: fc.boolean(),
    kind: keyOf(BODIES),
    reply: fc.record({
      coding: fc.constantFrom(...CODINGS),
      pieces: fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 200, max: 9000 })), {
        minLength: 1,
        maxLength: 5,
      }),
      hasLength: fc.boolean(),
      hasTrailers: fc.boolean(),
      stopsAfter: fc.oneof(
        { weight: 3, arbitrary: fc.constant(null) },
        fc.double({ min: 0, max: 0.99, noNaN: true }),
      ),
      closes: fc.boolean(),
    }),
  })
  .map((one) => {
    // Only `http.request` counts the bytes on the wire, to abort after those that the server sends.
    const abort = one.abort === 'in the response' && one.client !== 'http.request' ? 'never' : one.abort;
    const stays = abort === 'in the response';
    // An abort after the last byte is an uncaught exception of the socket in Node.js itself.
    const stopsAfter = stays ? (one.reply.stopsAfter ?? 0.5) : one.reply.stopsAfter;
    const reading = stays ? 'data' : one.reading;
    // Whether a connection is reused that the server closes depends on timing.
    const keepAlive = one.keepAlive && stopsAfter === null;
    // got does not decode raw deflate data. Which of its two errors it reports depends on timing.
    const isUndecodable = one.client === 'got' && one.reply.coding === 'raw deflate';
    const coding = isUndecodable ? 'deflate' : one.reply.coding;
    return { ...one, abort, reading, keepAlive, reply: { ...one.reply, coding, stopsAfter, closes: !stays } };
  });

interface Outcome {
  readonly account: Account;
  readonly arrived: readonly ArrivedRequest[];
}

describe('requests of node:http', () => {
  const server = new ReplyServer();
  const counts = new Map<string, number>();

  beforeAll(async () => {
    observeNodeHttp();
    await server.start();
  });
  afterAll(async () => {
    await server.stop();
    process.stdout.write(
      `\nRequests of node:http compared with and without the library (seed ${SEED}): ${[...counts]
        .map(([name, count]) => `${count} ${name}`)
        .join(', ')}\n`,
    );
  });

  async function send(one: Case): Promise<Outcome> {
    const reply: Reply = { ...BODIES[one.kind]!, ...one.reply };
    const agent = new Agent({ keepAlive: one.keepAlive });
    const url = server.begin(reply);
    const sending = {
      one,
      url,
      body: REQUEST,
      headers: { 'content-type': 'application/json', authorization: 'Bearer sk-canary' },
      bytesBeforeAbort: sentSize(reply),
      agent,
    };
    const accounts: Account[] = [];
    for (let turn = 0; turn < (one.keepAlive ? 2 : 1); turn++)
      accounts.push(await CLIENTS[one.client]!(sending));
    agent.destroy();
    // Whether a request arrives that is aborted at once depends on timing.
    const arrived = one.abort === 'before the response' ? [] : server.arrived;
    return { account: accounts as Account, arrived };
  }

  async function compare(one: Case): Promise<readonly Exchange[]> {
    const exchanges: Exchange[] = [];
    const ended: Array<Promise<void>> = [];
    const observer: ExchangeObserver = {
      begin(exchange) {
        exchanges.push(exchange);
        let end = (): void => {};
        ended.push(new Promise((resolve) => (end = resolve)));
        return { run: (work) => work(), ended: () => end() };
      },
    };
    const faults: unknown[] = [];
    const stop = onFault(({ step, error }) => faults.push([step, error]));
    try {
      const bare = await send(one);
      const seen = await sharedWire.contexts.run({ observer }, () => send(one));
      expect(seen).toEqual(bare);
      await Promise.all(ended);
      expect(faults).toEqual([]);
      for (const exchange of exchanges) {
        expect(exchange.request.parameters).toMatchObject({ model: 'gpt-4o-mini', maxTokens: 50 });
        count(exchange.ending!);
      }
      count('cases');
      return exchanges;
    } finally {
      stop();
    }
  }

  function count(name: string): void {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }

  const plain: Case = {
    client: 'http.request',
    writing: 'end(text)',
    reading: 'data',
    abort: 'never',
    keepAlive: true,
    kind: 'json',
    reply: {
      coding: 'identity',
      pieces: [700],
      hasLength: false,
      hasTrailers: false,
      stopsAfter: null,
      closes: true,
    },
  };
  const WHOLE = { inputTokens: 11, outputTokens: 22 };

  it.each([
    ...Object.keys(CLIENTS)
      .filter((client) => !client.includes('unread'))
      .map((client) => ({ client })),
    ...Object.keys(WRITING).map((writing) => ({ writing })),
    { writing: 'expect' },
    ...Object.keys(READING).map((reading) => ({ reading })),
    ...CODINGS.map((coding) => ({ reply: { ...plain.reply, coding } })),
    ...CODINGS.map((coding) => ({ reply: { ...plain.reply, coding, pieces: [1] } })),
    ...Object.keys(CLIENTS)
      .filter((client) => !client.includes('unread'))
      .map((client) => ({ client, reading: 'for await', reply: { ...plain.reply, coding: 'gzip' } })),
    { reply: { ...plain.reply, hasTrailers: true } },
    { reply: { ...plain.reply, hasLength: true } },
  ] as Array<Partial<Case>>)(
    'are sent and answered as without the library and recorded: %j',
    async (shape) => {
      for (const kind of ['json', 'events']) {
        const exchanges = await compare({ ...plain, ...shape, kind });
        expect(exchanges).toHaveLength(2);
        for (const exchange of exchanges) {
          expect(exchange).toMatchObject({ ending: 'finished', head: { status: 200, requestId: 'req_1' } });
          expect(exchange.usage()).toMatchObject({ ...WHOLE, source: 'provider' });
          expect(exchange.response).toMatchObject({ finish: 'stop' });
        }
      }
    },
  );

  it('are recorded as refused, cut, aborted, left or unread', async () => {
    const endings: Record<string, unknown> = {};
    const cut = { ...plain.reply, stopsAfter: 0.5, closes: true };
    const waiting = { ...plain.reply, stopsAfter: 0.5, closes: false };
    const cases: Record<string, Partial<Case>> = {
      refused: { kind: 'refused' },
      'a cut stream': { kind: 'events', reply: cut },
      'a cut compressed stream': { kind: 'events', reply: { ...cut, coding: 'gzip' } },
      'a cut JSON body': { reply: cut },
      'an aborted stream': { kind: 'events', reply: waiting, abort: 'in the response' },
      'an aborted request': { abort: 'before the response' },
      unread: { client: 'http.request, unread' },
    };
    for (const [name, shape] of Object.entries(cases)) {
      const [exchange] = await compare({ ...plain, keepAlive: false, ...shape });
      endings[name] = exchange?.ending;
    }
    expect(endings).toEqual({
      refused: 'failed',
      'a cut stream': 'cut',
      'a cut compressed stream': 'cut',
      'a cut JSON body': 'cut',
      'an aborted stream': 'aborted',
      'an aborted request': 'aborted',
      unread: 'unread',
    });
  });

  it('are sent and answered as without the library in random combinations', async () => {
    await fc.assert(
      fc.asyncProperty(httpCase, async (one) => void (await compare(one))),
      { seed: SEED, numRuns: CASES },
    );
  }, 86_400_000);
});
