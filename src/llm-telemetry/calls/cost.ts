import type { Usage, UsagePriceName } from '../wire/usage.js';

/**
 * What a price is charged for: tokens, priced per million, but for `audioTime` (by the hour), `webSearch` and `tool` (per
 * thousand uses). Reasoning is charged as `output`.
 */
export type CostKind = UsagePriceName | 'tool';

/** One line of the receipt: a quantity and its price. */
export interface CostLine {
  readonly kind: CostKind;
  /**
   * Tokens; uses for `webSearch` and `tool`, milliseconds for `audioTime`. Input lines exclude each other: cached tokens
   * are not in `input` again.
   */
  readonly quantity: number;
  /** USD per million tokens (per thousand uses for `webSearch` and `tool`, per hour for `audioTime`), multipliers included. */
  readonly usdPerUnit: number;
  readonly costUsd: number;
  /** The part of an `output` line that was reasoning, at the same price; absent where there was none. */
  readonly reasoning?: { readonly quantity: number; readonly costUsd: number };
  /** Which tool a `tool` line is for. */
  readonly tool?: string;
  /** The model that the line is for, where several have worked on one answer. */
  readonly pricedAs?: string;
}

/** A usage whose price is known. @publicApi */
export interface KnownCost {
  readonly source: 'table' | 'override';
  readonly costUsd: number;
  readonly lines: readonly CostLine[];
  /** The name under which the price was found. */
  readonly pricedAs: string;
  /** Which list the price is from, of what version and date, and since when it holds where the list says so. */
  readonly pricedFrom: string;
}

/** A usage that nothing here has a price for: not the same as free. @publicApi */
export interface UnknownCost {
  readonly source: 'unknown';
  /** Why there is no price, for people: names the model or the tier. */
  readonly reason: string;
}

/** What a usage costs, in USD, or that it is not known. @publicApi */
export type Cost = KnownCost | UnknownCost;

/** What has to be known of an attempt to price it. */
export interface PricedUsage {
  /** `openai`, `anthropic`, `azure.ai.openai`, … as in `gen_ai.provider.name`. */
  readonly provider: string;
  /** The model that answered, else the one asked for. */
  readonly model: string;
  readonly usage: Usage;
  /** When the attempt started, Unix milliseconds: prices change over time. */
  readonly at: number;
}

/** Prices usages; the pricing folder implements it. Never throws. */
export interface Pricer {
  price(priced: PricedUsage): Cost;
  /** The application stops: prices are not kept up to date any longer. */
  close?(): void;
}
