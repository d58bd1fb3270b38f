import type { CostKind, CostLine } from '../call/cost.js';
import { UNITS_PER_USD } from '../call/usd.js';

/**
 * A price is held to the millionth of a dollar, of which every published one, multipliers included, is a multiple; an
 * amount is whole units of 10⁻¹² USD (`call/usd.ts`). So nothing is rounded but what is billed by time, to the unit, and
 * each amount once, to the nearest double.
 */
const STEPS_PER_USD = 1e6;

/** No request costs more: a count that says so is not sound, and sums would not be exact. */
const MOST_UNITS = 2000 * UNITS_PER_USD;

/** The units of so much at a price of so many steps. Tokens are priced by the million. */
const UNITS: Partial<Record<CostKind, (quantity: number, steps: number) => number>> = {
  // By the thousand.
  webSearch: (uses, steps) => uses * steps * 1000,
  tool: (uses, steps) => uses * steps * 1000,
  // By the hour, which has 3.6 million milliseconds.
  audioTime: (milliseconds, steps) => Math.round((milliseconds * steps * 10) / 36),
};

/** The lines of one usage's cost, and their sum. */
export class Receipt {
  readonly lines: CostLine[] = [];
  /** Why the cost is not known; `null`: it is. */
  reason: string | null = null;
  private units = 0;

  constructor(
    private readonly pricedAs: string,
    /** For prices of tokens. */
    private readonly multiplier: number,
  ) {}

  get costUsd(): number {
    return this.units / UNITS_PER_USD;
  }

  /** @throws TypeError for what is no price at all. */
  add(kind: CostKind, quantity: number, price: number | undefined): void {
    this.charge(kind, kind, quantity, price);
  }

  /** Output, of which so much was reasoning, at the same price. */
  addOutput(quantity: number, price: number | undefined, reasoningTokens: number): void {
    const line = this.charge('output', 'output', quantity, price);
    if (line === null || reasoningTokens === 0) return;
    const reasoning = Math.min(reasoningTokens, quantity);
    const costUsd = (reasoning * stepsOf(line.usdPerUnit)) / UNITS_PER_USD;
    this.lines[this.lines.length - 1] = { ...line, reasoning: { quantity: reasoning, costUsd } };
  }

  addTool(tool: string, uses: number, price: number | undefined): void {
    const line = this.charge('tool', tool, uses, price);
    if (line !== null) this.lines[this.lines.length - 1] = { ...line, tool };
  }

  private charge(kind: CostKind, name: string, quantity: number, price: number | undefined): CostLine | null {
    if (!(quantity > 0) || !Number.isSafeInteger(quantity)) return this.fail(`no sound count of ${name}`);
    // Cached and audio tokens have no standard price to fall back on: what they cost without one is anybody's guess.
    if (price === undefined) return this.fail(`no ${name} price for ${this.pricedAs}`);
    const unitsOf = UNITS[kind];
    const exact = unitsOf ? price : price * this.multiplier;
    const steps = stepsOf(exact);
    // Less than a step would be free.
    if (!Number.isSafeInteger(steps) || steps < 0 || (steps === 0 && exact !== 0))
      throw new TypeError(`${this.pricedAs}: ${name} has no price`);
    const units = unitsOf ? unitsOf(quantity, steps) : quantity * steps;
    this.units += units;
    if (!(this.units <= MOST_UNITS)) return this.fail(`no sound count of ${name}`);
    const line = { kind, quantity, usdPerUnit: steps / STEPS_PER_USD, costUsd: units / UNITS_PER_USD };
    this.lines.push(line);
    return line;
  }

  private fail(reason: string): null {
    this.reason ??= reason;
    return null;
  }
}

function stepsOf(price: number): number {
  return Math.round(price * STEPS_PER_USD);
}
