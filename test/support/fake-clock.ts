import type { Clock } from '../../src/llm-telemetry/runtime/clock.js';

/** Clock that advances only when a test advances it. */
export class FakeClock implements Clock {
  /** Active intervals. */
  readonly intervals: Array<{ ms: number; run: () => void }> = [];
  /** Durations of waits, in the order of their start. */
  readonly waits: number[] = [];
  private readonly waiting = new Set<{ until: number; resolve: () => void }>();

  private set = 0;

  constructor(private time: number) {}

  now(): number {
    return this.time + this.set;
  }

  elapsed(): number {
    return this.time;
  }

  /** Sets the wall clock ahead or back without elapsed time. */
  jump(ms: number): void {
    this.set += ms;
  }

  wait(ms: number, signal: AbortSignal): Promise<void> {
    this.waits.push(ms);
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      const wait = { until: this.time + ms, resolve };
      this.waiting.add(wait);
      signal.addEventListener('abort', () => {
        this.waiting.delete(wait);
        reject(signal.reason as Error);
      });
    });
  }

  every(ms: number, run: () => void): () => void {
    const interval = { ms, run };
    this.intervals.push(interval);
    return () => void this.intervals.splice(this.intervals.indexOf(interval), 1);
  }

  /** Advances the time and resolves due waits. */
  advance(ms: number): void {
    this.time += ms;
    for (const wait of this.waiting) {
      if (wait.until > this.time) continue;
      this.waiting.delete(wait);
      wait.resolve();
    }
  }
}
