import { Readable } from 'node:stream';
import { inheriting } from '../observed-stream.js';
import { createStamp } from '../stamp.js';
import { UsageFilter } from './usage-filter.js';

/**
 * Makes one `Response`, a stream of chat completions, look as if its usage had not been asked for. It stays the object
 * that `fetch` made; its stream is one of ours, which reads the one that `fetch` made when it is read itself, and not
 * before: back-pressure, cancellation and errors go through.
 *
 * Source: Fetch Standard, “Body mixin”; Streams Standard, “ReadableStream”.
 */
export function hideUsage(response: Response): void {
  bodies.put(response, new HiddenBody());
  Object.setPrototypeOf(response, hidingPrototype(Object.getPrototypeOf(response) as Response));
}

const bodies = createStamp<HiddenBody>();

/** The stream that a response shows in place of its own. */
class HiddenBody {
  private shown: ReadableStream | null = null;
  private reader: ReadableStreamDefaultReader<Uint8Array> | null = null;

  show(own: () => ReadableStream): ReadableStream {
    if (this.shown !== null) return this.shown;
    const body = own();
    // Read as a whole before: there is nothing left to see.
    if (body.locked || isDisturbed(body)) return body;
    return (this.shown = filtered(() => (this.reader ??= own().getReader())));
  }

  get isDisturbed(): boolean {
    return this.shown !== null && isDisturbed(this.shown);
  }

  /** The stream that has been shown and can still be read; `null` where the response's own is as good. */
  get readable(): ReadableStream | null {
    return this.shown !== null && !this.shown.locked && !this.isDisturbed ? this.shown : null;
  }

  /** Where the application reads what was shown, the platform is to find the response's own stream in use. */
  occupy(own: () => ReadableStream): void {
    if (this.shown !== null && this.readable === null && !own().locked) this.reader ??= own().getReader();
  }

  /** It has been split: the response has another stream now. */
  renew(): void {
    this.shown = null;
  }
}

function isDisturbed(stream: ReadableStream): boolean {
  return Readable.isDisturbed(stream as never);
}

/** What `open` reads, without usage. A byte stream that pulls only when it is read, as that of `fetch` is. */
function filtered(open: () => ReadableStreamDefaultReader<Uint8Array>): ReadableStream {
  const filter = new UsageFilter();
  let watched = false;
  let reading = false;
  let broken: { readonly error: unknown } | null = null;

  const read = async (controller: ReadableByteStreamController): Promise<void> => {
    const reader = open();
    if (!watched) {
      watched = true;
      // What breaks while nobody reads is known at once.
      reader.closed.catch((error: unknown) => {
        if (!reading) controller.error(error);
      });
    }
    for (let handedOn = false; !handedOn;) {
      if (broken !== null) throw broken.error;
      const { done, bytes } = await reader.read().then(
        ({ done, value }) => ({ done, bytes: done ? filter.end() : filter.push(value) }),
        (error: unknown) => {
          broken = { error };
          return { done: false, bytes: filter.end() };
        },
      );
      handedOn = bytes.length > 0;
      if (handedOn) controller.enqueue(new Uint8Array(bytes));
      if (done) {
        controller.close();
        // Who reads into a buffer of its own waits for that as well.
        controller.byobRequest?.respond(0);
        return;
      }
    }
  };

  return new ReadableStream({
    type: 'bytes',
    pull: async (controller) => {
      reading = true;
      try {
        await read(controller);
      } finally {
        reading = false;
      }
    },
    cancel: (reason) => open().cancel(reason),
  });
}

const prototypes = new WeakMap<object, object>();

function hidingPrototype(base: Response): object {
  const known = prototypes.get(base);
  if (known) return known;
  const bodyOf = (response: Response) => Reflect.get(base, 'body', response) as ReadableStream;
  /** Reads a body as a whole: what was shown of it, else the response's own, and then without what was not asked for. */
  const read = <T>(response: Response, way: Way, change: (all: T) => T | Promise<T>): Promise<T> => {
    const body = bodies.of(response)!;
    if (body.readable) {
      const shown = new Response(body.readable, { headers: response.headers });
      return (shown[way] as () => Promise<T>).call(shown);
    }
    body.occupy(() => bodyOf(response));
    return (base[way] as () => Promise<T>).call(response).then(change);
  };
  const methods = {
    json(this: Response) {
      return read<unknown>(this, 'json', unchanged);
    },
    formData(this: Response) {
      return read<FormData>(this, 'formData', unchanged);
    },
    text(this: Response) {
      return read<string>(this, 'text', (text) => without(Buffer.from(text)).toString('utf8'));
    },
    arrayBuffer(this: Response) {
      return read<ArrayBuffer>(this, 'arrayBuffer', (all) => without(new Uint8Array(all)).buffer);
    },
    bytes(this: Response) {
      return read<Uint8Array>(this, 'bytes', (all) => new Uint8Array(without(all)));
    },
    blob(this: Response) {
      return read<Blob>(
        this,
        'blob',
        async (all) => new Blob([without(await all.bytes())], { type: all.type }),
      );
    },
    clone(this: Response) {
      const body = bodies.of(this)!;
      body.occupy(() => bodyOf(this));
      // To clone is to split: what was shown of it cannot be read any more.
      body.readable?.getReader();
      const copy = base.clone.call(this);
      body.renew();
      hideUsage(copy);
      return copy;
    },
    get body() {
      const response = this as unknown as Response;
      return bodies.of(response)!.show(() => bodyOf(response));
    },
    get bodyUsed() {
      const response = this as unknown as Response;
      return (Reflect.get(base, 'bodyUsed', response) as boolean) || bodies.of(response)!.isDisturbed;
    },
  };
  const prototype = inheriting(base, methods);
  prototypes.set(base, prototype);
  return prototype;
}

type Way = 'json' | 'formData' | 'text' | 'arrayBuffer' | 'bytes' | 'blob';

const unchanged = <T>(all: T): T => all;

function without(bytes: Uint8Array): Buffer<ArrayBuffer> {
  const filter = new UsageFilter();
  const parts = [filter.push(bytes), filter.end()];
  // Of a buffer of its own, not of the pool.
  const all = Buffer.allocUnsafeSlow(parts[0]!.length + parts[1]!.length);
  all.set(parts[0]!);
  all.set(parts[1]!, parts[0]!.length);
  return all;
}
