import { Logger, type OnModuleInit } from '@nestjs/common';
import type { Admission, Reservation, Verdict } from '../calls/admission.js';
import type { CallName } from '../calls/call-name.js';
import type { CallRecord, RequestIdentity } from '../calls/record.js';
import type { RecordSink } from '../calls/record-sink.js';
import type { Exchange } from '../wire/exchanges/exchange.js';
import { guard, reportFault } from '../wire/guard.js';
import { BudgetAccount } from './budget-account.js';
import type { BudgetLedger } from './budget-ledger.js';
import { usdText } from './budget-name.js';
import { BudgetReservation, type ReservationOwner } from './budget-reservation.js';
import { statusOf, type BudgetStatus } from './budget-status.js';
import type { Budget } from './budget.options.js';
import { refusal } from './budget-refusal.js';
import { CallMeans, type CallCosts } from './call-means.js';
import { countedFor, withBoundedNames, type CountedFor } from './counted-for.js';
import { InFlight } from './in-flight.js';
import { spendOfCall } from './spend-of-call.js';
import { UnknownFeatures } from './unknown-features.js';
import { within } from './within.js';

const SYNC_EVERY_MS = 15_000;
/** While what was spent in the current period is not known. */
const SYNC_SOON_MS = 1000;
/** How long an application that starts or stops waits for the ledger. */
const WAIT_MS = 2000;
/** What a call reserves whose cost cannot be estimated, in USD. */
export const DEFAULT_ESTIMATE_USD = 0.01;

/** The token of the application's budgets: `Budgets`, or `null` where it has none. */
export const CALL_BUDGETS = Symbol('CALL_BUDGETS');

/** Where the estimates of calls come from that have no history in this process. */
export interface Estimates {
  /** What calls before this process have cost. Rejects while that cannot be read. */
  history?(): Promise<readonly CallCosts[]>;
  /** What a request will cost, in USD, before it is sent; `null`: it cannot be estimated. */
  ofRequest?(exchange: Exchange): number | null;
}

/**
 * An application's budgets: counts what its calls cost, and decides for each call that begins whether there is still
 * something left for it. Answers from memory; the ledger is asked apart from all calls.
 */
export class Budgets implements Admission, RecordSink, ReservationOwner, OnModuleInit {
  private readonly logger = new Logger('LlmTelemetry');
  private readonly accounts: readonly BudgetAccount[];
  private readonly unknownFeatures: UnknownFeatures;
  private readonly means = new CallMeans();
  private readonly inFlight = new InFlight();
  private historyRead: boolean;
  private timer: NodeJS.Timeout | null = null;

  /** @param ledger - `null` if nothing outlives this process. */
  constructor(
    budgets: readonly Budget[],
    private readonly ledger: BudgetLedger | null,
    private readonly now: () => number = Date.now,
    private readonly estimates: Estimates = {},
  ) {
    const exceeded = (account: BudgetAccount): void => this.logExceeded(account);
    this.accounts = budgets.map(
      (budget) => new BudgetAccount(withBoundedNames(budget), now(), ledger !== null, exceeded),
    );
    this.historyRead = !estimates.history || this.accounts.every(({ blocks }) => !blocks);
    this.unknownFeatures = new UnknownFeatures(budgets, (sentence) => this.logger.warn(sentence));
  }

  admit(name: CallName, identity: RequestIdentity, around: Reservation | null = null): Verdict {
    this.unknownFeatures.see(name.feature);
    let exceeded = false;
    let blocking: BudgetAccount[] | null = null;
    for (const account of this.covering(countedFor(name, identity), this.now())) {
      if (account.blocks) (blocking ??= []).push(account);
      else exceeded ||= account.exceeded;
    }
    if (blocking === null) return exceeded ? 'exceeded' : 'within';
    const outer = around instanceof BudgetReservation ? around : null;
    const reservation = new BudgetReservation(this, name, blocking, outer, exceeded);
    return this.take(reservation, this.means.of(name)) ?? reservation;
  }

  reserve(reservation: BudgetReservation, exchange: Exchange): Error | null {
    const now = this.now();
    for (const account of reservation.accounts) this.move(account, now);
    const estimate = this.means.of(reservation.name) ?? this.estimateOf(exchange);
    return this.take(reservation, estimate ?? 'default');
  }

  used(reservation: BudgetReservation): void {
    this.inFlight.use(reservation, performance.now());
  }

  released(reservation: BudgetReservation): void {
    this.inFlight.delete(reservation);
  }

  record(record: CallRecord): void {
    const spend = spendOfCall(record);
    if (spend.usd === 0 && spend.unknownCalls === 0) return;
    if (spend.unknownCalls === 0) this.means.add(record, spend.usd);
    const now = this.now();
    for (const account of this.covering(countedFor(record, record.identity), now)) account.add(spend, now);
  }

  list(): readonly BudgetStatus[] {
    const now = this.now();
    const uptime = performance.now();
    this.inFlight.sweep(uptime);
    return this.accounts.map((account) => {
      this.move(account, now);
      const ledger = this.ledger === null ? 'none' : account.isAway(uptime) ? 'away' : 'answered';
      return statusOf(account, ledger, now);
    });
  }

  /** What alerts watch. */
  async paces(): Promise<ReadonlyArray<{ name: string; limitUsd: number; projectedUsd: number | null }>> {
    return this.list().map(({ name, limitUsd, spentUsd, exceeded, projectedUsd }) => ({
      name,
      limitUsd,
      projectedUsd: projectedUsd ?? (exceeded ? spentUsd : null),
    }));
  }

  /** Tells the ledger what was spent here, and asks it what was spent everywhere. Never rejects. */
  async sync(): Promise<void> {
    const { ledger } = this;
    const now = this.now();
    for (const account of this.accounts) this.move(account, now);
    await Promise.all([
      this.readHistory(),
      ...(ledger ? this.accounts.map((account) => attempt(() => account.sync(ledger))) : []),
    ]);
  }

  /** Before the first call: what was spent before this process. A ledger that does not answer is not waited for. */
  async onModuleInit(): Promise<void> {
    this.unknownFeatures.start();
    // Nest runs this once for each import of the module.
    if ((!this.ledger && this.historyRead) || this.timer !== null) return;
    this.schedule(SYNC_EVERY_MS);
    await within(WAIT_MS, this.sync()).catch(() => undefined);
    if (this.timer !== null) this.schedule(this.nextSyncMs());
  }

  /** The application stops: sends the ledger the rest. Never rejects. */
  async stop(): Promise<void> {
    this.unknownFeatures.stop();
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.inFlight.sweep(Infinity);
    const { ledger } = this;
    if (!ledger?.add) return;
    // The first one may have begun before the last call ended.
    const twice = this.sync().then(() => this.sync());
    await within(WAIT_MS, twice).catch(() => undefined);
  }

  /** The accounts that a call counts for, in the current period. */
  private covering(call: CountedFor, now: number): readonly BudgetAccount[] {
    const covering = this.accounts.filter((account) => account.covers(call));
    for (const account of covering) this.move(account, now);
    return covering;
  }

  /** Takes an estimate from all budgets of a call, or refuses it. `null`: its cost is not known before its first request. */
  private take(reservation: BudgetReservation, estimate: number | 'default' | null): Error | null {
    const uptime = performance.now();
    this.inFlight.sweep(uptime);
    const usdOf = ({ budget }: BudgetAccount): number =>
      estimate === 'default' ? (budget.estimateUsd ?? DEFAULT_ESTIMATE_USD) : (estimate ?? 0);
    const around = reservation.holdsAround();
    for (const account of reservation.accounts) {
      const obstacle = account.obstacle(usdOf(account), around, uptime);
      if (obstacle !== null) return refusal(account, obstacle, this.now());
    }
    if (estimate === null) return null;
    reservation.hold(usdOf);
    this.inFlight.use(reservation, uptime);
    return null;
  }

  private estimateOf(exchange: Exchange): number | null {
    const usd = guard('estimating a request', () => this.estimates.ofRequest?.(exchange)) ?? null;
    return usd !== null && Number.isFinite(usd) && usd > 0 ? usd : null;
  }

  /** Moves an account to the period of `now`. Never asks the ledger itself: a call waits for this. */
  private move(account: BudgetAccount, now: number): void {
    if (account.moveTo(now) && this.timer !== null) this.schedule(0);
  }

  private schedule(ms: number): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      void this.sync();
      this.schedule(this.nextSyncMs());
    }, ms).unref();
  }

  private nextSyncMs(): number {
    const waits = !this.historyRead || this.accounts.some((account) => account.waits);
    return waits ? SYNC_SOON_MS : SYNC_EVERY_MS;
  }

  private async readHistory(): Promise<void> {
    if (this.historyRead) return;
    await attempt(async () => {
      for (const costs of await this.estimates.history!()) this.means.seed(costs);
      this.historyRead = true;
    });
  }

  private logExceeded({ name, budget, spend, period }: BudgetAccount): void {
    const least = spend.unknownCalls > 0 ? 'at least ' : '';
    const then = budget.onExceed === 'block' ? 'until then its calls are refused' : 'its calls go on';
    this.logger.warn(
      `The budget of ${name} is used up: ${least}${usdText(Number(spend.usd.toPrecision(6)))} spent. Its next period begins at ${new Date(period.to).toISOString()}; ${then}.`,
    );
  }
}

async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    reportFault('asking the ledger of budgets', error);
  }
}
