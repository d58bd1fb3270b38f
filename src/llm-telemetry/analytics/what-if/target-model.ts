import type { Pricer } from '../../calls/cost.js';
import { tableProviders } from '../../pricing/genai-prices.provider.js';
import { NO_USAGE } from '../../wire/usage.js';

/** A model that calls are repriced on, and the provider whose prices it is bought at. */
export interface TargetModel {
  readonly provider: string;
  readonly model: string;
}

const ONE_TOKEN = { ...NO_USAGE, inputTokens: 1 };

/** The model at the provider that is named, else at the first one that has a price for it; `null`: none has. */
export function findTarget(
  pricer: Pricer,
  model: string,
  provider: string | undefined,
  now: number,
): TargetModel | null {
  const providers = provider === undefined ? tableProviders() : [provider];
  const found = providers.find(
    (candidate) =>
      pricer.price({ provider: candidate, model, usage: ONE_TOKEN, at: now }).source !== 'unknown',
  );
  return found === undefined ? null : { provider: found, model };
}
