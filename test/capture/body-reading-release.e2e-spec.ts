import '../support/loaded-wire.js';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  Exchange,
  type ExchangeObserver,
  type ModelRequest,
} from '../../src/llm-telemetry/wire/exchanges/exchange.js';
import { tapFetch } from '../../src/llm-telemetry/wire/transports/fetch-tap.js';
import { chatCompletions } from '../../src/llm-telemetry/wire/formats/chat-completions.js';
import { observeResponse } from '../../src/llm-telemetry/wire/transports/observed-response.js';
import { sharedWire } from '../../src/llm-telemetry/wire/exchanges/shared-wire.js';
import { PARTIAL_READS } from '../support/partial-reads.js';

const collectGarbage = (() => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

const request: ModelRequest = {
  format: chatCompletions,
  provider: 'openai',
  hasMappedHost: false,
  host: '127.0.0.1',
  place: null,
  port: null,
  url: 'http://127.0.0.1/v1/chat/completions',
  parameters: { model: 'gpt-4o-mini', stream: true },
  retryCount: null,
  timeoutSeconds: null,
  body: '{"messages":[]}',
  signal: null,
};

const answer = (): Response =>
  new Response(
    new ReadableStream({
      type: 'bytes',
      start(controller) {
        for (const text of ['hello', 'there']) {
          const data = JSON.stringify({ choices: [{ delta: { content: text }, finish_reason: null }] });
          controller.enqueue(new TextEncoder().encode(`data: ${data}\n\n`));
        }
        controller.close();
      },
    }),
    { headers: { 'content-type': 'text/event-stream' } },
  );

const WAYS: Readonly<Record<string, (response: Response, exchange: Exchange) => Promise<unknown>>> = {
  'never read': async (_, exchange) => exchange.end('unread'),
  'text()': (response) => response.text(),
  'a loop to its end': async ({ body }) => {
    for await (const chunk of body!) void chunk;
  },
  ...PARTIAL_READS,
};

/**
 * The platform keeps a `Response` alive until the next major garbage collection, or longer if the application holds it.
 * A retained exchange, with its call, spans and record, is copied by each minor collection, which slows every call.
 * A clone would retain even more: open-telemetry/opentelemetry-js#4888, getsentry/sentry-javascript#13806.
 */
describe('a response', () => {
  const read = async (
    response: Response,
    way: (response: Response, exchange: Exchange) => Promise<unknown>,
  ): Promise<WeakRef<Exchange>> => {
    const exchange = new Exchange(request);
    observeResponse(response, exchange);
    await way(response, exchange);
    expect(exchange.ending).not.toBeNull();
    return new WeakRef(exchange);
  };

  it('releases its exchange when its body ends, fails or is cancelled', async () => {
    const responses: Response[] = [];
    const exchanges: Array<[string, WeakRef<Exchange>]> = [];
    for (const [name, way] of Object.entries(WAYS)) {
      const response = answer();
      responses.push(response);
      exchanges.push([name, await read(response, way)]);
    }
    await setImmediate();
    collectGarbage();
    const kept = exchanges.filter(([, exchange]) => exchange.deref() !== undefined);
    expect(kept.map(([name]) => name)).toEqual([]);
    expect(responses).toHaveLength(exchanges.length);
  });
});

describe('an exchange whose body is still being read', () => {
  /** Sends a request, reads the beginning of its body and drops all references of the application. */
  async function use(observer: ExchangeObserver): Promise<Array<[string, WeakRef<object>]>> {
    const init = {
      method: 'POST',
      headers: new Headers({ authorization: 'Bearer a', 'x-stainless-timeout': '600' }),
      body: JSON.stringify({ model: 'gpt-4o-mini', messages: [], stream: true }),
      signal: new AbortController().signal,
    };
    const input = new URL('http://127.0.0.1/v1/chat/completions');
    const promise = tapFetch(
      async () => answer(),
      () => observer,
    )(input, init);
    const response = await promise;
    const reader = response.body!.getReader();
    await reader.read();
    const { headers, signal } = init;
    const held = { input, init, headers, signal, promise, response, body: response.body!, reader };
    return Object.entries(held).map(([name, object]) => [name, new WeakRef<object>(object)]);
  }

  it('retains no object of the application', async () => {
    const exchanges: Exchange[] = [];
    const held = await use({
      begin(exchange) {
        exchanges.push(exchange);
        return { run: (send) => send(), ended: () => {} };
      },
    });
    await setImmediate();
    collectGarbage();
    expect(held.filter(([, object]) => object.deref() !== undefined).map(([name]) => name)).toEqual([]);
    expect(exchanges).toMatchObject([{ ending: null, touched: true, request: { timeoutSeconds: 600 } }]);
  });
});

describe('the async context of a request', () => {
  it('does not retain the request, because a connection may keep the context', async () => {
    let context: unknown;
    const tapped = tapFetch(
      async () => {
        context = sharedWire.contexts.getStore();
        return new Response('{}');
      },
      () => ({ begin: () => ({ run: (send) => send(), ended: () => {} }) }),
    );
    await tapped('http://127.0.0.1/v1/chat/completions', { method: 'POST', body: '{"messages":["secret"]}' });
    expect(context).toEqual({ sending: true });
  });
});
