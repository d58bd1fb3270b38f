import { allocate, SHARE_KEPT_MS } from '../core/budget-shares.js';
import {
  SETTLED_AFTER_MS,
  TAKE_OVER_AFTER_MS,
  type AlertClaim,
  type BudgetShare,
  type BudgetShareRequest,
  type FleetCoordination,
  type NotifiedState,
} from '../fleet.js';
import type { Statements } from './connection.js';
import { boundedKey, timestamp } from './settings.js';

type InTransaction = <Result>(run: (statements: Statements) => Promise<Result>) => Promise<Result>;

/** Coordinates instances by rows that one transaction at a time changes. Times are those of the database. */
export class PostgresFleet implements FleetCoordination {
  /** @param instance - UUID of this process */
  constructor(
    private readonly inTransaction: InTransaction,
    private readonly instance: string,
  ) {}

  firingAlerts(): Promise<readonly string[]> {
    return this.inTransaction(async (statements) => {
      const rows = await statements.rows<readonly [string]>(`SELECT key FROM alert WHERE state = 'firing'`);
      return rows.map(([key]) => key);
    });
  }

  claimAlert(alert: string, state: NotifiedState): Promise<AlertClaim> {
    const key = boundedKey(alert);
    return this.inTransaction(async (statements) => {
      const added =
        state === 'firing' &&
        (await statements.change(
          `INSERT INTO alert (key, state, instance) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
          [key, state, this.instance],
        )) > 0;
      if (added) return 'yours';
      const [row] = await statements.rows<readonly [NotifiedState, string, boolean, number]>(
        `SELECT state, instance, is_notified, (extract(epoch FROM now() - at) * 1000)::bigint FROM alert
         WHERE key = $1 FOR UPDATE`,
        [key],
      );
      if (!row) return 'notified';
      const [before, by, isNotified, age] = row;
      if (before === state && isNotified) return 'notified';
      if (before === state && age < TAKE_OVER_AFTER_MS) return 'later';
      if (before !== state && by !== this.instance && age < SETTLED_AFTER_MS) return 'later';
      await statements.change(
        'UPDATE alert SET state = $2, instance = $3, at = now(), is_notified = false WHERE key = $1',
        [key, state, this.instance],
      );
      return 'yours';
    });
  }

  async alertNotified(key: string, state: NotifiedState): Promise<void> {
    await this.inTransaction((statements) =>
      statements.change(
        'UPDATE alert SET is_notified = true WHERE key = $1 AND state = $2 AND instance = $3',
        [boundedKey(key), state, this.instance],
      ),
    );
  }

  shareBudget(request: BudgetShareRequest): Promise<BudgetShare> {
    const account = boundedKey(request.account);
    return this.inTransaction(async (statements) => {
      await statements.change('INSERT INTO budget (account, until) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
        account,
        timestamp(request.until),
      ]);
      const [[spentBefore] = []] = await statements.rows<readonly [number]>(
        'SELECT spent FROM budget WHERE account = $1 FOR UPDATE',
        [account],
      );
      // Another statement, which sees what the previous holder of the lock has committed.
      const shares = await statements.rows<readonly [boolean, number, number]>(
        `SELECT instance = $2, number, granted FROM budget_share
         WHERE account = $1 AND (instance = $2 OR at > now() - make_interval(secs => ${SHARE_KEPT_MS / 1000}))`,
        [account, this.instance],
      );
      const own = shares.find(([isOwn]) => isOwn);
      const others = shares.filter(([isOwn]) => !isOwn);
      const { spent, granted, share } = allocate(request, {
        spent: spentBefore!,
        own: own ? { number: own[1], granted: own[2] } : null,
        others: { count: others.length, granted: others.reduce((sum, [, , part]) => sum + part, 0) },
      });
      await statements.change('UPDATE budget SET spent = $2 WHERE account = $1', [account, units(spent)]);
      await statements.change(
        `INSERT INTO budget_share (account, instance, number, granted) VALUES ($1, $2, $3, $4)
         ON CONFLICT (account, instance) DO UPDATE
         SET number = greatest(budget_share.number, excluded.number), granted = excluded.granted, at = now()`,
        [account, this.instance, request.number, units(granted)],
      );
      return share;
    });
  }
}

/** Deletes alerts and budgets of the past. */
export async function dropOldCoordination(statements: Statements): Promise<void> {
  await statements.change(
    `DELETE FROM alert WHERE at < now() - CASE state WHEN 'firing' THEN interval '400 days' ELSE interval '7 days' END`,
  );
  await statements.change(
    `WITH old AS (DELETE FROM budget WHERE until < now() - interval '7 days' RETURNING account)
     DELETE FROM budget_share WHERE account IN (SELECT account FROM old)`,
  );
}

function units(amount: number): bigint {
  return BigInt(Math.round(amount));
}
