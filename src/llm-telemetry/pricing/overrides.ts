import { canonicalName, isVersionOf } from './model-name.js';
import type { FoundPrices } from './price-provider.js';
import { validateOverrides, type PriceOverrides } from './pricing.options.js';

const CACHE_SIZE = 1000;

/** A user's own prices, found by the strict rule of `model-name.ts`: an exact name first, then the longest. */
export class Overrides {
  private readonly byName: ReadonlyMap<string, FoundPrices>;
  private readonly cache = new Map<string, FoundPrices | null>();

  /** @throws TypeError for overrides that are not prices. */
  constructor(overrides: PriceOverrides) {
    validateOverrides(overrides);
    const entries = Object.entries(overrides);
    this.byName = new Map(
      entries.map(([model, prices]) => [
        model.toLowerCase(),
        { prices, pricedAs: model, pricedFrom: 'overrides' },
      ]),
    );
  }

  find(model: string): FoundPrices | null {
    if (this.byName.size === 0) return null;
    const cached = this.cache.get(model);
    if (cached !== undefined) return cached;
    const found = this.lookUp(model);
    if (this.cache.size >= CACHE_SIZE) this.cache.clear();
    this.cache.set(model, found);
    return found;
  }

  private lookUp(model: string): FoundPrices | null {
    const exact = this.byName.get(model.toLowerCase());
    if (exact) return exact;
    const name = canonicalName(model);
    let best: string | null = null;
    for (const base of this.byName.keys()) {
      if (isVersionOf(name, base) && base.length > (best?.length ?? 0)) best = base;
    }
    return best === null ? null : this.byName.get(best)!;
  }
}
