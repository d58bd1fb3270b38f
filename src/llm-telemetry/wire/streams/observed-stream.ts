import { setImmediate } from 'node:timers';
import type { BodyBranch } from './body-reading.js';
import { createStamp } from '../stamp.js';

/**
 * Makes one `ReadableStream` tell what the application reads from it. Only its prototype changes: it stays the same
 * object, and chunks, timing, back-pressure, cancellation and errors are those of the stream itself. Each method calls
 * the one it stands for and looks at what comes back.
 *
 * Source: Streams Standard, “ReadableStream”; all the ways to acquire a reader end here.
 */
export function observeStream(stream: ReadableStream, branch: BodyBranch): void {
  if (streams.of(stream)) return;
  streams.put(stream, branch);
  Object.setPrototypeOf(stream, observedStreamPrototype(Object.getPrototypeOf(stream) as ReadableStream));
}

/** The branch that a stream feeds, where it is observed. */
export function branchOf(stream: ReadableStream): BodyBranch | undefined {
  return streams.of(stream);
}

const streams = createStamp<BodyBranch>();

const prototypes = new WeakMap<object, object>();

function observedStreamPrototype(base: ReadableStream): object {
  const known = prototypes.get(base);
  if (known) return known;
  const values = function values(this: ReadableStream, ...args: [ReadableStreamIteratorOptions?]) {
    const branch = streams.of(this);
    if (!branch) return base.values.apply(this, args);
    const [options] = args;
    // Read once: it may be a getter.
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
      // Where the platform itself reads a body as a whole, what it gives out says all, and says it cheaper.
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
      // What breaks a pipe shows at its other end, and nobody waits for it here.
      this.pipeTo(transform.writable, options).catch(() => {});
      return transform.readable;
    },
  };
  const prototype = inheriting(base, methods);
  prototypes.set(base, prototype);
  return prototype;
}

/**
 * A stream that hands on a reader's chunks one for one: piping acquires its reader inside the platform, where it
 * cannot be seen. It holds nothing back: without a queue it pulls only when the pipe asks, and it ends as soon as the
 * body does, for a pipe knows that before it reads on.
 */
export function relay(reader: ReadableStreamDefaultReader<unknown>): ReadableStream<unknown> {
  let reading = false;
  let cancelled = false;
  let end: (() => void) | null = null;
  return new ReadableStream<unknown>(
    {
      start(controller) {
        const endWith = (ending: () => void): void => {
          // The last chunk may be on its way.
          if (reading) end = ending;
          else if (!cancelled) {
            // A body that was piped counts as used, though there was nothing to read of it.
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

/** Where it does not hold, the platform has something to object. */
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

/** What one reader tells its branch; made once a reader, since `read` runs for every chunk. */
class ReaderWatch {
  /** Set by `releaseLock`: the reader has nothing to do with the body any more. */
  released = false;
  /** Reads that have not been answered. */
  private pending = 0;
  private ending: (() => void) | null = null;

  constructor(readonly branch: BodyBranch) {}

  /** A read has been asked for. */
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
    // An SDK aborts the request where the application leaves a loop: no read follows, and nobody sees the error.
    if (this.pending === 0 && this.branch.isAborted) setImmediate(() => this.branch.leave());
    else this.end(() => this.fail(error));
  };

  /** A stream can end before it has answered the last read. */
  private end(ending: () => void): void {
    if (this.pending === 0) ending();
    else this.ending = ending;
  }

  private answered(): void {
    this.pending--;
    if (this.pending === 0 && this.ending !== null) this.ending();
  }

  private fail(error: unknown): void {
    // Reading through a reader that was released is the application's mistake, and the body is as it was.
    if (!(this.released && isReleased(error))) this.branch.fail(error);
  }
}

const readers = createStamp<ReaderWatch>();

function observeReader(reader: ReadableStreamReader<unknown>, branch: BodyBranch): void {
  const watch = new ReaderWatch(branch);
  readers.put(reader, watch);
  // Whoever waits for the end of a body need not read on to hear of it. The platform takes this promise as handled.
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
      if (watch) watch.released = true;
    },
  };
  const prototype = inheriting(base, methods);
  prototypes.set(base, prototype);
  return prototype;
}

/** True for what a reader answers after `releaseLock`: nothing happened to the body. */
function isReleased(error: unknown): boolean {
  return (error as { code?: unknown } | null | undefined)?.code === 'ERR_INVALID_STATE';
}

/** The platform's iterators are objects with methods of their own, made for one loop: this one stands in for it. */
function observeIterator(
  iterator: ReadableStreamAsyncIterator<unknown>,
  branch: BodyBranch,
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

/** A prototype with `methods` before those of `base`; to reflection, each is like the one that it stands for. */
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
