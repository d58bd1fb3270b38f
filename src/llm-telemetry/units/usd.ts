/**
 * Exact sums of money. Every published price is a whole number of millionths of a dollar per million tokens, so each
 * token costs a whole number of units of 10⁻¹² USD. Sums of units are exact, whereas sums of dollars as doubles drift.
 * A sum is rounded once, to the nearest double, when it is read.
 */
export const UNITS_PER_USD = 1e12;

const { floor, round } = Math;

/** Converts an amount in USD to whole units. Exact for amounts below $2,000. */
export function toUnits(usd: number): number {
  return round(usd * UNITS_PER_USD);
}

/** Returns the exact sum of amounts in USD, each below $2,000. */
export function sumUsd(amounts: readonly number[]): number {
  if (amounts.length === 1) return amounts[0]!;
  const sum = new UsdSum();
  for (const usd of amounts) sum.add(usd);
  return sum.usd;
}

/** Returns the exact difference of two amounts in USD: $0.3 minus $0.1 is $0.2. */
export function usdDifference(usd: number, less: number): number {
  return (toUnits(usd) - toUnits(less)) / UNITS_PER_USD;
}

/** Returns what whole units exceed a whole number of dollars by, from 0 to below `UNITS_PER_USD`. Exact. */
export function fractionOfDollar(units: number): number {
  const rest = units % UNITS_PER_USD;
  return rest < 0 ? rest + UNITS_PER_USD : rest + 0;
}

/** Returns the whole dollars below or at an amount in whole units. */
export function wholeDollars(units: number): number {
  return round((units - fractionOfDollar(units)) / UNITS_PER_USD);
}

/** Returns whole dollars and units as digits of one number of units, which can be larger than a number holds exactly. */
export function digitsOfUnits(dollars: number, units: number): string {
  if (dollars === 0 && Number.isSafeInteger(round(units))) return String(round(units) + 0);
  return String(BigInt(round(dollars)) * BigInt(UNITS_PER_USD) + BigInt(round(units)));
}

/** Returns the whole dollars, and the units beyond them, of digits that `digitsOfUnits` wrote. */
export function unitsOfDigits(digits: string): { readonly dollars: number; readonly units: number } {
  // At most 15 digits: a number holds them exactly.
  if (digits.length <= 15) {
    const units = Number(digits) % UNITS_PER_USD;
    return { dollars: (Number(digits) - units) / UNITS_PER_USD, units };
  }
  const all = BigInt(digits);
  const perUsd = BigInt(UNITS_PER_USD);
  return { dollars: Number(all / perUsd), units: Number(all % perUsd) };
}

/** A sum in USD that stays exact over any number of additions. */
export class UsdSum {
  private dollars = 0;
  /** The fraction of a dollar, always below `UNITS_PER_USD`. */
  private units = 0;

  add(usd: number): void {
    this.units += toUnits(usd);
    if (this.units < UNITS_PER_USD) return;
    const whole = floor(this.units / UNITS_PER_USD);
    this.dollars += whole;
    this.units -= whole * UNITS_PER_USD;
  }

  /** The double nearest to the sum: parsing a decimal rounds exactly once. */
  get usd(): number {
    return usdOf(this.dollars, this.units);
  }
}

/** Converts whole dollars and a fraction in units (below `UNITS_PER_USD`) to USD. */
export function usdOf(dollars: number, units: number): number {
  return Number(`${dollars}.${String(units).padStart(12, '0')}`);
}
