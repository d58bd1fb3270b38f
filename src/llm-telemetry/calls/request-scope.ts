import type { CallRecord, RequestIdentity } from './record.js';
import { sumUsd } from '../units/usd.js';

/** What the model calls of one incoming request amount to so far. */
export interface RequestTotals {
  readonly calls: number;
  readonly totalTokens: number;
  /** `null` as soon as one call has a cost that is not known. */
  readonly costUsd: number | null;
}

/** One incoming request: who it is for, and the sum of its calls. */
export class RequestScope {
  totals: RequestTotals = { calls: 0, totalTokens: 0, costUsd: 0 };
  private running = 0;
  private handled = false;
  private told = false;

  constructor(
    readonly identity: RequestIdentity,
    /** The route as it was declared, e.g. `POST /orders/summarize`; `null` where it is not known. */
    readonly route: string | null,
    /** Told once: when the handler is done and the calls that it has started have ended. */
    private readonly onTotals: (totals: RequestTotals) => void,
  ) {}

  callStarted(): void {
    this.running++;
  }

  callEnded(record: CallRecord | undefined): void {
    this.running--;
    if (record) this.add(record);
    this.tell();
  }

  /** The handler is done. A call may outlast it (a stream, say). */
  close(): void {
    this.handled = true;
    this.tell();
  }

  private add(record: CallRecord): void {
    this.totals = sumOfTotals(this.totals, {
      calls: 1,
      totalTokens: record.usage ? record.usage.inputTokens + record.usage.outputTokens : 0,
      costUsd: record.cost.source === 'unknown' ? null : record.cost.costUsd,
    });
  }

  private tell(): void {
    if (this.told || !this.handled || this.running > 0 || this.totals.calls === 0) return;
    this.told = true;
    this.onTotals(this.totals);
  }
}

/** The cost of a whole is not known where that of a part is not. */
export function sumOfTotals(one: RequestTotals, other: RequestTotals): RequestTotals {
  return {
    calls: one.calls + other.calls,
    totalTokens: one.totalTokens + other.totalTokens,
    costUsd: one.costUsd === null || other.costUsd === null ? null : sumUsd([one.costUsd, other.costUsd]),
  };
}
