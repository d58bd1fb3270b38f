import type { CaptureNotices } from './capture-notices.js';
import type { LlmTelemetryOptions } from './llm-telemetry.options.js';
import { createPricer } from '../pricing/cost.js';
import type { Pricers } from '../pricing/pricers.js';
import type { PriceFile } from '../pricing/price-file.js';
import { LlmTelemetryOptionsError } from '../validation/options-error.js';
import { guard, reportFault } from '../wire/guard.js';

export async function createPricers(
  { enabled, pricing }: LlmTelemetryOptions,
  notices: CaptureNotices,
): Promise<Pricers | null> {
  if (enabled === false) return null;
  const file = pricing?.file === undefined ? null : await openPriceFile(pricing.file, notices);
  const onFault = (error: unknown): void => reportFault('asking for a price', error);
  const onUnknown = (reason: string): void => guard('saying so', () => notices.noPrice(reason));
  return {
    calls: createPricer(pricing, { file, onFault, onUnknown }),
    whatIf: createPricer(pricing, { file, onFault }),
  };
}

async function openPriceFile(path: string, notices: CaptureNotices): Promise<PriceFile> {
  // Loaded on demand: applications without a price file need neither the schema nor a JSON parser with positions.
  const { problemsInOverrides } = await import('../pricing/pricing.schema.js');
  const { PriceFile } = await import('../pricing/price-file.js');
  try {
    return new PriceFile(path, problemsInOverrides, (sentence, isGood) => {
      guard('telling of prices', () => notices.prices(sentence, isGood));
    });
  } catch (error) {
    throw new LlmTelemetryOptionsError([(error as Error).message]);
  }
}
