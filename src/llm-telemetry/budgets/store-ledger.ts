import type { CallStore } from '../store/call-store.js';
import type { Measures } from '../store/measures.js';
import type { BudgetLedger, LedgerAccount, Spend } from './budget-ledger.js';

/** Reads what was spent from the rollups of the store, which knows of each call already: also of those before a restart. */
export class StoreLedger implements BudgetLedger {
  constructor(private readonly store: Pick<CallStore, 'measure'>) {}

  async spent({ budget: { feature, tenant }, from, to }: LedgerAccount): Promise<Spend> {
    const range = { from, to };
    const { groups } = await this.store.measure(
      tenant !== undefined
        ? { range, by: ['tenant'] }
        : { range, where: feature === undefined ? undefined : { feature: [feature] } },
    );
    const found = tenant === undefined ? groups[0] : groups.find(({ names }) => names.tenant === tenant);
    return found ? spendOf(found.measures) : { usd: 0, unknownCalls: 0 };
  }
}

function spendOf({ costUsd, unpricedCalls, missingUsageCalls }: Measures): Spend {
  return { usd: costUsd, unknownCalls: unpricedCalls + missingUsageCalls };
}
