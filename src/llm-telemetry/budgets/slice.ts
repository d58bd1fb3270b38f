/** Amounts are integers in units of 10⁻⁹ USD, so that holds and their releases add up to 0. */
const UNITS_PER_USD = 1e9;

/** Estimated cost of one call in flight, held in a slice until the call ends. */
export interface Hold {
  readonly slice: Slice;
  readonly units: number;
}

/**
 * The part of a budget that this process can spend without coordination, with the holds of calls in flight. A process that
 * counts alone can spend the whole rest of the budget.
 */
export class Slice {
  private held = 0;
  private calls = 0;

  /** Sum of the holds in USD. */
  get reservedUsd(): number {
    return this.held / UNITS_PER_USD;
  }

  /** Number of holds. */
  get callsInFlight(): number {
    return this.calls;
  }

  /**
   * Returns whether a call of `estimateUsd` (0: unknown yet) fits into `leftUsd` in addition to the calls in flight. It
   * always fits if no other call is in flight, because an estimate alone must not refuse a call. Calls `around` it are not
   * counted.
   */
  hasRoom(leftUsd: number, estimateUsd: number, around: readonly Hold[] = []): boolean {
    let { held, calls } = this;
    for (const hold of around) {
      if (hold.slice !== this) continue;
      held -= hold.units;
      calls--;
    }
    if (calls === 0) return true;
    const left = unitsOf(leftUsd);
    return held < left && held + unitsOf(estimateUsd) <= left;
  }

  /** Holds an estimate. */
  take(estimateUsd: number): Hold {
    const units = unitsOf(estimateUsd);
    this.held += units;
    this.calls++;
    return { slice: this, units };
  }

  /** Releases a hold. Must be called once per hold. */
  giveBack({ units }: Hold): void {
    this.held -= units;
    this.calls--;
  }
}

function unitsOf(usd: number): number {
  return Math.round(usd * UNITS_PER_USD);
}
