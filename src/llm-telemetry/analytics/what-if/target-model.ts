import type { Pricer } from '../../calls/cost.js';
import { tableProviders } from '../../pricing/genai-prices.provider.js';
import { NO_USAGE } from '../../wire/usage.js';

/** Target model of a repricing, with the provider whose prices are used. */
export interface TargetModel {
  readonly provider: string;
  readonly model: string;
}

const ONE_TOKEN = { ...NO_USAGE, inputTokens: 1 };

/** Finds a model at the given provider, else at the first provider with a price for it; `null`: no price found. */
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
