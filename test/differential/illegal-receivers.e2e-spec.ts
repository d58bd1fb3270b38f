import '../support/loaded-wire.js';
import { bareFetch } from '../support/bare-fetch.js';
import * as undici from 'undici';
import type { ExchangeObserver } from '../../src/llm-telemetry/wire/exchanges/exchange.js';
import { tapFetch } from '../../src/llm-telemetry/wire/transports/fetch-tap.js';
import { onFault } from '../../src/llm-telemetry/wire/guard.js';
import { reply } from './support/provider-replies.js';
import { RawServer } from './support/raw-server.js';

type Fetch = typeof globalThis.fetch;

const RECEIVERS: Readonly<Record<string, unknown>> = {
  undefined,
  null: null,
  'a number': 7,
  'a string': 'text',
  'a symbol': Symbol('receiver'),
  'an object': {},
  'a function': () => {},
  'an object without a prototype': Object.create(null),
};

/** Describes a thrown error or rejection by its class, message and the first line of its stack. */
async function outcomeOf(work: () => unknown): Promise<unknown> {
  let isThrown = true;
  try {
    const result = work();
    isThrown = false;
    return { type: typeof (await result) };
  } catch (error) {
    const { constructor, message, code, stack } = error as Error & { code?: string };
    const [head, first] = stack!
      .split('\n')
      .filter((line) => line === stack!.split('\n')[0] || /^ +at /.test(line));
    // Only the location in the platform's sources is compared: V8 includes the receiver in the function name.
    const place = /\((.*)\)|at (.*)$/.exec(first ?? '')?.[0].replace(/^at |[()]/g, '');
    return {
      isThrown,
      class: constructor.name,
      message,
      code,
      head,
      place: place?.startsWith('node:') ? place : null,
    };
  }
}

function prototypeOf(object: object): object | null {
  return Object.getPrototypeOf(object) as object | null;
}

/** Returns the methods and accessors of an object's prototypes. The nearest prototype takes precedence. */
function membersOf(object: object): Map<string, (receiver: unknown) => unknown> {
  const members = new Map<string, (receiver: unknown) => unknown>();
  for (let holder = object; prototypeOf(holder) !== null; holder = prototypeOf(holder)!) {
    for (const key of Reflect.ownKeys(holder)) {
      const { value, get } = Object.getOwnPropertyDescriptor(holder, key)!;
      const method: unknown = value ?? get;
      if (key === 'constructor' || typeof method !== 'function' || members.has(String(key))) continue;
      members.set(String(key), (receiver) => Reflect.apply(method, receiver, []) as unknown);
    }
  }
  return members;
}

/** Objects of a response that an application can use. */
const OBJECTS: Readonly<Record<string, (response: Response) => object>> = {
  'a response': (response) => response,
  'its body': (response) => response.body!,
  'a reader of its body': (response) => response.body!.getReader(),
  'a byte reader of its body': (response) => response.body!.getReader({ mode: 'byob' }),
};

// open-telemetry/opentelemetry-js#6343, #6521: an instrumented response broke "illegal invocation" checks.
describe.each([
  ['the platform', bareFetch, false],
  ['the platform, with requested usage', bareFetch, true],
  ['npm undici', undici.fetch as unknown as Fetch, false],
])(
  'a method of a captured object of %s, called on an illegal receiver',
  (_platform, fetch, includeStreamUsage) => {
    const server = new RawServer();
    const faults: unknown[] = [];
    let stop: () => void;
    let compared = 0;
    beforeAll(async () => {
      await server.start();
      server.handler = (response, request) => reply(response, request, 'ok');
      stop = onFault(({ step, error }) => faults.push([step, error]));
    });
    afterAll(async () => {
      stop();
      await server.stop();
      process.stdout.write(`\nCalls on illegal receivers compared: ${compared}\n`);
    });

    const observer: ExchangeObserver = {
      begin(exchange) {
        exchange.includeStreamUsage = includeStreamUsage;
        return { run: (send) => send(), ended: () => {} };
      },
    };
    const ask = (by: Fetch): Promise<Response> =>
      by(`${server.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: 'Bearer a' },
        body: '{"model":"gpt-4o-mini","messages":[],"stream":true}',
      });

    it.each(Object.entries(OBJECTS))('fails as without the library for %s', async (_object, of) => {
      const bare = membersOf(of(await ask(fetch)));
      const seen = membersOf(of(await ask(tapFetch(fetch, () => observer))));
      expect([...seen.keys()].toSorted()).toEqual([...bare.keys()].toSorted());
      for (const [receiverName, receiver] of Object.entries(RECEIVERS)) {
        for (const [name, call] of bare) {
          const expected = await outcomeOf(() => call(receiver));
          const outcome = await outcomeOf(() => seen.get(name)!(receiver));
          expect([receiverName, name, outcome]).toEqual([receiverName, name, expected]);
          compared++;
        }
      }
      expect(faults).toEqual([]);
    });
  },
);
