import { setTimeout } from 'node:timers/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { SoakOptions } from './options.js';
import type { Soaked } from './service.js';
import { readSlowly, WORK } from './traffic.js';

/** Sends traffic at a constant rate, and keeps streams open beside it. */
export class Load {
  failed = 0;
  /** Calls that were started, without those of the open streams, and the time in which they were. */
  private started = 0;
  private milliseconds = 0;
  private next = 0;
  private readonly delay = monitorEventLoopDelay({ resolution: 5 });

  constructor(
    private readonly soaked: Soaked,
    private readonly signal: AbortSignal,
    private readonly options: SoakOptions,
  ) {}

  /** Runs for `milliseconds` and until `isEnough`. Ends when all calls and streams have ended. */
  async run(milliseconds: number, isEnough: () => boolean = () => true): Promise<void> {
    const start = performance.now();
    const goesOn = (): boolean => performance.now() < start + milliseconds || !isEnough();
    const pace = new Pace(this.options.rate);
    const streams = Array.from({ length: this.options.streams }, () => this.streamLane(goesOn));
    this.delay.enable();
    await Promise.all(Array.from({ length: this.options.concurrency }, () => this.lane(pace, goesOn)));
    this.delay.disable();
    this.milliseconds += performance.now() - start;
    await Promise.all(streams);
    await this.soaked.telemetry.flush();
  }

  /** Forgets what was measured, at the end of the warm-up. */
  reset(): void {
    this.started = 0;
    this.milliseconds = 0;
    this.delay.reset();
  }

  report(): string {
    const { delay, options } = this;
    const rate = (this.started * 1000) / this.milliseconds;
    const [p50, p99] = [50, 99].map((percent) => (delay.percentile(percent) / 1e6).toFixed(1));
    return (
      `${rate.toFixed(0)} calls/s of ${options.rate}, with ${options.streams} open streams; delay of the event loop: ` +
      `P50 ${p50} ms, P99 ${p99} ms, at most ${(delay.max / 1e6).toFixed(1)} ms`
    );
  }

  private async lane(pace: Pace, goesOn: () => boolean): Promise<void> {
    const work = Object.values(WORK);
    while (goesOn()) {
      await pace.turn();
      this.started++;
      await this.attempt(() => work[this.next++ % work.length]!(this.soaked, this.signal));
    }
  }

  private async streamLane(goesOn: () => boolean): Promise<void> {
    while (goesOn()) await this.attempt(() => readSlowly(this.soaked, this.signal, goesOn));
  }

  /** Faults make calls fail. */
  private async attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch {
      this.failed++;
    }
  }
}

/** Spreads calls evenly over time. Calls that are late are started at once. */
class Pace {
  private readonly start = performance.now();
  private turns = 0;

  constructor(private readonly perSecond: number) {}

  async turn(): Promise<void> {
    const wait = this.start + (this.turns++ * 1000) / this.perSecond - performance.now();
    if (wait > 0) await setTimeout(wait);
  }
}
