/** A ledger of budgets in Redis, which instances without a shared store count with: `budgetLedger: redisLedger({ connection })`. */
export { redisLedger } from './redis-ledger.js';
export type { RedisClient, RedisLedgerOptions } from './redis.options.js';
export type { BudgetLedger, LedgerAccount, LedgerSpend, Spend } from '../budget-ledger.js';
export type { Budget, BudgetPeriodName } from '../budget.options.js';
export type { BudgetShare, BudgetShareRequest } from '../../store/fleet.js';
