import { StoreQueryError, type CallStore } from '../store/call-store.js';
import type { MeasuredGroup, Measures, TimeRange } from '../store/measures.js';
import type { BudgetLedger, LedgerAccount, LedgerSpend, Spend } from './budget-ledger.js';
import type { CallCosts } from './call-means.js';
import { NOTHING, sumOfSpend } from './spend-of-call.js';

/** The name under which a store adds up what came after its lists of names were full. */
const OTHER = 'other';
/** How far back the costs of calls are read. */
const HISTORY_MS = 7 * 24 * 3_600_000;

type Named = 'tenant' | 'feature';
type ReadStore = Pick<CallStore, 'measure' | 'status'>;

/** Reads what was spent from the rollups of the store, which knows of each call already: also of those before a restart. */
export class StoreLedger implements BudgetLedger {
  /** Of what the store had too many names when it was read last. */
  private readonly overflowed = new Set<Named>();

  constructor(private readonly store: ReadStore) {}

  /** What is read here is posted to the store at once, in this order: an answer counts all calls until now. */
  async spent({ budget: { feature, tenant }, from, to }: LedgerAccount): Promise<LedgerSpend> {
    const before = isPartial(this.store);
    const range = { from, to };
    const spent: Promise<LedgerSpend> =
      tenant !== undefined
        ? this.spentBy('tenant', tenant, range)
        : feature !== undefined
          ? this.spentBy('feature', feature, range)
          : this.store.measure({ range }).then(({ groups }) => sumOf(groups));
    const [wasPartial, spend] = await Promise.all([before, spent]);
    const partial = spend.partial === true || wasPartial || (await isPartial(this.store));
    return partial ? { ...spend, partial } : spend;
  }

  private async spentBy(dimension: Named, name: string, range: TimeRange): Promise<LedgerSpend> {
    const expected = this.overflowed.has(dimension) ? this.spentByCalls(dimension, name, range) : null;
    const { groups } = await this.store.measure({ range, by: [dimension] });
    const known = sumOf(groups.filter(({ names }) => names[dimension] === name));
    const overflows = groups.some(({ names }) => names[dimension] === OTHER);
    if (overflows) this.overflowed.add(dimension);
    if (!overflows && !expected) return known;
    // Calls of this name may be among the others, or the others may have its name.
    const ofCalls = await (expected ?? this.spentByCalls(dimension, name, range));
    if (ofCalls === null) return { ...known, partial: true };
    if (name === OTHER) return ofCalls;
    return {
      usd: Math.max(known.usd, ofCalls.usd),
      unknownCalls: Math.max(known.unknownCalls, ofCalls.unknownCalls),
    };
  }

  /** From the calls that are kept, which have their own names; `null`: they are too many to be read. */
  private async spentByCalls(dimension: Named, name: string, range: TimeRange): Promise<Spend | null> {
    const where = { [dimension]: [name, OTHER] };
    try {
      // Measures of users are read from calls.
      const { groups } = await this.store.measure({ range, where, by: [dimension, 'user'] });
      return sumOf(groups.filter(({ names }) => names[dimension] === name));
    } catch (error) {
      if (error instanceof StoreQueryError) return null;
      throw error;
    }
  }
}

/** The mean cost of a call of each feature and operation in the past week. Rejects while the file cannot be read. */
export async function readCallCosts(store: ReadStore, now: number): Promise<readonly CallCosts[]> {
  const { groups } = await store.measure({
    range: { from: now - HISTORY_MS, to: now + 1 },
    by: ['feature', 'operation'],
  });
  if (await isPartial(store)) throw new Error('the file of the store cannot be read now');
  return groups.flatMap(({ names: { feature, operation }, measures }) => {
    const { costUsd, billedCalls, unpricedCalls } = measures;
    const calls = billedCalls - unpricedCalls;
    if (typeof feature !== 'string' || typeof operation !== 'string' || calls <= 0) return [];
    return [{ feature, operation, meanUsd: costUsd / calls, calls }];
  });
}

/** Whether the file that calls are kept in cannot be read now: memory holds only the calls since. */
async function isPartial(store: ReadStore): Promise<boolean> {
  const { mode, path } = await store.status();
  return path !== null && mode !== 'file';
}

function sumOf(groups: readonly MeasuredGroup[]): Spend {
  return groups.map(({ measures }) => spendOf(measures)).reduce(sumOfSpend, NOTHING);
}

function spendOf({ costUsd, unpricedCalls, missingUsageCalls }: Measures): Spend {
  return { usd: costUsd, unknownCalls: unpricedCalls + missingUsageCalls };
}
