import { canPipeThrough, relay } from '../../wire/streams/observed-stream.js';
import { createStamp } from '../../wire/stamp.js';
import { type Hook, type Hooks, type Watch, watchObject } from './watch.js';
import { STEP_HOOKS } from './lazy-iterator.js';
import type { WatchedCall } from './method-call.js';

/** Watches a `Readable` of Node.js through `_read`, `emit` and `destroy`, without adding listeners. */
export function watchReadable(readable: object, watched: WatchedCall): boolean {
  const watch = watchObject(readable, watched, READABLE_HOOKS);
  watch?.endWhenCollected(readable);
  return watch !== undefined;
}

/** Watches a `ReadableStream`. `pull` runs in the context of the reader, so every way to read enters the call's context. */
export function watchReadableStream(stream: object, watched: WatchedCall): boolean {
  const watch = watchObject(stream, watched, STREAM_HOOKS);
  watch?.endWhenCollected(stream);
  return watch !== undefined;
}

const READABLE_HOOKS: Hooks = {
  _read: (watch, original, self, args) => watch.run(() => Reflect.apply(original, self, args)),
  /** The argument becomes `errored`, which code that waits for the end of the stream can read. */
  destroy(watch, original, self, args) {
    const [error, ...others] = args;
    return Reflect.apply(original, self, error ? [watch.replacementFor(error), ...others] : args);
  },
  emit(watch, original, self, args) {
    switch (args[0]) {
      case 'end':
        watch.done(undefined);
        break;
      case 'error':
        return Reflect.apply(original, self, ['error', watch.failed(args[1]), ...args.slice(2)]);
      case 'close':
        watch.stopped();
        break;
      default:
    }
    return Reflect.apply(original, self, args);
  },
};

/** Hook for methods of a stream or reader that return a promise. */
const promised: Hook = (watch, original, self, args) =>
  watch.refusable(
    watch.run(() => Reflect.apply(original, self, args)),
    isReleased,
  );

/** Promises that replace `closed` of a reader, by the original. */
const closedPromises = createStamp<Promise<unknown>>();

const READER_HOOKS: Hooks = {
  read: promised,
  closed: {
    get(watch, original, self, args) {
      const closed = Reflect.apply(original, self, args) as Promise<unknown>;
      const known = closedPromises.of(closed);
      if (known) return known;
      const result = watch.refusable(closed, isReleased) as Promise<unknown>;
      if (result === closed) return closed;
      // Like the native `closed`, it is marked as handled and stays the same promise, even after the end.
      result.catch(() => {});
      closedPromises.put(closed, result);
      watch.keepHooks = true;
      return result;
    },
  },
  cancel(watch, original, self, args) {
    const result = promised(watch, original, self, args);
    leaveBranch(watch);
    return result;
  },
};

const values: Hook = (watch, original, self, args) => {
  const iterator = watch.run(() => Reflect.apply(original, self, args));
  // A subclass can be its own iterator and read through `getReader`.
  if (typeof iterator === 'object' && iterator !== null && iterator !== self)
    watch.attach(iterator, STEP_HOOKS);
  return iterator;
};

const STREAM_HOOKS: Hooks = {
  getReader(watch, original, self, args) {
    const reader = Reflect.apply(original, self, args) as ReadableStreamDefaultReader;
    const { closed } = reader;
    if (watch.attach(reader, READER_HOOKS)) {
      // This promise is marked as handled by the platform. It settles before the last read.
      closed.then(
        () => watch.done(undefined),
        (error: unknown) => {
          if (!isReleased(error)) watch.failed(error);
        },
      );
    }
    return reader;
  },
  values,
  [Symbol.asyncIterator]: values,
  tee(watch, original, self, args) {
    const branches = watch.run(() => Reflect.apply(original, self, args)) as ReadableStream[];
    watch.branches += branches.length - 1;
    for (const branch of branches) watch.attach(branch, STREAM_HOOKS);
    return branches;
  },
  cancel(watch, original, self, args) {
    const { locked } = self as ReadableStream;
    const result = promised(watch, original, self, args);
    if (!locked) leaveBranch(watch);
    return result;
  },
  /** The native method acquires its reader internally and pulls in the context of the destination. */
  pipeTo(_watch, original, self, args) {
    const stream = self as ReadableStream;
    if (stream.locked) return Reflect.apply(original, self, args);
    const reader = stream.getReader();
    return relay(reader)
      .pipeTo(...(args as Parameters<ReadableStream['pipeTo']>))
      .finally(() => reader.releaseLock());
  },
  pipeThrough(_watch, original, self, args) {
    const stream = self as ReadableStream;
    const [transform, options] = args as Parameters<ReadableStream['pipeThrough']>;
    if (!canPipeThrough(stream, transform, options)) return Reflect.apply(original, self, args);
    // Errors of the pipe surface at the readable side.
    stream.pipeTo(transform.writable, options).catch(() => {});
    return transform.readable;
  },
};

function leaveBranch(watch: Watch): void {
  if (--watch.branches <= 0) watch.stopped();
}

/** Returns true if a reader rejected because of `releaseLock`, which does not affect the stream. */
function isReleased(error: unknown): boolean {
  return (error as { code?: unknown } | null | undefined)?.code === 'ERR_INVALID_STATE';
}
