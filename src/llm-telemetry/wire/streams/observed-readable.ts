import type { Readable } from 'node:stream';
import { createStamp } from '../stamp.js';
import { inheriting } from './observed-stream.js';

/** Observes a `Readable` of Node.js. No method may throw. */
export interface ReadableObserver {
  /** A chunk arrived, or `null` at the end. Chunks belong to the application: they must be copied. */
  pushed(chunk: unknown): void;
  /** The application reads the stream. Called repeatedly. */
  touched(): void;
  /** The stream was destroyed, possibly after its end. `error`: `null` if there is none. */
  destroyed(error: unknown): void;
  /** Node.js discards the rest of the body, because nobody will read it. */
  dumped(): void;
}

/**
 * Observes the chunks that arrive in a `Readable`. Only its prototype is swapped: the stream has no additional listener
 * and its flow, back-pressure, encoding and errors stay the same. An `error` or `data` listener would change them.
 *
 * Sources: Node.js documentation, “Implementing a readable stream” (`push`, `_destroy`); Node.js, `lib/_http_client.js`
 * (`parserOnBody`) and `lib/_http_incoming.js` (`_dump`).
 */
export function observeReadable(stream: Readable, observer: ReadableObserver): boolean {
  if (!Object.isExtensible(stream) || streams.of(stream)) return false;
  streams.put(stream, observer);
  Object.setPrototypeOf(stream, observedPrototype(Object.getPrototypeOf(stream) as Readable));
  return true;
}

const streams = createStamp<ReadableObserver>();
const prototypes = new WeakMap<object, object>();

interface DumpableReadable extends Readable {
  _dump?(): void;
}

function observedPrototype(base: DumpableReadable): object {
  const known = prototypes.get(base);
  if (known) return known;
  const methods: object = {
    push(this: Readable, chunk: unknown, ...encoding: [BufferEncoding?]) {
      const observer = streams.of(this);
      if (observer) {
        if (this.readableFlowing === true) observer.touched();
        observer.pushed(chunk);
      }
      return base.push.call(this, chunk, ...encoding);
    },
    read(this: Readable, ...size: [number?]) {
      // `read(0)` fills the buffer and consumes nothing. Node.js calls it by itself.
      if (size[0] !== 0) streams.of(this)?.touched();
      return base.read.apply(this, size) as unknown;
    },
    _destroy(this: Readable, error: Error | null, callback: (error?: Error | null) => void) {
      streams.of(this)?.destroyed(error);
      base._destroy.call(this, error, callback);
    },
  };
  if (typeof base._dump === 'function') {
    Object.assign(methods, {
      _dump(this: DumpableReadable) {
        streams.of(this)?.dumped();
        base._dump!.call(this);
      },
    });
  }
  const prototype = inheriting(base, methods);
  prototypes.set(base, prototype);
  return prototype;
}
