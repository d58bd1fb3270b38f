import { Logger } from '@nestjs/common';
import { Budgets } from '../budgets/budgets.js';
import { readCallCosts, StoreLedger } from '../budgets/store-ledger.js';
import type { Pricers } from '../pricing/pricers.js';
import { isPersistent } from './create-store.js';
import type { LlmTelemetryOptions } from './llm-telemetry.options.js';
import { estimateRequest } from '../pricing/request-estimate.js';
import type { CallStore } from '../store/call-store.js';

/** Creates the budgets of an application; `null` if it has none. */
export function createBudgets(
  options: LlmTelemetryOptions,
  store: CallStore | null,
  pricers: Pricers | null,
): Budgets | null {
  const { enabled, budgets = [], budgetLedger } = options;
  if (enabled === false || budgets.length === 0) return null;
  const past = isPersistent(options) ? store : null;
  const ledger = budgetLedger ?? (past && new StoreLedger(past));
  if (!ledger)
    new Logger('LlmTelemetry').warn(
      'Budgets are not persisted: the store does not outlast the process and no budgetLedger is set, so spend resets on restart.',
    );
  return new Budgets(budgets, ledger, Date.now, {
    ...(past && { history: () => readCallCosts(past, Date.now()) }),
    ...(pricers && { ofRequest: (exchange) => estimateRequest(exchange, pricers.whatIf, Date.now()) }),
  });
}
