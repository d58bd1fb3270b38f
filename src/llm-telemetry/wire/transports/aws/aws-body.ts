import { Readable } from 'node:stream';
import type { Exchange } from '../../exchanges/exchange.js';
import { guard } from '../../guard.js';
import type { HeaderGetter } from '../../headers.js';
import { createStamp } from '../../stamp.js';
import { BodyReading, type BodyBranch } from '../../streams/body-reading.js';
import { declareFraming } from '../../streams/framing.js';
import { inheriting, observeStream } from '../../streams/observed-stream.js';

/**
 * Observes the body of a response: a stream of HTTP/2 or `node:http`, or of `fetch`. Returns `null` for any other body,
 * which ends the exchange.
 */
export function observeAwsBody(body: unknown, headers: HeaderGetter, exchange: Exchange): BodyBranch | null {
  declareFraming(exchange, headers.get('content-type'));
  const branch = new BodyReading(exchange).branch();
  // The SDK reads each body, before the application gets the output.
  branch.touch();
  if (body instanceof Readable && Object.isExtensible(body)) {
    observeReadable(body, new ConsumedBody(exchange, branch, body));
    return branch;
  }
  if (body instanceof ReadableStream) {
    observeStream(body, branch);
    return branch;
  }
  if (body instanceof Uint8Array) branch.bytes(body);
  else branch.markUnobservable();
  return null;
}

const bodies = createStamp<ConsumedBody>();
const prototypes = new WeakMap<object, object>();

/**
 * Observes the events of a `Readable`, which has them even without listeners: `data` for each chunk that is consumed, by
 * `read`, `pipe` or iteration. Chunks that arrived before the SDK got the response are included. Only the prototype of
 * this one stream is swapped, because a listener would change its flow.
 *
 * Source: Node.js, `lib/internal/streams/readable.js` (`Readable.prototype.read`, `addChunk`).
 */
function observeReadable(stream: Readable, body: ConsumedBody): void {
  bodies.put(stream, body);
  Object.setPrototypeOf(stream, observedPrototype(Object.getPrototypeOf(stream) as Readable));
}

function observedPrototype(base: Readable): object {
  const known = prototypes.get(base);
  if (known) return known;
  const prototype = inheriting(base, {
    emit(this: Readable, ...args: [string | symbol, ...unknown[]]) {
      const body = bodies.of(this);
      if (body) guard('reading a body', () => body.emitted(args[0], args[1]));
      return base.emit.apply(this, args);
    },
  });
  prototypes.set(base, prototype);
  return prototype;
}

class ConsumedBody {
  constructor(
    private readonly exchange: Exchange,
    private readonly branch: BodyBranch,
    private readonly stream: Readable & { readonly rstCode?: number },
  ) {}

  emitted(event: string | symbol, value: unknown): void {
    const { branch, isBroken } = this;
    if (event === 'data') branch.chunk(value);
    else if (event === 'error') branch.fail(value);
    // HTTP/2 also ends a stream that was reset.
    else if (event === 'end' && !isBroken) branch.finish();
    else if (event === 'close' && isBroken) branch.fail(undefined);
    else if (event === 'close') branch.leave();
  }

  /** The server has reset the stream of HTTP/2, or the application has aborted the request. */
  private get isBroken(): boolean {
    const { rstCode } = this.stream;
    return (rstCode !== undefined && rstCode !== 0) || this.exchange.isAborted;
  }
}
