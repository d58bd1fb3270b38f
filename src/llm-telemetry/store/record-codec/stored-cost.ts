import type { Cost, CostReasonCode, UnknownCost } from '../../calls/cost.js';

type StoredCost = Exclude<Cost, UnknownCost> | (Omit<UnknownCost, 'reasonCode'> & Partial<UnknownCost>);

/** Restores a cost. Records that are older than reason codes have only the text, from which the code follows. */
export function decodeCost(stored: StoredCost | null | undefined): Cost | null {
  if (!stored) return null;
  if (stored.source !== 'unknown') return stored;
  return { ...stored, reasonCode: stored.reasonCode ?? reasonCodeOf(stored.reason) };
}

/** Texts of the reasons in records without codes. The first pattern that matches applies. */
const TEXTS: ReadonlyArray<readonly [text: RegExp, code: CostReasonCode]> = [
  [/^the usage is not known$/, 'missing_usage'],
  [/^the model is not known$/, 'missing_model'],
  [/^the price provider failed$/, 'price_provider_failed'],
  [/^invalid .* count in the usage$/s, 'invalid_usage'],
  [/^no price for .* with service tier /s, 'unpriced_service_tier'],
  [/^no price for .* with speed /s, 'unpriced_speed'],
  [/^no price for .* with inference in /s, 'unpriced_geo'],
  [/^no price for .* with endpoint in /s, 'unpriced_place'],
  [/^no price for /, 'unpriced_model'],
  [/^no .* price for /s, 'unpriced_part'],
];

function reasonCodeOf(reason: string): CostReasonCode {
  return TEXTS.find(([text]) => text.test(reason))?.[1] ?? 'unpriced_model';
}
