import { createStamp } from '../../wire/stamp.js';
import { lazyParts, type EventStreamLike, type LazyKind } from './result-kind.js';
import { watchObservable } from './lazy-observable.js';
import { watchGenerator, watchIterable } from './lazy-iterator.js';
import { watchReadable, watchReadableStream } from './lazy-stream.js';
import { type Hooks, Watch } from './watch.js';
import type { WatchedCall } from './method-call.js';

/** Watches the lazy parts of a result. The call is done when all have ended. Returns `false` if none can be watched. */
export function watchParts(value: unknown, watched: WatchedCall): boolean {
  const parts = lazyParts(value);
  if (parts.length === 1) return watchPart(parts[0]![0], parts[0]![1], watched);
  let open = parts.length;
  const { call, failed } = watched;
  const part: WatchedCall = {
    call,
    retrier: null,
    done: (result) => void (--open === 0 && watched.done(result)),
    failed,
  };
  for (const [object, kind] of parts) if (!watchPart(object, kind, part)) open--;
  return open > 0;
}

function watchPart(object: object, kind: LazyKind, watched: WatchedCall): boolean {
  switch (kind) {
    case 'generator':
      return watchGenerator(object, watched);
    case 'observable':
      return watchObservable(object, watched);
    case 'readable':
      return watchReadable(object, watched);
    case 'stream':
      return watchReadableStream(object, watched);
    case 'iterable':
      return watchIterable(object, watched);
  }
}

const eventStreams = createStamp<Watch | undefined>();

/**
 * Watches an event stream or runner of an SDK with a listener for `end` only: a listener for errors would mark unhandled
 * errors as handled. The failure is known from the responses or from the budget that refused the request.
 */
export function watchEventStream(stream: EventStreamLike & object, watched: WatchedCall): void {
  if (stream.ended === true) return watched.done(undefined);
  const known = eventStreams.of(stream);
  const watch = known ?? new Watch(watched);
  if (watched.call.mayBeRefused) watch.attach(stream, EVENT_HOOKS);
  if (known) return known.add(watched);
  eventStreams.put(stream, watch);
  const onEnd = (): void => {
    eventStreams.put(stream, undefined);
    stream.off?.('end', onEnd);
    watch.done(undefined);
  };
  stream.on('end', onEnd);
}

/**
 * All errors of the SDKs' helpers pass through `_emit`: it calls listeners, rejects promises and creates the unhandled
 * rejection. Subclasses can override it. If an SDK has no `_emit`, a refused stream fails with the SDK's own error.
 */
const EVENT_HOOKS: Hooks = {
  _emit(watch, original, self, args) {
    const [event, error, ...others] = args;
    const replacement = event === 'error' ? watch.replacementFor(error) : error;
    if (replacement === error) return Reflect.apply(original, self, args);
    return Reflect.apply(original, self, [event, watch.failed(replacement), ...others]);
  },
};
