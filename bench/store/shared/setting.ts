import { setTimeout as sleep } from 'node:timers/promises';
import type { CallStore } from 'nestjs-llm-telemetry/store';
import type { Database } from './databases.js';
import type { Instance } from './instances.js';
import type { SharedLimits } from './limits.js';
import type { Recorded } from './messages.js';
import type { Report } from './report.js';
import { DAY, DAYS } from './times.js';
import { differenceOf, measuredTotals, type Totals, TotalsOfRecords } from './totals.js';

const PATIENCE_MS = 60_000;

/** How much is measured. */
export interface Extent {
  readonly calls: number;
  /** Of the intake, with calls per second of all writers. */
  readonly seconds: number;
  readonly rate: number;
  readonly marks: number;
  /** Of 10,000 calls. */
  readonly threadRounds: number;
  /** Seconds before and after each SIGKILL, and of the long outage. */
  readonly killSeconds: number;
  readonly awaySeconds: number;
  readonly changes: number;
}

/** What all rows are measured with. */
export class Setting {
  readonly now = Date.now();
  private readonly recorded = new TotalsOfRecords();

  constructor(
    readonly database: Database,
    readonly writers: readonly Instance[],
    /** Another instance, which reads. */
    readonly reader: CallStore,
    readonly extent: Extent,
    readonly limits: SharedLimits,
    readonly report: Report,
  ) {}

  get totals(): Totals {
    return this.recorded.totals;
  }

  /** Counts what writers have recorded. Returns the number of calls. */
  count(results: readonly Recorded[]): number {
    let calls = 0;
    for (const { totals } of results) {
      this.recorded.addTotals(totals);
      calls += totals.calls;
    }
    return calls;
  }

  async flushAll(): Promise<void> {
    await Promise.all(this.writers.map((writer) => writer.do('flush', null)));
  }

  /** Returns how all measures of the store differ from what was recorded; `null` if they do not. */
  async difference(): Promise<string | null> {
    const dropped = await Promise.all(this.writers.map((writer) => writer.do('dropped', null)));
    const all = dropped.reduce((sum, count) => sum + count, 0);
    if (all > 0) return `${all} calls were dropped`;
    const range = { from: this.now - (DAYS + 1) * DAY, to: this.now + DAY };
    const measured = await this.whenItResponds(() => measuredTotals(this.reader, range));
    return differenceOf(measured, this.recorded.totals);
  }

  /** After an outage, the reader notices late that the server is back. */
  private async whenItResponds<Result>(ask: () => Promise<Result>): Promise<Result> {
    const start = performance.now();
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (performance.now() - start > PATIENCE_MS) throw error;
        await sleep(500);
      }
    }
  }
}
