import { Logger, type OnModuleInit } from '@nestjs/common';
import type { Admission, RecordSink, Reservation, Verdict } from '../calls/ports.js';
import type { CallName } from '../calls/call-name.js';
import type { CallRecord, RequestIdentity } from '../calls/record.js';
import type { Exchange } from '../wire/exchanges/exchange.js';
import { guard, reportFault } from '../wire/guard.js';
import { BudgetAccount, countedFor, scopeOf, withBoundedNames, type CountedFor } from './budget-account.js';
import { LedgerAwayError, type BudgetLedger } from './budget-ledger.js';
import { BudgetReservation, InFlight, refusal, type ReservationOwner } from './budget-reservation.js';
import { statusOf, type BudgetStatus } from './budget-status.js';
import type { Budget } from './budget.options.js';
import { CallMeans, type CallCosts } from './call-means.js';
import { spendOfCall, withTimeout } from './period-spend.js';
import { SHARE_EVERY_MS, type BudgetFleet } from './fleet-share.js';
import { UnknownFeatures } from './unknown-features.js';
import { formatExactUsd } from '../units/format.js';

const SYNC_EVERY_MS = 15_000;
/** Interval in a fleet whose database grants no shares of budgets that refuse calls. */
export const SYNC_IN_FLEET_MS = 1000;
/** Interval while the spend of the current period is unknown. */
const SYNC_SOON_MS = 1000;
/** Maximum wait for the ledger when the application starts or stops. */
const WAIT_MS = 2000;
/** USD reserved by a call whose cost cannot be estimated. */
export const DEFAULT_ESTIMATE_USD = 0.01;

/** Sources of estimates for calls without history in this process. */
export interface Estimates {
  /** Returns the mean costs of calls before this process. Rejects while they are not readable. */
  history?(): Promise<readonly CallCosts[]>;
  /** Estimates the cost of a request in USD before it is sent; `null`: unknown. */
  ofRequest?(exchange: Exchange): number | null;
}

/**
 * Budgets of an application: counts the cost of calls and decides whether a new call is admitted. Decisions use only memory;
 * the ledger is queried in the background.
 */
export class Budgets implements Admission, RecordSink, ReservationOwner, OnModuleInit {
  private readonly logger = new Logger('LlmTelemetry');
  private readonly accounts: readonly BudgetAccount[];
  private readonly unknownFeatures: UnknownFeatures;
  private readonly means = new CallMeans();
  private readonly inFlight = new InFlight();
  private historyRead: boolean;
  private timer: NodeJS.Timeout | null = null;
  private shareTimer: NodeJS.Timeout | null = null;
  private isStopped = false;

  /** @param ledger - `null` if budgets are not persisted */
  constructor(
    budgets: readonly Budget[],
    private readonly ledger: BudgetLedger | null,
    private readonly now: () => number = Date.now,
    private readonly estimates: Estimates = {},
    fleet: BudgetFleet | null = null,
    private readonly syncEveryMs = SYNC_EVERY_MS,
  ) {
    const exceeded = (account: BudgetAccount): void => this.logExceeded(account);
    const keys = new Set<string>();
    this.accounts = budgets.map((input) => {
      const budget = withBoundedNames(input);
      const key = scopeOf(budget);
      const repeats = keys.has(key);
      keys.add(key);
      return new BudgetAccount(budget, now(), ledger !== null, exceeded, fleet, repeats);
    });
    this.historyRead = !estimates.history || this.accounts.every(({ blocks }) => !blocks);
    this.unknownFeatures = new UnknownFeatures(budgets, (message) => this.logger.warn(message));
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
    // An item of a batch costs less than a call.
    if (spend.unknownCalls === 0 && record.batch === undefined) this.means.add(record, spend.usd);
    const now = this.now();
    for (const account of this.covering(countedFor(record, record.identity), now)) {
      account.add(spend, now);
      this.shareIfLow(account);
    }
  }

  list(): readonly BudgetStatus[] {
    const now = this.now();
    const uptime = performance.now();
    this.inFlight.sweep(uptime);
    return this.accounts.map((account) => {
      this.move(account, now);
      const ledger = this.ledger === null ? 'none' : account.isAway(uptime) ? 'away' : 'responding';
      return statusOf(account, ledger, now);
    });
  }

  /** Returns the projected spend of each budget, for alerts. */
  async paces(): Promise<ReadonlyArray<{ name: string; limitUsd: number; projectedUsd: number | null }>> {
    return this.list().map(({ name, limitUsd, spentUsd, exceeded, projectedUsd }) => ({
      name,
      limitUsd,
      projectedUsd: projectedUsd ?? (exceeded ? spentUsd : null),
    }));
  }

  /** Sends the spend of this process to the ledger and reads the spend of all instances. Never rejects. */
  async sync(): Promise<void> {
    const { ledger } = this;
    const now = this.now();
    for (const account of this.accounts) this.move(account, now);
    await Promise.all([
      this.readHistory(),
      ...(ledger ? this.accounts.map((account) => attempt(() => account.sync(ledger))) : []),
    ]);
  }

  /** Reads the spend before this process. Waits for the ledger for at most two seconds. */
  async onModuleInit(): Promise<void> {
    this.unknownFeatures.start();
    // Nest calls this once per import of the module.
    if ((!this.ledger && this.historyRead) || this.timer !== null) return;
    this.shareTimer = setInterval(() => this.shareDue(), SHARE_EVERY_MS).unref();
    this.schedule(this.syncEveryMs);
    // Without a first response, calls could not be limited by what other instances have spent.
    const shared = this.sync().then(() =>
      Promise.all(this.accounts.map((one) => one.requestShare(this.now))),
    );
    await withTimeout(shared, WAIT_MS).catch(() => undefined);
    if (this.timer !== null) this.schedule(this.nextSyncMs());
  }

  /** Sends the remaining spend to the ledger when the application stops. Never rejects. */
  async stop(): Promise<void> {
    this.unknownFeatures.stop();
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    if (this.shareTimer) clearInterval(this.shareTimer);
    this.isStopped = true;
    this.inFlight.sweep(Infinity);
    const { ledger } = this;
    if (ledger?.add) {
      // A running sync may have started before the last call ended.
      const twice = this.sync().then(() => this.sync());
      await withTimeout(twice, WAIT_MS).catch(() => undefined);
    }
    if (ledger?.close) await withTimeout(ledger.close(), WAIT_MS).catch(() => undefined);
  }

  /** Returns the accounts that a call counts for, moved to the current period. */
  private covering(call: CountedFor, now: number): readonly BudgetAccount[] {
    const covering = this.accounts.filter((account) => account.covers(call));
    for (const account of covering) this.move(account, now);
    return covering;
  }

  /** Reserves an estimate in all budgets of a call, or refuses it. `estimate` `null`: unknown before the first request. */
  private take(reservation: BudgetReservation, estimate: number | 'default' | null): Error | null {
    const uptime = performance.now();
    this.inFlight.sweep(uptime);
    const usdOf = ({ budget }: BudgetAccount): number =>
      estimate === 'default' ? (budget.estimateUsd ?? DEFAULT_ESTIMATE_USD) : (estimate ?? 0);
    const around = reservation.holdsAround();
    for (const account of reservation.accounts) {
      const obstacle = account.obstacle(usdOf(account), around, uptime);
      this.shareIfLow(account);
      if (obstacle !== null) return refusal(account, obstacle, this.now());
    }
    if (estimate === null) return null;
    reservation.hold(usdOf);
    this.inFlight.use(reservation, uptime);
    return null;
  }

  /** Requests the next share of a budget before the present one is used up. Does not delay the call. */
  private shareIfLow(account: BudgetAccount): void {
    if (account.needsShare(performance.now())) this.share(account);
  }

  private shareDue(): void {
    for (const account of this.accounts) if (account.needsShare(performance.now(), true)) this.share(account);
  }

  private share(account: BudgetAccount): void {
    if (this.isStopped) return;
    // Without a response, calls go on with the spend that is known.
    account.requestShare(this.now).catch(() => undefined);
  }

  private estimateOf(exchange: Exchange): number | null {
    const usd = guard('estimating a request', () => this.estimates.ofRequest?.(exchange)) ?? null;
    return usd !== null && Number.isFinite(usd) && usd > 0 ? usd : null;
  }

  /** Moves an account to the period of `now`. Does not query the ledger, because a call waits for this. */
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
    const isWaiting = !this.historyRead || this.accounts.some((account) => account.waits);
    return isWaiting ? SYNC_SOON_MS : this.syncEveryMs;
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
    const effect = budget.onExceed === 'block' ? 'are refused' : 'continue and are marked as over budget';
    this.logger.warn(
      `The budget of ${name} is used up: ${least}${formatExactUsd(Number(spend.usd.toPrecision(6)))} spent. Calls ${effect} until the next period starts at ${new Date(period.to).toISOString()}.`,
    );
  }
}

async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof LedgerAwayError)) reportFault('syncing the budget ledger', error);
  }
}
