import type { FleetCoordination } from '../store/fleet.js';
import { MINUTE } from '../units/time.js';
import { toUnits, UNITS_PER_USD } from '../units/usd.js';
import type { LedgerAccount } from './budget-ledger.js';
import { withTimeout } from './period-spend.js';

/** Timeout of a request. */
const TIMEOUT_MS = 5000;
/** A share that was not confirmed for this long may have been granted to others. */
const VALID_MS = 45_000;
/** Calls that a share is meant for, besides those in flight. */
const CALLS_AHEAD = 4;
/** Part of a share that is left when the next one is requested. */
const LOW_PART = 1 / 3;
/** Part of a budget below which what is free must be granted first: a few calls of each instance would exceed the budget. */
const SCARCE_PART = 1 / 10;
/** Shortest time between two requests: a budget that is nearly used up has small shares. */
const SHORTEST_MS = 100;
/** How often a share is requested while a budget is in use, milliseconds. Also the time until the next try after a failure. */
export const SHARE_EVERY_MS = MINUTE / 60;
/** An instance without calls for this long gives its share back. */
const IDLE_MS = 10_000;

/** Requests of this process. Numbers of a budget continue when the clock returns to a period. */
let requests = 0;

/** Grants shares of budgets. */
export type BudgetFleet = Required<Pick<FleetCoordination, 'shareBudget'>>;

/** The last response. Units of 10⁻¹² USD. */
interface Held {
  readonly granted: number;
  readonly free: number;
  readonly instances: number;
  /** When it was requested, `performance.now()`. */
  readonly at: number;
}

/**
 * The share of a budget that this instance can spend without asking the others. The next share is requested before this one
 * is used up, beside all calls. Times are those of `performance.now()`.
 */
export class FleetShare {
  private held: Held | null = null;
  /** Spent since the last request that was confirmed, and the part of it that the present request reports. Units. */
  private unreported = 0;
  private reporting: { readonly number: number; readonly spent: number } | null = null;
  private usedAt = -Infinity;
  private failedAt = -Infinity;
  private estimateUsd = 0;
  private running: Promise<void> | null = null;
  /** Spent by all instances as of the last response, USD. */
  spentUsd = 0;

  constructor(
    private readonly account: LedgerAccount,
    /** Identifies the budget and its period in the fleet. */
    private readonly key: string,
    private readonly fleet: BudgetFleet,
  ) {}

  /** True if this instance has calls to spend the share on, or something to report or to give back. */
  get isNeeded(): boolean {
    const isIdle = performance.now() - this.usedAt > IDLE_MS;
    return !isIdle || this.unreported > 0 || this.reporting !== null || (this.held?.granted ?? 0) > 0;
  }

  /** Returns what this instance can still spend, USD; `null`: unknown, because the fleet has not responded lately. */
  leftUsd(now: number): number | null {
    const { held } = this;
    if (held === null || now - held.at > VALID_MS) return null;
    // A share can be used up before the next one is granted. Others can be granted the same part of what is free, so it is
    // only used while the rest of the budget makes up for that.
    const isScarce = held.free < toUnits(this.account.budget.usd) * SCARCE_PART;
    const ahead = isScarce ? 0 : held.free / held.instances;
    return (held.granted + ahead - this.unreported) / UNITS_PER_USD;
  }

  /** True if the next share should be requested now. `reservedUsd`: of calls in flight. */
  isLow(reservedUsd: number, now: number): boolean {
    const { held } = this;
    if (now - this.failedAt < SHARE_EVERY_MS) return false;
    if (held === null || now - held.at < SHORTEST_MS) return held === null;
    return held.granted - this.unreported - toUnits(reservedUsd) <= held.granted * LOW_PART;
  }

  /** Notes that a call asks for admission. `estimateUsd`: its estimated cost; 0: unknown yet. */
  use(estimateUsd: number, now: number): void {
    this.usedAt = now;
    if (estimateUsd > 0) this.estimateUsd = estimateUsd;
  }

  add(usd: number): void {
    this.unreported += toUnits(usd);
  }

  /**
   * Reports what was spent and requests a share, one request at a time. Rejects if the fleet does not respond.
   *
   * @param reservedUsd - of calls in flight
   * @param knownUsd - spent by all instances as far as the store knows
   */
  exchange(reservedUsd: number, knownUsd: number): Promise<void> {
    this.running ??= this.request(reservedUsd, knownUsd)
      .catch((error: unknown) => {
        this.failedAt = performance.now();
        throw error;
      })
      .finally(() => {
        this.running = null;
      });
    return this.running;
  }

  private async request(reservedUsd: number, knownUsd: number): Promise<void> {
    const { account } = this;
    // A request whose response was lost is repeated: it may have been counted.
    this.reporting ??= { number: ++requests, spent: this.unreported };
    const { number, spent } = this.reporting;
    const startedAt = performance.now();
    const isIdle = startedAt - this.usedAt > IDLE_MS && reservedUsd === 0;
    const response = await withTimeout(
      this.fleet.shareBudget({
        account: this.key,
        until: account.to,
        limit: toUnits(account.budget.usd),
        number,
        spent,
        known: toUnits(knownUsd),
        wanted: isIdle ? 0 : Math.max(1, toUnits(reservedUsd + CALLS_AHEAD * this.estimateUsd)),
      }),
      TIMEOUT_MS,
    );
    this.reporting = null;
    this.unreported -= spent;
    this.spentUsd = (response.spent + this.unreported) / UNITS_PER_USD;
    const { granted, free, instances } = response;
    this.held = { granted, free, instances, at: startedAt };
  }
}
