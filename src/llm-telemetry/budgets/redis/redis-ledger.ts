import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { BudgetShare, BudgetShareRequest } from '../../store/fleet.js';
import { DAY } from '../../units/time.js';
import { toUnits, UNITS_PER_USD, usdOf } from '../../units/usd.js';
import { describeType, describeValue } from '../../validation/message-text.js';
import { LlmTelemetryOptionsError } from '../../validation/options-error.js';
import { pathText, problemsIn } from '../../validation/problems.js';
import {
  LedgerAwayError,
  type BudgetLedger,
  type LedgerAccount,
  type LedgerSpend,
  type Spend,
} from '../budget-ledger.js';
import { GivenConnection, OwnConnection, type RedisConnection, RedisError } from './redis-connection.js';
import type { RedisLedgerOptions } from './redis.options.js';
import { redisSchema } from './redis.schema.js';
import { ADD, SHARE, type RedisScript } from './redis-scripts.js';

/** How long a key is kept after the end of its period: spend can be reported late. */
const KEPT_MS = DAY;
const DEFAULT_PREFIX = 'llm_telemetry:';

/**
 * Creates a ledger in Redis 6 or later for the option `budgetLedger`: instances without a shared store count together, and spend
 * budgets with `onExceed: 'block'` from shares. Needs the package `ioredis` (5 or 6). Create one ledger for each application.
 *
 * @example
 * ```ts
 * LlmTelemetryModule.forRoot({
 *   budgets: [{ usd: 50, per: 'day', onExceed: 'block' }],
 *   budgetLedger: redisLedger({ connection: 'redis://localhost:6379' }),
 * });
 * ```
 *
 * @throws LlmTelemetryOptionsError
 * @publicApi
 */
export function redisLedger(options: RedisLedgerOptions): BudgetLedger {
  const problems = problemsIn(redisSchema, options, (input, [option]) =>
    option === 'prefix' ? describeValue(input) : describeType(input),
  );
  if (problems.length > 0)
    throw new LlmTelemetryOptionsError(
      problems.map(({ sentence }) => sentence((path) => pathText(['redisLedger', ...path]))),
    );
  const { connection, client, prefix = DEFAULT_PREFIX } = options;
  return new RedisLedger(client ? new GivenConnection(client) : new OwnConnection(connection!), prefix);
}

/** Spend of a number of calls, exact. */
interface Amount {
  readonly units: bigint;
  readonly unknown: bigint;
}

const NOTHING: Amount = { units: 0n, unknown: 0n };

/** What this process knows of a budget in one period. */
class Account {
  /** Number of the last report. */
  number = 0;
  /** The report that was sent and not confirmed: Redis may have counted it. */
  pending: Amount | null = null;
  /** Confirmed part of the spend that `add` is called with again. */
  confirmed = NOTHING;
  /** Last response, which Redis can have lost since. */
  known = NOTHING;
  knownShared = 0n;

  constructor(readonly to: number) {}
}

/** A ledger in Redis. Amounts are units of 10⁻¹² USD. */
export class RedisLedger implements BudgetLedger {
  private readonly logger = new Logger('LlmTelemetry');
  private readonly instance = randomUUID();
  private readonly accounts = new Map<string, Account>();
  private isAway = false;

  constructor(
    private readonly connection: RedisConnection,
    private readonly prefix: string,
  ) {}

  async spent({ key, to }: LedgerAccount): Promise<LedgerSpend> {
    const account = this.accountOf(key, to);
    await this.report(key, account, 0, NOTHING);
    const { units, unknown } = account.known;
    return { usd: usdOfUnits(units), unknownCalls: Number(unknown) };
  }

  async add({ key, to }: LedgerAccount, { usd, unknownCalls }: Spend): Promise<void> {
    const account = this.accountOf(key, to);
    if (account.pending) await this.confirm(key, account, account.pending);
    const rest = {
      units: larger(0n, BigInt(toUnits(usd)) - account.confirmed.units),
      unknown: larger(0n, BigInt(unknownCalls) - account.confirmed.unknown),
    };
    if (rest.units > 0n || rest.unknown > 0n) {
      account.number++;
      await this.confirm(key, account, (account.pending = rest));
    }
    account.confirmed = NOTHING;
  }

  async shareBudget(request: BudgetShareRequest): Promise<BudgetShare> {
    const account = this.accountOf(request.account, request.until);
    const [granted, spent, free, instances, shared] = await this.run(SHARE, request.account, request.until, [
      String(request.number),
      integer(request.spent),
      String(account.knownShared),
      integer(request.limit),
      integer(request.wanted),
      integer(request.known),
    ]);
    account.knownShared = larger(account.knownShared, BigInt(shared!));
    return {
      granted: Number(granted),
      spent: Number(spent),
      free: Number(free),
      instances: Number(instances),
    };
  }

  async close(): Promise<void> {
    this.connection.close();
  }

  /** Sends a report until it is confirmed, with the number of its first try. */
  private async confirm(key: string, account: Account, amount: Amount): Promise<void> {
    await this.report(key, account, account.number, amount);
    account.pending = null;
    const { units, unknown } = account.confirmed;
    account.confirmed = { units: units + amount.units, unknown: unknown + amount.unknown };
  }

  private async report(
    key: string,
    account: Account,
    number: number,
    { units, unknown }: Amount,
  ): Promise<void> {
    const [ofUnits, ofUnknown] = await this.run(ADD, key, account.to, [
      String(number),
      String(units),
      String(unknown),
      String(account.known.units),
      String(account.known.unknown),
    ]);
    const { known } = account;
    account.known = {
      units: larger(known.units, BigInt(ofUnits!)),
      unknown: larger(known.unknown, BigInt(ofUnknown!)),
    };
  }

  private async run(
    script: RedisScript,
    account: string,
    until: number,
    args: readonly string[],
  ): Promise<readonly string[]> {
    const { connection, instance, prefix } = this;
    try {
      const all = [instance, integer(until + KEPT_MS), ...args];
      const response = await connection.run(script, prefix + account, all);
      if (this.isAway) this.logger.log(`Budgets: Redis (${connection.where}) can be used again.`);
      this.isAway = false;
      return response;
    } catch (error) {
      if (!(error instanceof RedisError)) throw error;
      const message = `Budgets: Redis (${connection.where}) cannot be used: ${error.message}.`;
      if (!this.isAway)
        this.logger.warn(
          `${message} Budgets that refuse calls go on with the share of this instance for 45 seconds, then with the spend that it knows.`,
        );
      this.isAway = true;
      throw new LedgerAwayError(message);
    }
  }

  private accountOf(key: string, to: number): Account {
    let account = this.accounts.get(key);
    if (account) return account;
    const now = Date.now();
    for (const [past, { to }] of this.accounts) if (to + KEPT_MS < now) this.accounts.delete(past);
    this.accounts.set(key, (account = new Account(to)));
    return account;
  }
}

function integer(amount: number): string {
  return BigInt(Math.round(amount)).toString();
}

function larger(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}

function usdOfUnits(units: bigint): number {
  const perUsd = BigInt(UNITS_PER_USD);
  return usdOf(Number(units / perUsd), Number(units % perUsd));
}
