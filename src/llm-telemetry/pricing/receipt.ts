import type { CostKind, CostLine, CostReasonCode, UnknownCost } from '../calls/cost.js';
import type { RequestInputs } from '../wire/response-draft.js';
import { UNITS_PER_USD } from '../units/usd.js';
import type { Price } from './pricing.options.js';

/**
 * Prices are whole millionths of a dollar: every published price, multipliers included, is a multiple of that. Amounts
 * are whole units of 10⁻¹² USD (`units/usd.ts`). So only audio time is rounded, to a unit, and each amount once, to the
 * nearest double.
 */
const STEPS_PER_USD = 1e6;

/** No request costs more. A count that leads to a higher cost is invalid, and sums would not be exact. */
const MAX_UNITS = 2000 * UNITS_PER_USD;

const { isSafeInteger } = Number;
const { min, round } = Math;

/** Collects the cost lines of one usage and their sum. Throws a TypeError for an invalid price. */
export class Receipt {
  readonly lines: CostLine[] = [];
  /** Why the cost is unknown; `null` if it is known. */
  failure: Pick<UnknownCost, 'reason' | 'reasonCode'> | null = null;
  private units = 0;

  constructor(
    private readonly pricedAs: string,
    /** Input of each request, which selects the long-context tier. */
    private readonly inputs: RequestInputs,
    /** Applies to token prices only. */
    private readonly multiplier: number,
  ) {}

  get costUsd(): number {
    return this.units / UNITS_PER_USD;
  }

  addTokens(kind: CostKind, tokens: number, price: Price | undefined): void {
    if (tokens === 0) return;
    const steps = this.stepsOf(kind, tokens, price, this.multiplier);
    // Millionths of a dollar per million tokens are units per token.
    if (steps !== null) this.add(kind, tokens, steps, tokens * steps);
  }

  /** Adds output tokens, including `reasoningTokens` at the same price. */
  addOutput(tokens: number, price: Price | undefined, reasoningTokens: number): void {
    this.addTokens('output', tokens, price);
    if (reasoningTokens === 0) return;
    const line = this.lines.at(-1);
    if (line?.kind !== 'output') return;
    const quantity = min(reasoningTokens, tokens);
    const costUsd = (quantity * round(line.usdPerUnit * STEPS_PER_USD)) / UNITS_PER_USD;
    this.lines[this.lines.length - 1] = { ...line, reasoning: { quantity, costUsd } };
  }

  /** Adds a part that is billed by duration, such as audio. */
  addTime(kind: CostKind, milliseconds: number, price: Price | undefined): void {
    if (milliseconds === 0) return;
    const steps = this.stepsOf(kind, milliseconds, price, 1);
    // An hour has 3.6 million milliseconds.
    if (steps !== null) this.add(kind, milliseconds, steps, round((milliseconds * steps * 10) / 36));
  }

  /** Adds a part that is billed per thousand uses, such as web searches. */
  addUses(kind: CostKind, uses: number, price: Price | undefined): void {
    if (uses === 0) return;
    const steps = this.stepsOf(kind, uses, price, 1);
    if (steps !== null) this.add(kind, uses, steps, uses * steps * 1000);
  }

  addTool(tool: string, uses: number, price: number | undefined): void {
    if (uses === 0) return;
    const steps = this.stepsOf(tool, uses, price, 1, 'unpriced_tool');
    if (steps === null) return;
    this.add('tool', uses, steps, uses * steps * 1000);
    this.lines[this.lines.length - 1] = { ...this.lines.at(-1)!, tool };
  }

  /** Returns the price in steps; `null` if the price is missing or the quantity is invalid. */
  private stepsOf(
    name: string,
    quantity: number,
    price: Price | undefined,
    multiplier: number,
    withoutPrice: CostReasonCode = 'unpriced_part',
  ): number | null {
    if (!(quantity > 0) || !isSafeInteger(quantity)) return this.failOfCount(name);
    // There is no fallback price: without a list price, the cost of cached or audio tokens would be a guess.
    if (price === undefined) return this.fail(withoutPrice, `no ${name} price for ${this.pricedAs}`);
    const listed = typeof price === 'number' ? price : this.tierPrice(price);
    if (listed === null)
      return this.fail('mixed_tiers', `no single ${name} price for ${this.pricedAs}: ${MIXED_TIERS}`);
    const usd = listed * multiplier;
    const steps = round(usd * STEPS_PER_USD);
    // A price below one step would be rounded to free.
    if (!isSafeInteger(steps) || steps < 0 || (steps === 0 && usd !== 0))
      throw new TypeError(`Invalid ${name} price for ${this.pricedAs}: ${usd}`);
    return steps;
  }

  /** Returns `null` if the requests can be in different tiers. */
  private tierPrice(price: Exclude<Price, number>): number | null {
    const { least, most } = this.inputs;
    const usd = priceAt(price, most);
    return least === most || priceAt(price, least) === usd ? usd : null;
  }

  private add(kind: CostKind, quantity: number, steps: number, units: number): void {
    this.units += units;
    if (!(this.units <= MAX_UNITS)) this.failOfCount(kind);
    this.lines.push({
      kind,
      quantity,
      usdPerUnit: steps / STEPS_PER_USD,
      costUsd: units / UNITS_PER_USD,
    });
  }

  private failOfCount(name: string): null {
    return this.fail('invalid_usage', `invalid ${name} count in the usage`);
  }

  private fail(reasonCode: CostReasonCode, reason: string): null {
    this.failure ??= { reason, reasonCode };
    return null;
  }
}

const MIXED_TIERS = 'some of the requests may have a long context';

function priceAt({ base, tiers }: Exclude<Price, number>, inputTokens: number): number {
  let reached = -1;
  let usd = base;
  for (const { above, price } of tiers) {
    if (inputTokens > above && above > reached) [reached, usd] = [above, price];
  }
  return usd;
}
