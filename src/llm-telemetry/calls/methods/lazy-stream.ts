import { canPipeThrough, relay } from '../../wire/streams/observed-stream.js';
import { createStamp } from '../../wire/stamp.js';
import { type Hook, type Hooks, type Watch, watchObject } from './watch.js';
import { STEP_HOOKS } from './lazy-steps.js';
import type { WatchedRun } from './method-run.js';

/** Watches a `Readable` of Node: it does its work in `_read`, and each end of it is an event. No listener is added. */
export function watchReadable(readable: object, run: WatchedRun): boolean {
  const watch = watchObject(readable, run, READABLE_HOOKS);
  watch?.endWhenCollected(readable);
  return watch !== undefined;
}

/**
 * Watches a `ReadableStream`. Its `pull` runs in the context of its reader, so each way to read it enters the context of
 * the call.
 */
export function watchReadableStream(stream: object, run: WatchedRun): boolean {
  const watch = watchObject(stream, run, STREAM_HOOKS);
  watch?.endWhenCollected(stream);
  return watch !== undefined;
}

const READABLE_HOOKS: Hooks = {
  _read: (watch, original, self, args) => watch.within(() => Reflect.apply(original, self, args)),
  /** What a stream is destroyed with is its `errored`, which whoever waits for its end may read. */
  destroy(watch, original, self, args) {
    const [error, ...others] = args;
    return Reflect.apply(original, self, error ? [watch.replaced(error), ...others] : args);
  },
  emit(watch, original, self, args) {
    switch (args[0]) {
      case 'end':
        watch.done(undefined);
        break;
      case 'error':
        return Reflect.apply(original, self, ['error', watch.failed(args[1]), ...args.slice(2)]);
      case 'close':
        watch.left();
        break;
      default:
    }
    return Reflect.apply(original, self, args);
  },
};

/** Calls a method of a stream or reader that returns a promise. */
const promised: Hook = (watch, original, self, args) =>
  watch.refusable(
    watch.within(() => Reflect.apply(original, self, args)),
    isReleased,
  );

/** For each `closed` of a reader, the promise that stands for it. */
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
      // Like that of the platform, it is marked as handled, and the same each time: also after the end.
      result.catch(() => {});
      closedPromises.put(closed, result);
      watch.kept = true;
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
  const iterator = watch.within(() => Reflect.apply(original, self, args));
  // A subclass may be its own iterator and read through `getReader`.
  if (typeof iterator === 'object' && iterator !== null && iterator !== self)
    watch.attach(iterator, STEP_HOOKS);
  return iterator;
};

const STREAM_HOOKS: Hooks = {
  getReader(watch, original, self, args) {
    const reader = Reflect.apply(original, self, args) as ReadableStreamDefaultReader;
    const { closed } = reader;
    if (watch.attach(reader, READER_HOOKS)) {
      // The platform marks this promise as handled. It settles before the last read does.
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
    const branches = watch.within(() => Reflect.apply(original, self, args)) as ReadableStream[];
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
  /** A pipe of the platform acquires its reader inside, and pulls in the context of its destination. */
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
    // What breaks a pipe shows at its other end.
    stream.pipeTo(transform.writable, options).catch(() => {});
    return transform.readable;
  },
};

function leaveBranch(watch: Watch): void {
  if (--watch.branches <= 0) watch.left();
}

/** True for what a reader answers after `releaseLock`: nothing happened to the stream. */
function isReleased(error: unknown): boolean {
  return (error as { code?: unknown } | null | undefined)?.code === 'ERR_INVALID_STATE';
}
