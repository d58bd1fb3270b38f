import { Readable } from 'node:stream';
import type { Exchange } from '../exchanges/exchange.js';
import { guard } from '../guard.js';
import type { BodyBranch } from '../streams/body-reading.js';
import type { ReadableObserver } from '../streams/observed-readable.js';
import { abortReasonOf, isAbandonment } from './abandonment.js';

/** Reports a body that is a `Readable` of Node.js to its branch. */
export class ReadableBody implements ReadableObserver {
  protected isOpen = true;

  constructor(
    protected readonly exchange: Exchange,
    protected readonly branch: BodyBranch,
  ) {}

  pushed(chunk: unknown): void {
    if (!this.isOpen) return;
    if (chunk === null) this.close(() => this.branch.finish());
    else this.add(chunk);
  }

  touched(): void {
    if (this.isOpen) this.branch.touch();
  }

  destroyed(error: unknown): void {
    if (error === null || isAbandonment(error)) this.abandoned(error);
    else this.close(() => this.branch.fail(error));
  }

  dumped(): void {
    this.close(() => this.exchange.end('unread'));
  }

  /** The application gave up the body. `error`: its reason, or `null`. */
  protected abandoned(error: unknown): void {
    this.close(() => {
      if (isAbandonment(error)) this.exchange.end('aborted', abortReasonOf(error));
      else this.branch.leave();
    });
  }

  protected add(chunk: unknown): void {
    guard('reading a body', () => this.branch.chunk(chunk));
  }

  protected close(end: () => void): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.finish(end);
  }

  protected finish(end: () => void): void {
    guard('reading a body', end);
  }
}

/** Returns whether a body is a `Readable` of Node.js, which node-fetch uses. */
export function isNodeReadable(body: unknown): body is Readable {
  return body instanceof Readable;
}
