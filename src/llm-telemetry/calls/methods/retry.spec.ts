import { lastValueFrom, Observable, throwError } from 'rxjs';
import { retryDelayMs, retryObservable } from './retry.js';
import type { RetryPolicy } from './method-call.js';

const policy = { maxRetries: 3 };
const midway = (): number => 0.5;

/** Creates an error like those of the SDKs, which are duck-typed. */
function failure(status: number, headers: Record<string, string> = {}): Error {
  return Object.assign(new Error('quotes the prompt'), { status, headers: new Headers(headers) });
}

describe('retryDelayMs', () => {
  it('doubles the delay from 500 ms, with jitter over the upper half', () => {
    expect([1, 2, 3].map((retryIndex) => retryDelayMs(policy, failure(500), retryIndex, midway))).toEqual([
      375, 750, 1500,
    ]);
    expect(retryDelayMs(policy, failure(500), 1, () => 0)).toBe(250);
    expect(retryDelayMs(policy, failure(500), 1, () => 1)).toBe(500);
  });

  it('limits the delay to maxDelayMs', () => {
    expect(retryDelayMs({ maxRetries: 20, maxDelayMs: 4000 }, failure(500), 15, () => 1)).toBe(4000);
  });

  it('returns the delay in retry-after or retry-after-ms', () => {
    expect(retryDelayMs(policy, failure(429, { 'retry-after': '7' }), 1)).toBe(7000);
    expect(retryDelayMs(policy, failure(429, { 'retry-after-ms': '120' }), 1)).toBe(120);
  });

  it('returns the delay in the body if no header has one', () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '20.4s' }];
    const body = { error: { code: 429, status: 'RESOURCE_EXHAUSTED', details } };
    const waiting = (message: string): Error => Object.assign(new Error(message), { status: 429 });
    expect(retryDelayMs(policy, waiting(JSON.stringify(body)), 1)).toBe(20_400);
    expect(retryDelayMs(policy, waiting(JSON.stringify([body])), 1)).toBe(20_400);
    expect(retryDelayMs(policy, waiting(JSON.stringify(body).replace('20.4', '34.4')), 1)).toBeNull();
  });

  it('returns null if retry-after exceeds maxDelayMs', () => {
    expect(retryDelayMs(policy, failure(429, { 'retry-after': '31' }), 1)).toBeNull();
    expect(
      retryDelayMs({ maxRetries: 3, maxDelayMs: 60_000 }, failure(429, { 'retry-after': '31' }), 1),
    ).toBe(31_000);
  });

  it('returns null after the last retry', () => {
    expect(retryDelayMs(policy, failure(500), 4)).toBeNull();
    expect(retryDelayMs({ maxRetries: 0 }, failure(500), 1)).toBeNull();
  });

  it.each([undefined, NaN, null, 'two', {}])('returns null if maxRetries is %p', (maxRetries) => {
    const broken = { maxRetries } as unknown as RetryPolicy;
    expect(retryDelayMs(broken, failure(500), 1)).toBeNull();
  });

  it.each([undefined, NaN, -1, {}])('uses the default of 30 s if maxDelayMs is %p', (maxDelayMs) => {
    const broken = { maxRetries: 3, maxDelayMs } as unknown as RetryPolicy;
    expect(retryDelayMs(broken, failure(429, { 'retry-after': '30' }), 1)).toBe(30_000);
    expect(retryDelayMs(broken, failure(429, { 'retry-after': '31' }), 1)).toBeNull();
    expect(retryDelayMs(broken, failure(500), 1, midway)).toBe(375);
  });

  it.each([400, 401, 402, 403, 404, 413, 422])(
    'returns null for status %d, which is not transient',
    (status) => {
      expect(retryDelayMs(policy, failure(status), 1)).toBeNull();
    },
  );

  it.each([408, 429, 500, 502, 503, 529])('returns a backoff for the transient status %d', (status) => {
    expect(retryDelayMs(policy, failure(status), 1, midway)).toBe(375);
  });

  it('returns null for an error of the application', () => {
    expect(retryDelayMs(policy, new RangeError('a bug'), 1)).toBeNull();
    expect(retryDelayMs(policy, undefined, 1)).toBeNull();
    const hostile = {
      get headers(): never {
        throw new Error('a getter');
      },
    };
    expect(retryDelayMs(policy, hostile, 1)).toBeNull();
  });
});

describe('retryObservable', () => {
  /** Returns an error that is retried immediately. */
  const transient = (): Error => failure(503, { 'retry-after-ms': '0' });

  // https://github.com/ReactiveX/rxjs/pull/5621: with synchronous sources, all runs were torn down at the end.
  it('tears down a run before the next one starts, including synchronous failures', async () => {
    const log: string[] = [];
    const run = (index: number): Observable<string> =>
      new Observable((subscriber) => {
        log.push(`run ${index}`);
        if (index < 2) subscriber.error(transient());
        else {
          subscriber.next('value');
          subscriber.complete();
        }
        return () => void log.push(`end ${index}`);
      });
    const retrier = { policy, start: (index: number) => ({ call: null, result: run(index) }) };
    expect(await lastValueFrom(retryObservable(retrier, run(0)))).toBe('value');
    expect(log).toEqual(['run 0', 'end 0', 'run 1', 'end 1', 'run 2', 'end 2']);
  });

  // https://github.com/kaeawc/auto-mobile/issues/6138: a consumer that waited for a retry was never released.
  it('starts no further run after the consumer unsubscribes during the wait', async () => {
    const started: number[] = [];
    const first = throwError(() => failure(503, { 'retry-after-ms': '20' }));
    const start = (index: number): { call: null; result: unknown } => {
      started.push(index);
      return { call: null, result: first };
    };
    const subscription = retryObservable({ policy, start }, first).subscribe({ error: () => {} });
    subscription.unsubscribe();
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(started).toEqual([]);
  });
});
