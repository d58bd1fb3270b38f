const SWEEP_EVERY_MS = 100;

/** A call whose method has returned. */
interface SettledCall {
  readonly ended: boolean;
  /** Ends abandoned responses. `now` is `performance.now()`; `Infinity` ends all open responses. */
  sweep(now: number): void;
}

/**
 * Ends calls whose method has returned and whose responses are abandoned. Uses one timer, which runs only while there are
 * such calls and does not keep the process alive.
 */
export class Sweeper {
  private readonly waiting = new Set<SettledCall>();
  private timer: NodeJS.Timeout | null = null;

  add(call: SettledCall): void {
    this.waiting.add(call);
    this.timer ??= setInterval(() => this.sweep(performance.now()), SWEEP_EVERY_MS).unref();
  }

  delete(call: SettledCall): void {
    if (this.waiting.size > 0) this.waiting.delete(call);
  }

  /** Ends all waiting calls. */
  flush(): void {
    this.sweep(Infinity);
  }

  private sweep(now: number): void {
    for (const call of this.waiting) {
      call.sweep(now);
      if (call.ended) this.waiting.delete(call);
    }
    if (this.waiting.size > 0 || this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
  }
}
