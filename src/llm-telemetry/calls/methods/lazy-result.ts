import { createStamp } from '../../wire/stamp.js';
import { lazyParts, type EventStreamLike, type LazyKind } from './kind.js';
import { watchObservable } from './lazy-observable.js';
import { watchGenerator, watchIterable } from './lazy-steps.js';
import { watchReadable, watchReadableStream } from './lazy-stream.js';
import { type Hooks, Watch } from './watch.js';
import type { WatchedRun } from './method-run.js';

/**
 * Watches the parts of a result that do their work while they are consumed. `run` is done when all of them have ended.
 * False if no part can be watched.
 */
export function watchParts(value: unknown, run: WatchedRun): boolean {
  const parts = lazyParts(value);
  if (parts.length === 1) return watchPart(parts[0]![0], parts[0]![1], run);
  let open = parts.length;
  const { call, failed } = run;
  const part: WatchedRun = {
    call,
    again: null,
    done: (result) => void (--open === 0 && run.done(result)),
    failed,
  };
  for (const [object, kind] of parts) if (!watchPart(object, kind, part)) open--;
  return open > 0;
}

function watchPart(object: object, kind: LazyKind, run: WatchedRun): boolean {
  switch (kind) {
    case 'generator':
      return watchGenerator(object, run);
    case 'observable':
      return watchObservable(object, run);
    case 'readable':
      return watchReadable(object, run);
    case 'stream':
      return watchReadableStream(object, run);
    case 'iterable':
      return watchIterable(object, run);
  }
}

const eventStreams = createStamp<Watch | undefined>();

/**
 * Watches a runner or a stream of events. It has one listener, for its end: with a listener for errors, an error that is not
 * handled would count as handled. How it failed is known from the responses, or from the budget that refused its request.
 */
export function watchEventStream(stream: EventStreamLike & object, run: WatchedRun): void {
  if (stream.ended === true) return run.done(undefined);
  const known = eventStreams.of(stream);
  const watch = known ?? new Watch(run);
  if (run.call.mayBeRefused) watch.attach(stream, EVENT_HOOKS);
  if (known) return known.add(run);
  eventStreams.put(stream, watch);
  const onEnd = (): void => {
    eventStreams.put(stream, undefined);
    stream.off?.('end', onEnd);
    watch.done(undefined);
  };
  stream.on('end', onEnd);
}

/**
 * `_emit` is the one place that an error of the SDKs' helpers goes through: from it the listeners are called, the promises
 * rejected, and an error that nobody handles made an unhandled rejection. Subclasses may override it. Without it, such a
 * stream fails with the error of the SDK.
 */
const EVENT_HOOKS: Hooks = {
  _emit(watch, original, self, args) {
    const [event, error, ...others] = args;
    const leaving = event === 'error' ? watch.replaced(error) : error;
    if (leaving === error) return Reflect.apply(original, self, args);
    return Reflect.apply(original, self, [event, watch.failed(leaving), ...others]);
  },
};
