/** Amounts are held in whole units of 10⁻⁹ USD, so that what is taken and given back adds up to 0 again. */
const UNITS_PER_USD = 1e9;

/** The estimated cost of one call in flight, taken from a slice until the call ends. */
export interface Hold {
  readonly slice: Slice;
  readonly units: number;
}

/**
 * The part of a budget that this process may spend without asking anyone: what was granted, less what was spent of it. Calls
 * in flight hold their estimated cost. While one process counts alone, all that is left of the budget is granted to it.
 */
export class Slice {
  private held = 0;
  private calls = 0;

  /** The sum of the estimates of the calls in flight, in USD. */
  get reservedUsd(): number {
    return this.held / UNITS_PER_USD;
  }

  /** Calls in flight that hold an estimate. */
  get callsInFlight(): number {
    return this.calls;
  }

  /**
   * Whether a call of `estimateUsd` (0: not known yet) has room in `leftUsd`, beside the calls in flight. Without another
   * one in flight it always has: an estimate alone refuses nothing. Calls `around` it do not count against it.
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

  take(estimateUsd: number): Hold {
    const units = unitsOf(estimateUsd);
    this.held += units;
    this.calls++;
    return { slice: this, units };
  }

  /** Gives a hold back. Call it once for each. */
  giveBack({ units }: Hold): void {
    this.held -= units;
    this.calls--;
  }
}

function unitsOf(usd: number): number {
  return Math.round(usd * UNITS_PER_USD);
}
