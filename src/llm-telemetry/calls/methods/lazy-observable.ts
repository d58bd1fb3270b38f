import { AsyncResource } from 'node:async_hooks';
import { Observable, Subscriber } from 'rxjs';
import { type Hooks, type Watch, watchObject } from './watch.js';
import { retryObservable } from './retry.js';
import type { WatchedCall } from './method-call.js';

/** Time after a failed subscription in which a resubscription (`retry` of RxJS) is attributed to the same call name. */
const RESUBSCRIBE_MS = 30_000;

/**
 * Watches an Observable, whose work starts with a subscription. Each subscription belongs to one of the calls that
 * returned the object; requests of further subscriptions are recorded with the same name. Values are delivered in the
 * context of the subscriber. Returns `false` if the object cannot be watched.
 */
export function watchObservable(observable: object, watched: WatchedCall): boolean {
  const watch = watchObject(observable, watched, OBSERVABLE_HOOKS);
  watch?.endWhenCollected(observable);
  return watch !== undefined;
}

const OBSERVABLE_HOOKS: Hooks = {
  subscribe(watch, original, self, args) {
    watch.keepWhenCollected();
    const watchedCalls = watch.take();
    const once = new Observable<unknown>((subscriber) => {
      const inner = new WatchedSubscriber(subscriber, watch, watchedCalls);
      watch.runIn(watchedCalls[0], () => Reflect.apply(original, self, [inner]));
      return inner;
    });
    const retrier = watchedCalls[0]?.retrier;
    const source = retrier ? retryObservable(retrier, once) : once;
    return (source.subscribe as (...args: unknown[]) => unknown).apply(source, args);
  },
};

/**
 * Subscriber between the source and the consumer. It is part of the chain of subscriptions, so a source that emits
 * synchronously sees at once that the consumer has unsubscribed.
 */
class WatchedSubscriber extends Subscriber<unknown> {
  private last: unknown;
  private broken = false;
  /** Context of the consumer. */
  private readonly consumer = new AsyncResource('LlmCallConsumer');

  constructor(
    private readonly subscriber: Subscriber<unknown>,
    private readonly watch: Watch,
    private readonly watchedCalls: readonly WatchedCall[],
  ) {
    super(subscriber);
    watch.subscriptions++;
  }

  protected override _next(value: unknown): void {
    this.last = value;
    this.consumer.runInAsyncScope(next, undefined, this.subscriber, value);
  }

  protected override _error(cause: unknown): void {
    this.broken = true;
    let error = cause;
    for (const watched of this.watchedCalls) error = watched.failed(error);
    try {
      this.consumer.runInAsyncScope(() => this.subscriber.error(error));
    } finally {
      this.unsubscribe();
    }
  }

  protected override _complete(): void {
    for (const watched of this.watchedCalls) watched.done(this.last);
    try {
      this.consumer.runInAsyncScope(() => this.subscriber.complete());
    } finally {
      this.unsubscribe();
    }
  }

  override unsubscribe(): void {
    if (this.closed) return;
    super.unsubscribe();
    for (const { call } of this.watchedCalls) call.settle('value');
    this.watch.subscriptions--;
    if (this.broken) releaseLater(new WeakRef(this.watch));
    else releaseIfIdle(this.watch);
  }
}

/** Shared function, to avoid a closure per value. */
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
