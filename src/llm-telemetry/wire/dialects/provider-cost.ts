import { asNumber, asObject, asUsd, type JsonObject } from '../json/json-value.js';
import type { UsageDraft } from '../response-draft.js';

/** Dialects in which a usage reports its cost. Each returns the cost in USD; `undefined` if the usage has no such cost. */
const READERS: ReadonlyArray<(usage: JsonObject) => number | null | undefined> = [
  // OpenRouter documentation, “Usage Accounting”: with an own key, `cost` is only OpenRouter's fee.
  ({ cost, is_byok: ownKey, cost_details: details }) => {
    const upstream = asNumber(asObject(details)?.['upstream_inference_cost']);
    return ownKey === true && upstream !== null ? (asNumber(cost) ?? 0) + upstream : undefined;
  },
  // OpenRouter; LiteLLM documentation, “Cost Tracking”. Gateways also send it as text.
  ({ cost }) => (typeof cost === 'number' ? cost : decimalIn(cost)),
  // Perplexity API reference, “Chat Completions”, `usage.cost`.
  ({ cost }) => asNumber(asObject(cost)?.['total_cost']) ?? undefined,
  // DeepInfra API reference, “Chat Completions”, `usage.estimated_cost`.
  ({ estimated_cost: cost }) => (typeof cost === 'number' ? cost : undefined),
  // xAI documentation, “Cost Tracking”: one tick is 10⁻¹⁰ USD.
  ({ cost_in_usd_ticks: ticks }) => (typeof ticks === 'number' ? ticks / TICKS_PER_USD : undefined),
];

const TICKS_PER_USD = 1e10;

function decimalIn(value: unknown): number | undefined {
  return typeof value === 'string' && /^-?\d{1,9}(?:\.\d{1,20})?$/.test(value) ? Number(value) : undefined;
}

/** Reads the cost that a usage reports. A negative or implausible amount is ignored and flagged. */
export function readProviderCost(usage: JsonObject, draft: UsageDraft): void {
  for (const read of READERS) {
    const cost = read(usage);
    if (cost === undefined) continue;
    const usd = asUsd(cost);
    if (usd === null) draft.invalid = true;
    else draft.providerCostUsd = usd;
    return;
  }
}
