import type { Usage } from '../wire/usage.js';

/** What a price is charged for: tokens, priced per million, but for `audioTime` (by the hour) and `webSearch`. */
export type CostKind =
  | 'input'
  | 'cachedInput'
  | 'cacheWrite5m'
  | 'cacheWrite1h'
  | 'audioInput'
  | 'imageInput'
  | 'output'
  | 'audioOutput'
  | 'imageOutput'
  | 'audioTime'
  | 'webSearch';

/** One line of the receipt: a quantity and its price. */
export interface CostLine {
  readonly kind: CostKind;
  /** Tokens; requests for `webSearch`, milliseconds for `audioTime`. Input lines exclude each other: cached tokens are not in `input` again. */
  readonly quantity: number;
  /** USD per million tokens (per thousand requests for `webSearch`, per hour for `audioTime`), multipliers included. */
  readonly usdPerUnit: number;
  readonly costUsd: number;
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
  /** Which table, and its version or date. */
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
}
