import type { Readable } from 'node:stream';
import { createStamp } from '../stamp.js';
import { inheriting } from './observed-stream.js';

/** Observes a `Readable` of Node.js. No method may throw. */
export interface ReadableObserver {
  /** A chunk arrived or was consumed, or `null` at the end. Chunks belong to the application: they must be copied. */
  pushed(chunk: unknown): void;
  /** The application reads the stream. Called repeatedly. */
  touched(): void;
  /** The stream was destroyed, possibly after its end. `error`: `null` without a reason. */
  destroyed(error: unknown): void;
  /** Node.js discards the rest of the body, which is not read. */
  dumped(): void;
}

/**
 * Observes the chunks that arrive in a `Readable`. Only its prototype is swapped: the stream has no additional listener
 * and its flow, back-pressure, encoding and errors stay the same. An `error` or `data` listener would change them.
 *
 * Sources: Node.js documentation, “Implementing a readable stream” (`push`, `_destroy`); Node.js, `lib/_http_client.js`
 * (`parserOnBody`) and `lib/_http_incoming.js` (`_dump`).
 */
export function observeArrival(stream: Readable, observer: ReadableObserver): boolean {
  return observe(stream, observer, arrivals, (base) => ({
    push(this: Readable, chunk: unknown, ...encoding: [BufferEncoding?]) {
      const current = streams.of(this);
      if (current) {
        if (this.readableFlowing === true) current.touched();
        current.pushed(chunk);
      }
      return base.push.call(this, chunk, ...encoding);
    },
    read(this: Readable, ...size: [number?]) {
      // `read(0)` fills the buffer and consumes nothing. Node.js calls it by itself.
      if (size[0] !== 0) streams.of(this)?.touched();
      return base.read.apply(this, size) as unknown;
    },
  }));
}

/**
 * Observes the chunks that the application consumes, for a stream that may have buffered some already. Every way to read
 * emits `data`.
 *
 * Source: Node.js documentation, “readable.read()”.
 */
export function observeConsumption(stream: Readable, observer: ReadableObserver): boolean {
  return observe(stream, observer, consumptions, (base) => ({
    emit(this: Readable, ...args: Parameters<Readable['emit']>) {
      const [event, chunk] = args as [unknown, unknown];
      if (event === 'data' || event === 'end') {
        const current = streams.of(this);
        current?.touched();
        current?.pushed(event === 'end' ? null : bytesOf(chunk, this.readableEncoding));
      }
      return base.emit.apply(this, args);
    },
  }));
}

function bytesOf(chunk: unknown, encoding: BufferEncoding | null): unknown {
  return typeof chunk === 'string' && encoding !== null ? Buffer.from(chunk, encoding) : chunk;
}

const streams = createStamp<ReadableObserver>();
type Prototypes = WeakMap<object, object>;
const arrivals: Prototypes = new WeakMap();
const consumptions: Prototypes = new WeakMap();

interface DumpableReadable extends Readable {
  _dump?(): void;
}

function observe(
  stream: Readable,
  observer: ReadableObserver,
  prototypes: Prototypes,
  methodsOf: (base: Readable) => object,
): boolean {
  if (!Object.isExtensible(stream) || streams.of(stream)) return false;
  streams.put(stream, observer);
  const base = Object.getPrototypeOf(stream) as DumpableReadable;
  let prototype = prototypes.get(base);
  if (!prototype) {
    prototype = inheriting(base, { ...methodsOf(base), ...endingsOf(base) });
    prototypes.set(base, prototype);
  }
  Object.setPrototypeOf(stream, prototype);
  return true;
}

function endingsOf(base: DumpableReadable): object {
  const methods = {
    _destroy(this: Readable, error: Error | null, callback: (error?: Error | null) => void) {
      streams.of(this)?.destroyed(error);
      base._destroy.call(this, error, callback);
    },
  };
  const { _dump: dump } = base;
  if (typeof dump !== 'function') return methods;
  return {
    ...methods,
    _dump(this: DumpableReadable) {
      streams.of(this)?.dumped();
      dump.call(this);
    },
  };
}
