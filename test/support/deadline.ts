import { once } from 'node:events';

/**
 * Deadline that a test lets expire. Its signal has the reason of `AbortSignal.timeout()`, which would fire before the
 * request is sent on a busy machine.
 */
export class Deadline {
  private readonly controller = new AbortController();
  readonly signal = this.controller.signal;

  /** Aborts the signal, once: later calls have no effect. */
  async expire(): Promise<void> {
    const timeout = AbortSignal.timeout(0);
    if (!timeout.aborted) await once(timeout, 'abort');
    this.controller.abort(timeout.reason);
  }
}
