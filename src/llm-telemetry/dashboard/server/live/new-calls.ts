import type { CallRow } from '../../../store/calls.js';
import type { CallsEvent } from '../../api/live.js';
import type { LlmTelemetryQueries } from '../../../analytics/queries/llm-telemetry-queries.js';

/** How far back a call may have ended that is new: an answer that nobody finishes reading ends late, as of before. */
const LOOK_BACK_MS = 120_000;
/** Clocks of processes that share a file differ. */
const LOOK_AHEAD_MS = 60_000;
const PAGE = 100;

/**
 * Asks the store which calls have come since the last time, those of other processes that share its file included. What
 * is new is what the page before did not have: ids begin anew where a store has to.
 */
export class NewCalls {
  private known: ReadonlySet<number> | null = null;

  constructor(private readonly queries: LlmTelemetryQueries) {}

  /** `null`: there are none; or this is the first time, and all are. */
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
