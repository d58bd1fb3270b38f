import { Logger } from '@nestjs/common';
import { Budgets } from './budgets/budgets.js';
import { StoreLedger } from './budgets/store-ledger.js';
import { remembersPast } from './create-store.js';
import type { LlmTelemetryOptions } from './llm-telemetry.options.js';
import type { CallStore } from './store/call-store.js';

/** Creates the budgets of an application; `null` if it has none. */
export function createBudgets(options: LlmTelemetryOptions, store: CallStore | null): Budgets | null {
  const { enabled, budgets = [], budgetLedger } = options;
  if (enabled === false || budgets.length === 0) return null;
  const ledger = budgetLedger ?? (store && remembersPast(options) ? new StoreLedger(store) : null);
  if (!ledger)
    new Logger('LlmTelemetry').warn(
      'Budgets are not persisted: the store does not outlast the process and no budgetLedger is set, so spend resets on restart.',
    );
  return new Budgets(budgets, ledger);
}
