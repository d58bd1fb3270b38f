import type { CaptureWarnings } from './capture-warnings.js';
import type { LlmTelemetryOptions } from './llm-telemetry.options.js';
import { createPricer } from '../pricing/cost.js';
import type { Pricers } from '../pricing/pricers.js';
import type { PriceFile } from '../pricing/price-file.js';
import { LlmTelemetryOptionsError } from '../validation/options-error.js';
import { guard, reportFault } from '../wire/guard.js';

/** Creates the pricers of an application; `null` if the module is disabled. */
export async function createPricers(
  { enabled, pricing }: LlmTelemetryOptions,
  warnings: CaptureWarnings,
): Promise<Pricers | null> {
  if (enabled === false) return null;
  const file = pricing?.file === undefined ? null : await openPriceFile(pricing.file, warnings);
  const onFault = (error: unknown): void => reportFault('finding a price', error);
  const onUnknown = (reason: string): void => guard('logging a warning', () => warnings.noPrice(reason));
  return {
    calls: createPricer(pricing, { file, onFault, onUnknown }),
    whatIf: createPricer(pricing, { file, onFault }),
  };
}

async function openPriceFile(path: string, warnings: CaptureWarnings): Promise<PriceFile> {
  // Loaded on demand: applications without a price file need neither the schema nor a JSON parser with positions.
  const { problemsInOverrides } = await import('../pricing/pricing.schema.js');
  const { PriceFile } = await import('../pricing/price-file.js');
  try {
    return new PriceFile(path, problemsInOverrides, (message, isReloaded) => {
      guard('logging a change of the price file', () => warnings.priceFileChanged(message, isReloaded));
    });
  } catch (error) {
    throw new LlmTelemetryOptionsError([(error as Error).message]);
  }
}
