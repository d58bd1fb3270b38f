import { AsyncLocalStorage } from 'node:async_hooks';
import { Observable, Subscriber } from 'rxjs';
import { type Hooks, type Watch, watchObject } from './watch.js';
import { retryObservable } from './retry.js';
import type { WatchedRun } from './method-run.js';

/** How long after a failed subscription the consumer may subscribe again (`retry` of RxJS) under the same name. */
const RESUBSCRIBE_MS = 30_000;

/**
 * Watches an Observable: subscribing does the work. Each subscription is one of the calls that returned the object; a
 * further one sends requests that are recorded by the same name. Values are delivered in the context of the subscriber.
 * False if it cannot be watched.
 */
export function watchObservable(observable: object, run: WatchedRun): boolean {
  const watch = watchObject(observable, run, OBSERVABLE_HOOKS);
  watch?.endWhenCollected(observable);
  return watch !== undefined;
}

const OBSERVABLE_HOOKS: Hooks = {
  subscribe(watch, original, self, args) {
    watch.keepWhenCollected();
    const runs = watch.take();
    const once = new Observable<unknown>((subscriber) => {
      const inner = new WatchedSubscriber(subscriber, watch, runs);
      watch.withinRun(runs[0], () => Reflect.apply(original, self, [inner]));
      return inner;
    });
    const again = runs[0]?.again;
    const source = again ? retryObservable(again, once) : once;
    return (source.subscribe as (...args: unknown[]) => unknown).apply(source, args);
  },
};

/**
 * Stands between the source and the subscriber. It is part of the chain of subscriptions, so a source that emits while it
 * is being subscribed to sees at once that its subscriber has left.
 */
class WatchedSubscriber extends Subscriber<unknown> {
  private last: unknown;
  private broken = false;
  private readonly afterwards = AsyncLocalStorage.snapshot();

  constructor(
    private readonly subscriber: Subscriber<unknown>,
    private readonly watch: Watch,
    private readonly runs: readonly WatchedRun[],
  ) {
    super(subscriber);
    watch.subscriptions++;
  }

  protected override _next(value: unknown): void {
    this.last = value;
    this.afterwards(next, this.subscriber, value);
  }

  protected override _error(cause: unknown): void {
    this.broken = true;
    let error = cause;
    for (const run of this.runs) error = run.failed(error);
    try {
      this.afterwards(() => this.subscriber.error(error));
    } finally {
      this.unsubscribe();
    }
  }

  protected override _complete(): void {
    for (const run of this.runs) run.done(this.last);
    try {
      this.afterwards(() => this.subscriber.complete());
    } finally {
      this.unsubscribe();
    }
  }

  override unsubscribe(): void {
    if (this.closed) return;
    super.unsubscribe();
    for (const { call } of this.runs) call.settle('value');
    this.watch.subscriptions--;
    if (this.broken) releaseLater(new WeakRef(this.watch));
    else releaseIfIdle(this.watch);
  }
}

/** One function for all values: a closure for each would be garbage. */
function next(subscriber: Subscriber<unknown>, value: unknown): void {
  subscriber.next(value);
}

function releaseIfIdle(watch: Watch): void {
  if (watch.idle) watch.release();
}

function releaseLater(watch: WeakRef<Watch>): void {
  setTimeout(() => {
    const known = watch.deref();
    if (known) releaseIfIdle(known);
  }, RESUBSCRIBE_MS).unref();
}
