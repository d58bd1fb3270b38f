import type { RequestInputs } from '../wire/response-draft.js';
import type { Usage, UsagePriceName } from '../wire/usage.js';

/**
 * Billed quantity of a receipt line. Tokens are priced per million, `audioTime` per hour; `webSearch`, `page`, `tool` and
 * other uses per thousand. Reasoning is billed as `output`.
 */
export type CostKind = UsagePriceName | 'tool';

/** One line of the receipt: a quantity and its price. */
export interface CostLine {
  readonly kind: CostKind;
  /**
   * Tokens; milliseconds for `audioTime`; uses (searches, pages, characters) for the others. Input lines do not overlap: `input` excludes
   * cached tokens.
   */
  readonly quantity: number;
  /** USD per million tokens (per hour for `audioTime`, per thousand uses for the others), multipliers included. */
  readonly usdPerUnit: number;
  readonly costUsd: number;
  /** Reasoning part of an `output` line, at the same price; omitted if there was none. */
  readonly reasoning?: { readonly quantity: number; readonly costUsd: number };
  /** Name of the tool of a `tool` line. */
  readonly tool?: string;
  /** Model of the line, if several models produced one response. */
  readonly pricedAs?: string;
}

/** Cost of a usage with a known price. @publicApi */
export interface KnownCost {
  readonly source: 'table' | 'override';
  readonly costUsd: number;
  readonly lines: readonly CostLine[];
  /** Name of the model in the price list. */
  readonly pricedAs: string;
  /** Price list with its version and date, and the start of validity if the list has one. */
  readonly pricedFrom: string;
  /** Multipliers of the token prices other than 1; omitted without one. */
  readonly multipliers?: readonly PriceMultiplier[] | undefined;
}

/** A multiplier of token prices by service tier, speed or place. @publicApi */
export interface PriceMultiplier {
  /** `service tier flex`, `endpoint in eu`, … */
  readonly name: string;
  readonly factor: number;
  /** The published source with its date, or `your own prices`. */
  readonly source: string;
}

/** Codes of the reasons why a cost is unknown, with the texts of the page. Codes are stable, texts are not. */
export const COST_REASONS = {
  missing_usage: 'No usage reported, nothing to estimate from',
  missing_model: 'No model in the request and the response',
  no_request: 'No model request observed in the call',
  unpriced_model: 'No price for the model at this provider',
  unpriced_service_tier: 'No price for the service tier',
  unpriced_speed: 'No price for the speed',
  unpriced_geo: 'No price for the place of inference',
  unpriced_place: 'No price for the place of the endpoint',
  unpriced_part: 'No price for a kind of tokens, time or uses',
  unpriced_tool: 'No price for a tool',
  mixed_tiers: 'Price tier of each request is not known',
  invalid_usage: 'A count of the usage is invalid',
  price_provider_failed: 'A price source failed',
} as const;

/** @publicApi */
export type CostReasonCode = keyof typeof COST_REASONS;

/** Cost of a usage without a known price. It is not $0. @publicApi */
export interface UnknownCost {
  readonly source: 'unknown';
  /** Human-readable reason, which names the model or the tier. */
  readonly reason: string;
  /** Stable code of the reason. */
  readonly reasonCode: CostReasonCode;
}

/** Cost of a usage in USD, known or unknown. @publicApi */
export type Cost = KnownCost | UnknownCost;

/** A usage with the facts that determine its price. */
export interface PricedUsage {
  /** `openai`, `anthropic`, `azure.ai.openai`, … as in `gen_ai.provider.name`. */
  readonly provider: string;
  /** Response model, else the requested model. */
  readonly model: string;
  readonly usage: Usage;
  /** Region, data zone or other place of the endpoint; `null` if unknown. @defaultValue null */
  readonly place?: string | null | undefined;
  /** Set if `usage` is the sum of several requests. @defaultValue null */
  readonly requestInputs?: RequestInputs | null | undefined;
  /** Start of the attempt, Unix milliseconds, since prices change over time. */
  readonly at: number;
}

/** Prices usages. Implemented in `pricing/`. Never throws. */
export interface Pricer {
  price(priced: PricedUsage): Cost;
  /** Stops updating prices. Called when the application stops. */
  close?(): void;
}
