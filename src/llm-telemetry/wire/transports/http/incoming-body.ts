import type { IncomingMessage } from 'node:http';
import type { Exchange } from '../../exchanges/exchange.js';
import { guard } from '../../guard.js';
import { BodyReading, type BodyBranch } from '../../streams/body-reading.js';
import { DecodedCopy, decoderOf } from '../../streams/decoded-copy.js';
import { framingOf } from '../../streams/framing.js';
import { observeReadable, type ReadableObserver } from '../../streams/observed-readable.js';
import { isAbandonment } from './abandonment.js';

/** Observes the body of a response. `abandonment` returns the error with which the application destroyed the request. */
export function observeIncoming(
  response: IncomingMessage,
  exchange: Exchange,
  abandonment: () => { readonly error: unknown } | null,
): void {
  exchange.framing = framingOf(response.headers['content-type'] ?? null);
  const branch = new BodyReading(exchange).branch();
  const decoder = decoderOf(response.headers['content-encoding'] ?? null);
  const body = new IncomingBody(exchange, branch, abandonment);
  if (decoder) body.copy = new DecodedCopy(decoder, (bytes) => guardedChunk(branch, bytes));
  else if (decoder === undefined) body.isUnreadable = true;
  if (!observeReadable(response, body)) branch.markUnobservable();
}

class IncomingBody implements ReadableObserver {
  /** `null` if the body is not compressed. */
  copy: DecodedCopy | null = null;
  /** The body has an unknown coding. */
  isUnreadable = false;
  private isOpen = true;

  constructor(
    private readonly exchange: Exchange,
    private readonly branch: BodyBranch,
    private readonly abandonment: () => { readonly error: unknown } | null,
  ) {}

  pushed(chunk: unknown): void {
    if (!this.isOpen) return;
    if (chunk === null) {
      if (this.isUnreadable) this.close(() => this.branch.markUnobservable());
      else this.close(() => this.branch.finish());
    } else if (this.copy === null) {
      if (!this.isUnreadable) guardedChunk(this.branch, chunk);
    } else if (chunk instanceof Uint8Array) {
      const { copy, exchange } = this;
      exchange.lastActivityAt = performance.now();
      exchange.firstChunkAt ??= exchange.lastActivityAt;
      guard('decompressing a body', () => copy.push(chunk));
    }
  }

  touched(): void {
    if (this.isOpen) this.branch.touch();
  }

  dumped(): void {
    // A destroyed request discards its response as well: `destroyed` follows.
    if (this.abandonment() === null) this.close(() => this.exchange.end('unread'));
  }

  destroyed(error: unknown): void {
    const abandonment = this.abandonment();
    if (abandonment !== null) this.abandoned(abandonment.error);
    else if (error === null || !isConnectionError(error)) this.abandoned(error);
    else this.close(() => this.branch.fail(error));
  }

  private abandoned(error: unknown): void {
    this.close(() => {
      if (isAbandonment(error)) this.exchange.end('aborted', error);
      else this.branch.leave();
    });
  }

  /** Ends the exchange once the copied bytes are decompressed. */
  private close(end: () => void): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    if (this.copy === null) {
      guard('reading a body', end);
      return;
    }
    this.copy.end((isWhole) =>
      guard('reading a body', () => {
        if (isWhole) end();
        else this.branch.markUnobservable();
      }),
    );
  }
}

function guardedChunk(branch: BodyBranch, chunk: unknown): void {
  guard('reading a body', () => branch.chunk(chunk));
}

/** Returns whether Node.js destroyed a response because its connection broke. */
function isConnectionError(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^(?:E[A-Z]+|HPE_[A-Z_]+|ERR_HTTP_[A-Z_]+|ERR_SSL_[A-Z_]+)$/.test(code);
}
