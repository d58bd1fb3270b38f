import { StoreQueryError, type CallStore } from '../store/call-store.js';
import type { MeasuredGroup, Measures, TimeRange } from '../store/measures.js';
import type { BudgetLedger, LedgerAccount, LedgerSpend, Spend } from './budget-ledger.js';
import type { CallCosts } from './call-means.js';
import { NOTHING, sumOfSpend } from './period-spend.js';
import { WEEK } from '../units/time.js';

/** Name under which a store sums calls after its list of names is full. */
const OTHER = 'other';
/** Range of the mean costs of calls. */
const HISTORY_MS = WEEK;

type Named = 'tenant' | 'feature';
type ReadStore = Pick<CallStore, 'measure' | 'status'>;

/** Ledger that reads spend from the rollups of the store, which also contains calls before a restart. */
export class StoreLedger implements BudgetLedger {
  /** Dimensions with too many names at the last read. */
  private readonly overflowed = new Set<Named>();

  constructor(private readonly store: ReadStore) {}

  /** Returns the spend of all calls so far. Queries are posted immediately and in order. */
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
    // Calls of this name can be part of `other`, or this name can be `other` itself.
    const ofCalls = await (expected ?? this.spentByCalls(dimension, name, range));
    if (ofCalls === null) return { ...known, partial: true };
    if (name === OTHER) return ofCalls;
    return {
      usd: Math.max(known.usd, ofCalls.usd),
      unknownCalls: Math.max(known.unknownCalls, ofCalls.unknownCalls),
    };
  }

  /** Reads spend from stored calls, which keep their names; `null`: too many calls. */
  private async spentByCalls(dimension: Named, name: string, range: TimeRange): Promise<Spend | null> {
    const where = { [dimension]: [name, OTHER] };
    try {
      // Grouping by user reads calls instead of rollups.
      const { groups } = await this.store.measure({ range, where, by: [dimension, 'user'] });
      return sumOf(groups.filter(({ names }) => names[dimension] === name));
    } catch (error) {
      if (error instanceof StoreQueryError) return null;
      throw error;
    }
  }
}

/** Returns the mean cost of calls by feature and operation in the past week. Rejects while the store's file is not readable. */
export async function readCallCosts(store: ReadStore, now: number): Promise<readonly CallCosts[]> {
  const { groups } = await store.measure({
    range: { from: now - HISTORY_MS, to: now + 1 },
    by: ['feature', 'operation'],
  });
  if (await isPartial(store)) throw new Error('the store file is not readable at the moment');
  return groups.flatMap(({ names: { feature, operation }, measures }) => {
    const { costUsd, billedCalls, unpricedCalls } = measures;
    const calls = billedCalls - unpricedCalls;
    if (typeof feature !== 'string' || typeof operation !== 'string' || calls <= 0) return [];
    return [{ feature, operation, meanUsd: costUsd / calls, calls }];
  });
}

/** Returns whether the store's file or database is not readable at the moment, so that only calls in memory are counted. */
async function isPartial(store: ReadStore): Promise<boolean> {
  const { where, state } = await store.status();
  return where !== null && state !== 'stored';
}

function sumOf(groups: readonly MeasuredGroup[]): Spend {
  return groups.map(({ measures }) => spendOf(measures)).reduce(sumOfSpend, NOTHING);
}

function spendOf({ costUsd, unknownCostCalls, unpricedCalls, missingUsageCalls }: Measures): Spend {
  // Rollups of earlier versions do not have the first of these sums.
  return { usd: costUsd, unknownCalls: Math.max(unknownCostCalls, unpricedCalls, missingUsageCalls) };
}
