import type { IncomingMessage } from 'node:http';
import type { Exchange } from '../../exchanges/exchange.js';
import { guard } from '../../guard.js';
import { BodyReading, type BodyBranch } from '../../streams/body-reading.js';
import { DecodedCopy, decoderOf, type DecoderFactory } from '../../streams/decoded-copy.js';
import { declareFraming } from '../../streams/framing.js';
import { observeArrival } from '../../streams/observed-readable.js';
import { ReadableBody } from '../readable-body.js';

/** Returns the error with which the application destroyed the request; `null` if it did not. */
type AbandonmentNow = () => { readonly error: unknown } | null;

/** Observes the body of a response of `node:http`. */
export function observeIncoming(
  response: IncomingMessage,
  exchange: Exchange,
  abandonmentNow: AbandonmentNow,
): void {
  declareFraming(exchange, response.headers['content-type'] ?? null);
  const branch = new BodyReading(exchange).branch();
  const decoder = decoderOf(response.headers['content-encoding'] ?? null);
  const body =
    decoder === null
      ? new IncomingBody(exchange, branch, abandonmentNow)
      : new CompressedBody(exchange, branch, abandonmentNow, decoder);
  if (!observeArrival(response, body)) branch.markUnobservable();
}

class IncomingBody extends ReadableBody {
  constructor(
    exchange: Exchange,
    branch: BodyBranch,
    private readonly abandonmentNow: AbandonmentNow,
  ) {
    super(exchange, branch);
  }

  override dumped(): void {
    // A destroyed request discards its response as well: `destroyed` follows.
    if (this.abandonmentNow() === null) super.dumped();
  }

  override destroyed(error: unknown): void {
    const abandonment = this.abandonmentNow();
    if (abandonment !== null) this.abandoned(abandonment.error);
    else if (error === null || !isConnectionError(error)) this.abandoned(error);
    else this.close(() => this.branch.fail(error));
  }
}

/** Reads a decompressed copy. The exchange ends once the copied bytes are decompressed. */
class CompressedBody extends IncomingBody {
  /** `null` if the content coding is unknown. */
  private readonly copy: DecodedCopy | null;

  constructor(
    exchange: Exchange,
    branch: BodyBranch,
    abandonmentNow: AbandonmentNow,
    decoder: DecoderFactory | undefined,
  ) {
    super(exchange, branch, abandonmentNow);
    this.copy = decoder ? new DecodedCopy(decoder, (bytes) => super.add(bytes)) : null;
  }

  protected override add(chunk: unknown): void {
    const { copy, exchange } = this;
    exchange.lastActivityAt = performance.now();
    exchange.firstChunkAt ??= exchange.lastActivityAt;
    if (copy && chunk instanceof Uint8Array) guard('decompressing a body', () => copy.push(chunk));
  }

  protected override finish(end: () => void): void {
    if (this.copy === null) super.finish(() => this.branch.markUnobservable());
    else this.copy.end((isWhole) => super.finish(isWhole ? end : () => this.branch.markUnobservable()));
  }
}

/** Returns whether Node.js destroyed a response because its connection broke. */
function isConnectionError(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^(?:E[A-Z]+|HPE_[A-Z_]+|ERR_HTTP_[A-Z_]+|ERR_SSL_[A-Z_]+)$/.test(code);
}
