/**
 * Exact sums of money. A price that anybody publishes is a whole number of millionths of a dollar for a million tokens,
 * so each token costs whole units of 10⁻¹² USD. Adding up units is exact, where adding up dollars as binary fractions
 * drifts; a sum is rounded once, to the nearest double, when somebody asks for it.
 */
export const UNITS_PER_USD = 1e12;

const { floor, round } = Math;

/** Whole units of an amount in USD: those that it was made of, for amounts below $2,000. */
export function toUnits(usd: number): number {
  return round(usd * UNITS_PER_USD);
}

/** The sum of amounts in USD, each below $2,000. */
export function sumUsd(amounts: readonly number[]): number {
  if (amounts.length === 1) return amounts[0]!;
  const sum = new UsdSum();
  for (const usd of amounts) sum.add(usd);
  return sum.usd;
}

/** The difference of two amounts in USD: $0.3 less $0.1 is $0.2. */
export function usdDifference(usd: number, less: number): number {
  return (toUnits(usd) - toUnits(less)) / UNITS_PER_USD;
}

/** A sum in USD that stays exact over any number of additions. */
export class UsdSum {
  private dollars = 0;
  /** What is beyond the dollars; always fewer units than a dollar has. */
  private units = 0;

  add(usd: number): void {
    this.units += toUnits(usd);
    if (this.units < UNITS_PER_USD) return;
    const whole = floor(this.units / UNITS_PER_USD);
    this.dollars += whole;
    this.units -= whole * UNITS_PER_USD;
  }

  /** The double nearest to the sum: reading a decimal rounds once, and rightly. */
  get usd(): number {
    return usdOf(this.dollars, this.units);
  }
}

/** Whole dollars, and fewer units than a dollar has, in USD. */
export function usdOf(dollars: number, units: number): number {
  return Number(`${dollars}.${String(units).padStart(12, '0')}`);
}
