import { Readable } from 'node:stream';
import { inheriting } from '../observed-stream.js';
import { createStamp } from '../../stamp.js';
import { bytesOf, ChunkFilter, textOf } from './chunk-filter.js';
import { UsageFilter } from './usage-filter.js';

/**
 * Hides the usage that `include_usage` added to a streamed chat completion. The response stays the object that `fetch`
 * created. Its `body` is a filtering stream that reads the original stream only when it is read itself, so
 * back-pressure, cancellation and errors are preserved.
 *
 * Source: Fetch Standard, “Body mixin”; Streams Standard, “ReadableStream”.
 */
export function hideUsage(response: Response): void {
  bodies.put(response, new FilteredBody());
  Object.setPrototypeOf(response, hidingPrototype(Object.getPrototypeOf(response) as Response));
}

const bodies = createStamp<FilteredBody>();

/** The filtering stream of a response, created when `body` is first read. */
class FilteredBody {
  private shown: ReadableStream | null = null;
  private reader: ReadableStreamDefaultReader<unknown> | null = null;

  stream(own: () => ReadableStream): ReadableStream {
    if (this.shown !== null) return this.shown;
    const body = own();
    // A used or locked body needs no filter. A stream of Node.js cannot be replaced.
    if (body.locked || typeof body.getReader !== 'function' || isDisturbed(body)) return body;
    return (this.shown = filteringStream(() => (this.reader ??= own().getReader()), isByteStream(body)));
  }

  get isDisturbed(): boolean {
    return this.shown !== null && isDisturbed(this.shown);
  }

  /** The filtering stream if it exists and is unread; `null` otherwise. */
  get unread(): ReadableStream | null {
    return this.shown !== null && !this.shown.locked && !this.isDisturbed ? this.shown : null;
  }

  /** Locks the original stream if the filtering stream is in use, so that the platform rejects another read. */
  lockOriginal(own: () => ReadableStream): void {
    if (this.shown !== null && this.unread === null && !own().locked) this.reader ??= own().getReader();
  }

  /** Called after a clone, which gives the response a new stream. */
  reset(): void {
    this.shown = null;
  }
}

function isDisturbed(stream: ReadableStream): boolean {
  return Readable.isDisturbed(stream as never);
}

/**
 * Returns whether a stream supports BYOB readers. Streams of `fetch` do; tests and libraries may stream text or
 * objects.
 */
function isByteStream(stream: ReadableStream): boolean {
  try {
    ReadableStream.prototype.getReader.call(stream, { mode: 'byob' }).releaseLock();
    return true;
  } catch {
    return false;
  }
}

/**
 * Creates a stream that filters usage from the reader of `open`. Like a stream of `fetch`, it only pulls when it is
 * read.
 */
function filteringStream(open: () => ReadableStreamDefaultReader<unknown>, bytes: boolean): ReadableStream {
  const filter = new ChunkFilter();
  let watched = false;
  let reading = false;
  let broken: { readonly error: unknown } | null = null;

  const read = async (controller: ReadableStreamController<unknown>): Promise<void> => {
    const reader = open();
    if (!watched) {
      watched = true;
      // Errors are reported even if no read is pending.
      reader.closed.catch((error: unknown) => {
        if (!reading) controller.error(error);
      });
    }
    for (let handedOn = false; !handedOn;) {
      if (broken !== null) throw broken.error;
      const { done, chunks } = await reader.read().then(
        ({ done, value }) => ({ done, chunks: done ? filter.end() : filter.push(value) }),
        (error: unknown) => {
          broken = { error };
          return { done: false, chunks: filter.end() };
        },
      );
      handedOn = chunks.length > 0;
      for (const chunk of chunks) controller.enqueue(chunk as never);
      if (done) {
        controller.close();
        // A pending BYOB read only settles after this.
        (controller as Partial<ReadableByteStreamController>).byobRequest?.respond(0);
        return;
      }
    }
  };

  const pull = async (controller: ReadableStreamController<unknown>): Promise<void> => {
    reading = true;
    try {
      await read(controller);
    } finally {
      reading = false;
    }
  };
  const cancel = (reason: unknown): Promise<void> => open().cancel(reason);
  return bytes
    ? new ReadableStream({ type: 'bytes', pull, cancel })
    : new ReadableStream<unknown>({ pull, cancel }, { highWaterMark: 0 });
}

const prototypes = new WeakMap<object, object>();

function hidingPrototype(base: Response): object {
  const known = prototypes.get(base);
  if (known) return known;
  const bodyOf = (response: Response) => Reflect.get(base, 'body', response) as ReadableStream;
  /**
   * Reads the whole body: the filtering stream if it exists, else the original body, with usage removed by `change`.
   */
  const read = <T>(
    response: Response,
    method: ReadMethod,
    change: (all: T) => T | Promise<T>,
  ): Promise<T> => {
    const body = bodies.of(response);
    const readOwn = base[method] as () => Promise<T>;
    // Not an observed response: the platform throws for an illegal receiver.
    if (!body) return readOwn.call(response);
    if (body.unread) {
      const shown = new Response(body.unread, { headers: response.headers });
      return (shown[method] as () => Promise<T>).call(shown);
    }
    body.lockOriginal(() => bodyOf(response));
    return readOwn.call(response).then(change);
  };
  const methods = {
    json(this: Response) {
      return read<unknown>(this, 'json', unchanged);
    },
    formData(this: Response) {
      return read<FormData>(this, 'formData', unchanged);
    },
    text(this: Response) {
      return read<string>(this, 'text', withoutUsage);
    },
    arrayBuffer(this: Response) {
      return read<ArrayBuffer>(this, 'arrayBuffer', (all) => bytesWithoutUsage(new Uint8Array(all)).buffer);
    },
    bytes(this: Response) {
      return read<Uint8Array>(this, 'bytes', bytesWithoutUsage);
    },
    blob(this: Response) {
      return read<Blob>(
        this,
        'blob',
        async (all) => new Blob([bytesWithoutUsage(await all.bytes())], { type: all.type }),
      );
    },
    clone(this: Response) {
      const body = bodies.of(this);
      if (!body) return base.clone.call(this);
      body.lockOriginal(() => bodyOf(this));
      // Cloning splits the original stream, so the filtering stream must not be read any more.
      body.unread?.getReader();
      const copy = base.clone.call(this);
      body.reset();
      hideUsage(copy);
      return copy;
    },
    get body() {
      const response = this as unknown as Response;
      const own = (): ReadableStream => bodyOf(response);
      return bodies.of(response)?.stream(own) ?? own();
    },
    get bodyUsed() {
      const response = this as unknown as Response;
      return (
        (Reflect.get(base, 'bodyUsed', response) as boolean) || bodies.of(response)?.isDisturbed === true
      );
    },
  };
  const prototype = inheriting(base, methods);
  prototypes.set(base, prototype);
  return prototype;
}

type ReadMethod = 'json' | 'formData' | 'text' | 'arrayBuffer' | 'bytes' | 'blob';

const unchanged = <T>(all: T): T => all;

function withoutUsage(text: string): string {
  const filter = new UsageFilter();
  return filter.push(text) + filter.end();
}

/** Copies out of the buffer pool of Node.js. */
function bytesWithoutUsage(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytesOf(withoutUsage(textOf(bytes))));
}
