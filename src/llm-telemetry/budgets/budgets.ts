import { Logger, type OnModuleInit } from '@nestjs/common';
import type { Admission, Verdict } from '../call/admission.js';
import { LlmBudgetExceededError } from '../call/budget-exceeded.error.js';
import type { CallName } from '../call/call.js';
import type { CallRecord } from '../call/record.js';
import type { RecordSink } from '../call/record-sink.js';
import type { RequestIdentity } from '../call/request-scope.js';
import { reportFault } from '../wire/guard.js';
import { BudgetAccount } from './budget-account.js';
import type { BudgetLedger } from './budget-ledger.js';
import { usdText } from './budget-name.js';
import type { BudgetStatus } from './budget-status.js';
import type { Budget } from './budget.options.js';
import { forecast } from './forecast.js';
import { spendOfCall } from './spend-of-call.js';
import { UnknownFeatures } from './unknown-features.js';

const SYNC_EVERY_MS = 15_000;
/** How long an application that starts or stops waits for the ledger. */
const WAIT_MS = 2000;

/** The token of the application's budgets: `Budgets`, or `null` where it has none. */
export const CALL_BUDGETS = Symbol('CALL_BUDGETS');

/**
 * An application's budgets: counts what its calls cost, and says of each call that begins whether there is still something
 * left for it. Whoever asks is answered from memory; the ledger is asked apart from all calls.
 */
export class Budgets implements Admission, RecordSink, OnModuleInit {
  private readonly logger = new Logger('LlmTelemetry');
  private readonly accounts: readonly BudgetAccount[];
  private readonly unknownFeatures: UnknownFeatures;
  private timer: NodeJS.Timeout | null = null;
  private syncing: Promise<void> | null = null;

  /** @param ledger - `null` if nothing outlives this process. */
  constructor(
    budgets: readonly Budget[],
    private readonly ledger: BudgetLedger | null,
    private readonly now: () => number = Date.now,
  ) {
    this.accounts = budgets.map((budget) => new BudgetAccount(budget, now(), (account) => this.say(account)));
    this.unknownFeatures = new UnknownFeatures(budgets, (sentence) => this.logger.warn(sentence));
  }

  admit(name: CallName, identity: RequestIdentity): Verdict {
    this.unknownFeatures.see(name.feature);
    const now = this.now();
    let verdict: Verdict = 'within';
    for (const account of this.accounts) {
      account.moveTo(now);
      if (!account.exceeded || !account.covers(name, identity)) continue;
      if (account.budget.onExceed === 'block') return refusal(account, now);
      verdict = 'exceeded';
    }
    return verdict;
  }

  record(record: CallRecord): void {
    const spend = spendOfCall(record);
    if (spend.usd === 0 && spend.unknownCalls === 0) return;
    const now = this.now();
    for (const account of this.accounts) {
      account.moveTo(now);
      if (account.covers(record, record.identity)) account.add(spend, record.startedAt + record.latencyMs);
    }
  }

  list(): readonly BudgetStatus[] {
    const now = this.now();
    return this.accounts.map((account) => {
      account.moveTo(now);
      return statusOf(account, now);
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
  sync(): Promise<void> {
    const { ledger } = this;
    if (!ledger) return Promise.resolve();
    this.syncing ??= this.syncAll(ledger).finally(() => {
      this.syncing = null;
    });
    return this.syncing;
  }

  /** Before the first call: what was spent before this process. A ledger that does not answer is not waited for. */
  async onModuleInit(): Promise<void> {
    this.unknownFeatures.start();
    // Nest runs this once for each import of the module.
    if (!this.ledger || this.timer !== null) return;
    this.timer = setInterval(() => void this.sync(), SYNC_EVERY_MS).unref();
    await atMost(WAIT_MS, this.sync());
  }

  /** The application stops: the ledger hears the rest. Never rejects. */
  async stop(): Promise<void> {
    this.unknownFeatures.stop();
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    if (this.ledger?.add)
      await atMost(
        WAIT_MS,
        this.sync().then(() => this.sync()),
      );
  }

  private async syncAll(ledger: BudgetLedger): Promise<void> {
    for (const account of this.accounts) {
      account.moveTo(this.now());
      try {
        await account.sync(ledger);
      } catch (error) {
        reportFault('asking the ledger of budgets', error);
      }
    }
  }

  private say({ name, budget, spend, period }: BudgetAccount): void {
    const least = spend.unknownCalls > 0 ? 'at least ' : '';
    const then = budget.onExceed === 'block' ? 'until then its calls are refused' : 'its calls go on';
    this.logger.warn(
      `The budget of ${name} is used up: ${least}${usdText(Number(spend.usd.toPrecision(6)))} spent. Its next period begins at ${new Date(period.to).toISOString()}; ${then}.`,
    );
  }
}

function refusal({ name, budget, spend, period }: BudgetAccount, now: number): LlmBudgetExceededError {
  return new LlmBudgetExceededError(
    { name, limitUsd: budget.usd, spentUsd: spend.usd, until: period.to },
    now,
  );
}

function statusOf(account: BudgetAccount, now: number): BudgetStatus {
  const { name, budget, spend, period, exceeded, exceededAt } = account;
  const { projectedUsd, usedUpAt } = forecast(spend.usd, budget.usd, period, now);
  return {
    name,
    feature: budget.feature ?? null,
    tenant: budget.tenant ?? null,
    per: budget.per,
    onExceed: budget.onExceed,
    period: { from: period.from, to: period.to },
    limitUsd: budget.usd,
    spentUsd: spend.usd,
    lowerBound: spend.unknownCalls > 0,
    unknownCalls: spend.unknownCalls,
    exceeded,
    projectedUsd,
    usedUpAt: exceeded ? exceededAt : usedUpAt,
  };
}

async function atMost(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
