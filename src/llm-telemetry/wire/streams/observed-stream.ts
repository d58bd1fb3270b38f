import { setImmediate } from 'node:timers';
import { createStamp } from '../stamp.js';

/** Receives what is read from a stream. Ends once; later calls have no effect. */
export interface StreamBranch {
  /** True while the platform reads the whole body, so that its reader is not observed. */
  readonly readWhole: boolean;
  /** True if the signal of the request is aborted. */
  readonly isAborted: boolean;
  /** The stream is being read. */
  touch(): void;
  chunk(chunk: unknown): void;
  finish(): void;
  fail(error: unknown): void;
  /** The consumer cancelled the stream. */
  leave(): void;
  /** The consumer released its reader and may acquire another one. */
  released(): void;
  /** Replaces this branch with two. */
  split(): [StreamBranch, StreamBranch];
}

/**
 * Observes what the application reads from a `ReadableStream`. Only the prototype is swapped: the object, its chunks,
 * timing, back-pressure, cancellation and errors stay the same. Each method calls the original method and observes the
 * result.
 *
 * Source: Streams Standard, “ReadableStream”. Covers all ways to acquire a reader.
 */
export function observeStream(stream: ReadableStream, branch: StreamBranch): void {
  if (streams.of(stream)) return;
  streams.put(stream, branch);
  Object.setPrototypeOf(stream, observedStreamPrototype(Object.getPrototypeOf(stream) as ReadableStream));
}

/** Returns the branch of an observed stream. */
export function branchOf(stream: ReadableStream): StreamBranch | undefined {
  return streams.of(stream);
}

const streams = createStamp<StreamBranch>();

const prototypes = new WeakMap<object, object>();

function observedStreamPrototype(base: ReadableStream): object {
  const known = prototypes.get(base);
  if (known) return known;
  const values = function values(this: ReadableStream, ...args: [ReadableStreamIteratorOptions?]) {
    const branch = streams.of(this);
    if (!branch) return base.values.apply(this, args);
    const [options] = args;
    // Read only once, because it may be a getter.
    const preventCancel = typeof options === 'object' && options !== null ? options.preventCancel : undefined;
    const iterator = base.values.call(this, preventCancel === undefined ? options : { preventCancel });
    return observeIterator(iterator, branch, !!preventCancel);
  };
  const methods = {
    getReader(this: ReadableStream, ...options: [ReadableStreamGetReaderOptions?]) {
      const reader = (base.getReader as (...options: unknown[]) => ReadableStreamReader<unknown>).apply(
        this,
        options,
      );
      const branch = streams.of(this);
      // If the platform reads the whole body, its result is observed instead, which costs less.
      if (branch && !branch.readWhole) observeReader(reader, branch);
      return reader;
    },
    values,
    [Symbol.asyncIterator]: values,
    tee(this: ReadableStream) {
      const branches = base.tee.call(this);
      const split = streams.of(this)?.split();
      if (split) branches.forEach((stream, index) => observeStream(stream, split[index as 0 | 1]));
      return branches;
    },
    cancel(this: ReadableStream, ...reason: [unknown?]) {
      const branch = streams.of(this);
      if (branch && !this.locked) branch.leave();
      return base.cancel.apply(this, reason);
    },
    pipeTo(this: ReadableStream, ...args: [WritableStream, StreamPipeOptions?]) {
      if (!streams.of(this) || this.locked) return base.pipeTo.apply(this, args);
      const reader = this.getReader();
      const piped = relay(reader).pipeTo(...args);
      return piped.finally(() => reader.releaseLock());
    },
    pipeThrough(this: ReadableStream, ...args: [ReadableWritablePair, StreamPipeOptions?]) {
      const [transform, options] = args;
      if (!streams.of(this) || !canPipeThrough(this, transform, options))
        return base.pipeThrough.apply(this, args);
      // Errors of the pipe surface at the readable side of the transform.
      this.pipeTo(transform.writable, options).catch(() => {});
      return transform.readable;
    },
  };
  const prototype = inheriting(base, methods);
  prototypes.set(base, prototype);
  return prototype;
}

/**
 * Creates a stream that relays the chunks of a reader, because the platform acquires the reader of a pipe internally,
 * where it cannot be observed. Without a queue it only pulls when the pipe reads, and it closes as soon as the body
 * does, because a pipe notices that before its next read.
 */
export function relay(reader: ReadableStreamDefaultReader<unknown>): ReadableStream<unknown> {
  let reading = false;
  let cancelled = false;
  let end: (() => void) | null = null;
  return new ReadableStream<unknown>(
    {
      start(controller) {
        const endWith = (ending: () => void): void => {
          // The last chunk may still be pending.
          if (reading) end = ending;
          else if (!cancelled) {
            // A piped body must count as used, even if it was empty.
            reader.read().catch(() => {});
            ending();
          }
        };
        reader.closed.then(
          () => endWith(() => controller.close()),
          (error: unknown) => endWith(() => controller.error(error)),
        );
      },
      async pull(controller) {
        reading = true;
        const { done, value } = await reader.read();
        reading = false;
        if (!done) controller.enqueue(value);
        end?.();
      },
      cancel: (reason) => {
        cancelled = true;
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/** Returns whether the platform accepts the arguments of `pipeThrough`; otherwise it throws. */
export function canPipeThrough(
  stream: ReadableStream,
  transform: ReadableWritablePair,
  options: StreamPipeOptions | undefined,
): boolean {
  return (
    !stream.locked &&
    transform?.readable instanceof ReadableStream &&
    transform.writable instanceof WritableStream &&
    !transform.writable.locked &&
    (options?.signal === undefined || options.signal instanceof AbortSignal)
  );
}

interface ReadResult {
  done: boolean;
  value?: unknown;
}

/** Reports the reads of one reader to its branch. Created once per reader, because `read` runs for every chunk. */
class ReaderWatch {
  /** Set by `releaseLock`: the reader no longer reads the body. */
  released = false;
  /** Number of pending reads. */
  private pending = 0;
  private ending: (() => void) | null = null;

  constructor(readonly branch: StreamBranch) {}

  /** Called when a read starts. */
  reading(): void {
    this.pending++;
    this.branch.touch();
  }

  readonly onRead = (result: ReadResult): ReadResult => {
    if (result.value !== undefined) this.branch.chunk(result.value);
    if (result.done) this.branch.finish();
    this.answered();
    return result;
  };

  readonly onError = (error: unknown): never => {
    this.fail(error);
    this.answered();
    throw error;
  };

  readonly onClosed = (): void => this.end(() => this.branch.finish());

  readonly onBroken = (error: unknown): void => {
    // If the application leaves a loop, SDKs abort the request. No read follows, so the application gets no error.
    if (this.pending === 0 && this.branch.isAborted) setImmediate(() => this.branch.leave());
    else this.end(() => this.fail(error));
  };

  /** Waits for pending reads: a stream can end before its last read is settled. */
  private end(ending: () => void): void {
    if (this.pending === 0) ending();
    else this.ending = ending;
  }

  private answered(): void {
    this.pending--;
    if (this.pending === 0 && this.ending !== null) this.ending();
  }

  private fail(error: unknown): void {
    // Using a released reader is an error of the application and does not affect the body.
    if (!(this.released && isReleased(error))) this.branch.fail(error);
  }
}

const readers = createStamp<ReaderWatch>();

function observeReader(reader: ReadableStreamReader<unknown>, branch: StreamBranch): void {
  const watch = new ReaderWatch(branch);
  readers.put(reader, watch);
  // Detects the end without another read. The platform marks `closed` as handled, so no rejection is hidden.
  reader.closed.then(watch.onClosed, watch.onBroken);
  Object.setPrototypeOf(reader, observedReaderPrototype(Object.getPrototypeOf(reader) as AnyReader));
}

interface AnyReader {
  read(...args: unknown[]): Promise<ReadResult>;
  cancel(reason?: unknown): Promise<void>;
  releaseLock(): void;
}

function observedReaderPrototype(base: AnyReader): object {
  const known = prototypes.get(base);
  if (known) return known;
  const methods = {
    read(this: AnyReader, ...args: unknown[]) {
      const watch = readers.of(this);
      const result = base.read.apply(this, args);
      if (!watch) return result;
      watch.reading();
      return result.then(watch.onRead, watch.onError);
    },
    cancel(this: AnyReader, ...reason: [unknown?]) {
      const watch = readers.of(this);
      if (watch?.released === false) watch.branch.leave();
      return base.cancel.apply(this, reason);
    },
    releaseLock(this: AnyReader) {
      base.releaseLock.call(this);
      const watch = readers.of(this);
      if (!watch || watch.released) return;
      watch.released = true;
      watch.branch.released();
    },
  };
  const prototype = inheriting(base, methods);
  prototypes.set(base, prototype);
  return prototype;
}

/** Returns whether an error was caused by `releaseLock`, which does not affect the body. */
function isReleased(error: unknown): boolean {
  return (error as { code?: unknown } | null | undefined)?.code === 'ERR_INVALID_STATE';
}

/** Wraps an iterator of the platform. Its methods cannot be replaced through its prototype. */
function observeIterator(
  iterator: ReadableStreamAsyncIterator<unknown>,
  branch: StreamBranch,
  preventCancel: boolean,
): ReadableStreamAsyncIterator<unknown> {
  const inner = iterator as unknown as {
    next(): Promise<ReadResult>;
    return(value?: unknown): Promise<ReadResult>;
  };
  const watch = new ReaderWatch(branch);
  const observed = {
    next() {
      watch.reading();
      return inner.next().then(watch.onRead, watch.onError);
    },
    return(value?: unknown) {
      if (!preventCancel) branch.leave();
      return inner.return(value);
    },
    [Symbol.asyncIterator]() {
      return observed;
    },
  };
  Object.setPrototypeOf(observed, Object.getPrototypeOf(iterator) as object);
  return observed as unknown as ReadableStreamAsyncIterator<unknown>;
}

/**
 * Creates a prototype that overrides methods of `base`. Each method has the length and enumerability of the original.
 */
export function inheriting(base: object, methods: object): object {
  const descriptors: Record<PropertyKey, PropertyDescriptor> = Object.getOwnPropertyDescriptors(methods);
  for (const key of Reflect.ownKeys(descriptors)) {
    const original = descriptorOf(base, key);
    const { value } = descriptors[key]!;
    descriptors[key]!.enumerable = original?.enumerable === true;
    if (typeof value === 'function' && typeof original?.value === 'function')
      Object.defineProperty(value, 'length', { value: original.value.length, configurable: true });
  }
  return Object.create(base, descriptors) as object;
}

function descriptorOf(base: object | null, key: PropertyKey): PropertyDescriptor | undefined {
  for (let object = base; object; object = Object.getPrototypeOf(object) as object | null) {
    const descriptor = Object.getOwnPropertyDescriptor(object, key);
    if (descriptor) return descriptor;
  }
  return undefined;
}
