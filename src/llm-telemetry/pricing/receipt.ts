import type { CostKind, CostLine } from '../calls/cost.js';
import { UNITS_PER_USD } from '../units/usd.js';
import type { Price } from './price-provider.js';

/**
 * A price is held to the millionth of a dollar, of which every published one, multipliers included, is a multiple; an
 * amount is whole units of 10⁻¹² USD (`units/usd.ts`). So nothing is rounded but what is billed by time, to the unit, and
 * each amount once, to the nearest double.
 */
const STEPS_PER_USD = 1e6;

/** No request costs more: a count that says so is not sound, and sums would not be exact. */
const MOST_UNITS = 2000 * UNITS_PER_USD;

const { isSafeInteger } = Number;
const { min, round } = Math;

/** The lines of one usage's cost, and their sum. What is added and is no price at all throws a TypeError. */
export class Receipt {
  readonly lines: CostLine[] = [];
  /** Why the cost is not known; `null`: it is. */
  reason: string | null = null;
  private units = 0;

  constructor(
    private readonly pricedAs: string,
    /** All of the input, which decides on the long-context tier. */
    private readonly inputTokens: number,
    /** For prices of tokens: a tier changes no others. */
    private readonly multiplier: number,
  ) {}

  get costUsd(): number {
    return this.units / UNITS_PER_USD;
  }

  addTokens(kind: CostKind, tokens: number, price: Price | undefined): void {
    if (tokens === 0) return;
    const steps = this.stepsOf(kind, tokens, price, this.multiplier);
    // A million tokens at so many millionths of a dollar.
    if (steps !== null) this.add(kind, tokens, steps, tokens * steps);
  }

  /** Output, of which so much was reasoning, at the same price. */
  addOutput(tokens: number, price: Price | undefined, reasoningTokens: number): void {
    this.addTokens('output', tokens, price);
    if (reasoningTokens === 0) return;
    const line = this.lines.at(-1);
    if (line?.kind !== 'output') return;
    const quantity = min(reasoningTokens, tokens);
    const costUsd = (quantity * round(line.usdPerUnit * STEPS_PER_USD)) / UNITS_PER_USD;
    this.lines[this.lines.length - 1] = { ...line, reasoning: { quantity, costUsd } };
  }

  /** What is billed by its length, such as audio. */
  addTime(kind: CostKind, milliseconds: number, price: Price | undefined): void {
    if (milliseconds === 0) return;
    const steps = this.stepsOf(kind, milliseconds, price, 1);
    // An hour has 3.6 million milliseconds.
    if (steps !== null) this.add(kind, milliseconds, steps, round((milliseconds * steps * 10) / 36));
  }

  /** What is billed per thousand uses, such as web searches. */
  addUses(kind: CostKind, uses: number, price: Price | undefined): void {
    if (uses === 0) return;
    const steps = this.stepsOf(kind, uses, price, 1);
    if (steps !== null) this.add(kind, uses, steps, uses * steps * 1000);
  }

  addTool(tool: string, uses: number, price: number | undefined): void {
    if (uses === 0) return;
    const steps = this.stepsOf(tool, uses, price, 1);
    if (steps === null) return;
    this.add('tool', uses, steps, uses * steps * 1000);
    this.lines[this.lines.length - 1] = { ...this.lines.at(-1)!, tool };
  }

  /** The price in steps; `null` where there is none, or nothing to be charged for. */
  private stepsOf(
    name: string,
    quantity: number,
    price: Price | undefined,
    multiplier: number,
  ): number | null {
    if (!(quantity > 0) || !isSafeInteger(quantity))
      return this.fail(`the usage has no sound count of ${name}`);
    // Cached and audio tokens have no standard price to fall back on: what they cost without one is anybody's guess.
    if (price === undefined) return this.fail(`no ${name} price for ${this.pricedAs}`);
    const usd = (typeof price === 'number' ? price : priceAt(price, this.inputTokens)) * multiplier;
    const steps = round(usd * STEPS_PER_USD);
    // Less than a step would be free.
    if (!isSafeInteger(steps) || steps < 0 || (steps === 0 && usd !== 0))
      throw new TypeError(`${this.pricedAs}: ${name} has no price`);
    return steps;
  }

  private add(kind: CostKind, quantity: number, steps: number, units: number): void {
    this.units += units;
    if (!(this.units <= MOST_UNITS)) this.fail(`the usage has no sound count of ${kind}`);
    this.lines.push({
      kind,
      quantity,
      usdPerUnit: steps / STEPS_PER_USD,
      costUsd: units / UNITS_PER_USD,
    });
  }

  private fail(reason: string): null {
    this.reason ??= reason;
    return null;
  }
}

function priceAt({ base, tiers }: Exclude<Price, number>, inputTokens: number): number {
  let reached = -1;
  let usd = base;
  for (const { above, price } of tiers) {
    if (inputTokens > above && above > reached) [reached, usd] = [above, price];
  }
  return usd;
}
