import { channel } from 'node:diagnostics_channel';
import type { Application } from './application.js';
import { spreadOf, type Spread } from './statistics.js';

/** Microseconds per request, without and added by the library. */
export interface NonModelTime {
  readonly bare: Spread;
  readonly added: Spread;
}

/**
 * Measures the cost of a request that is not a model call: the tap checks its URL, and the subscriber of undici's
 * diagnostics channel checks whether it bypassed the tap. Real requests would hide this cost, so `fetch` is a stub.
 */
export function measureNonModel({ tap }: Application, quick: boolean): NonModelTime {
  const response = Promise.resolve(new Response('{}'));
  const stub: typeof fetch = () => response;
  const tapped = tap(stub);
  const bare: number[] = [];
  const added: number[] = [];
  const rounds = quick ? 40 : 200;
  for (let round = -10; round < rounds; round++) {
    const before = timeOf(stub, false);
    const after = timeOf(tapped, true);
    if (round < 0) continue;
    bare.push(before);
    added.push(after - before);
  }
  return { bare: spreadOf(bare), added: spreadOf(added) };
}

const REQUESTS = 20_000;

const URLS = [
  'https://shop.example/health.json',
  'https://shop.example/v1/orders/10457?expand=items',
  // Looks like the path of a model API.
  'https://shop.example/v1/customers',
  'https://shop.example/assets/logo.svg',
];
const INIT: RequestInit = { headers: { accept: 'application/json' } };
const created = channel('undici:request:create');
const UNDICI_REQUEST = { method: 'GET', origin: 'https://shop.example', path: '/health.json' };

function timeOf(fetch: typeof globalThis.fetch, published: boolean): number {
  let last: unknown;
  const start = performance.now();
  for (let index = 0; index < REQUESTS; index++) {
    last = fetch(URLS[index & 3]!, INIT);
    if (published && created.hasSubscribers) created.publish({ request: UNDICI_REQUEST });
  }
  const wallMs = performance.now() - start;
  if (!(last instanceof Promise)) throw new TypeError('The stub was not called');
  return (wallMs * 1000) / REQUESTS;
}
