import type { CallRow } from '../../../store/calls.js';
import type { CallsEvent } from '../../api/live.js';
import type { LlmTelemetryQueries } from '../../../analytics/queries/llm-telemetry-queries.js';
import { MINUTE } from '../../../units/time.js';

/** How far back new calls may have ended: a response that is never read completely is recorded late. */
const LOOK_BACK_MS = 120_000;
/** Tolerates clock differences between processes that share a file. */
const LOOK_AHEAD_MS = MINUTE;
const PAGE = 100;

/**
 * Polls the store for new calls, including those of other processes that share its file. Compares ids with the previous
 * page instead of taking ids above the last one, because a store may restart its ids.
 */
export class NewCalls {
  private known: ReadonlySet<number> | null = null;

  constructor(private readonly queries: LlmTelemetryQueries) {}

  /** Returns the calls that are new since the previous poll; `null` if there are none, and for the first poll. */
  async next(): Promise<CallsEvent | null> {
    const now = Date.now();
    const range = { from: now - LOOK_BACK_MS, to: now + LOOK_AHEAD_MS };
    const { calls } = await this.queries.calls({ range, limit: PAGE });
    const { known } = this;
    this.known = new Set(calls.map(({ id }) => id));
    if (known === null) return null;
    const fresh: CallRow[] = calls.filter(({ id }) => !known.has(id));
    return fresh.length > 0 ? { calls: fresh, more: fresh.length === PAGE } : null;
  }
}
