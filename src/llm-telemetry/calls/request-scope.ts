import type { CallRecord, RequestIdentity } from './record.js';
import { sumUsd } from '../units/usd.js';

/** Totals of the calls of one incoming request. */
export interface RequestTotals {
  readonly calls: number;
  readonly totalTokens: number;
  /** `null` if a call has an unknown cost. */
  readonly costUsd: number | null;
}

/** Identity and totals of one incoming request. */
export class RequestScope {
  totals: RequestTotals = { calls: 0, totalTokens: 0, costUsd: 0 };
  private running = 0;
  private handled = false;
  private reported = false;

  constructor(
    readonly identity: RequestIdentity,
    /** Declared route, such as `POST /orders/summarize`; `null` if unknown. */
    readonly route: string | null,
    /** Called once, when the handler is done and the calls that it started have ended. */
    private readonly onTotals: (totals: RequestTotals) => void,
  ) {}

  callStarted(): void {
    this.running++;
  }

  callEnded(record: CallRecord | undefined): void {
    this.running--;
    if (record) this.add(record);
    this.reportTotals();
  }

  /** Called when the handler is done. A call can outlast it (a stream, for example). */
  close(): void {
    this.handled = true;
    this.reportTotals();
  }

  private add(record: CallRecord): void {
    this.totals = sumOfTotals(this.totals, {
      calls: 1,
      totalTokens: record.usage ? record.usage.inputTokens + record.usage.outputTokens : 0,
      costUsd: record.cost.source === 'unknown' ? null : record.cost.costUsd,
    });
  }

  private reportTotals(): void {
    if (this.reported || !this.handled || this.running > 0 || this.totals.calls === 0) return;
    this.reported = true;
    this.onTotals(this.totals);
  }
}

/** Adds totals. The sum of a known and an unknown cost is unknown. */
export function sumOfTotals(one: RequestTotals, other: RequestTotals): RequestTotals {
  return {
    calls: one.calls + other.calls,
    totalTokens: one.totalTokens + other.totalTokens,
    costUsd: one.costUsd === null || other.costUsd === null ? null : sumUsd([one.costUsd, other.costUsd]),
  };
}
