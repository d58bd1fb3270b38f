import { canonicalName, isVersionOf } from './model-name.js';
import type { FoundPrices, PriceOverrides } from './pricing.options.js';

const CACHE_SIZE = 1000;

/** Looks up price overrides by the strict matching of `model-name.ts`: an exact name first, then the longest match. */
export class Overrides {
  private readonly byName: ReadonlyMap<string, FoundPrices>;
  private readonly cache = new Map<string, FoundPrices | null>();

  constructor(overrides: PriceOverrides, pricedFrom: string) {
    this.byName = new Map(
      Object.entries(overrides).map(([model, { multipliers, ...prices }]) => [
        model.toLowerCase(),
        { prices, multipliers, pricedAs: model, pricedFrom },
      ]),
    );
  }

  /** The model names that have an override. */
  get names(): readonly string[] {
    return [...this.byName.values()].map(({ pricedAs }) => pricedAs);
  }

  find({ provider, model }: { readonly provider: string; readonly model: string }): FoundPrices | null {
    if (this.byName.size === 0) return null;
    const key = `${provider}/${model}`;
    const cached = this.cache.get(key);
    if (cached !== undefined) return cached;
    const name = canonicalName(model);
    const found = this.findByName(key, `${provider}/${name}`) ?? this.findByName(model, name);
    if (this.cache.size >= CACHE_SIZE) this.cache.clear();
    this.cache.set(key, found);
    return found;
  }

  private findByName(exactName: string, name: string): FoundPrices | null {
    const exact = this.byName.get(exactName.toLowerCase());
    if (exact) return exact;
    let best: string | null = null;
    for (const base of this.byName.keys()) {
      if (isVersionOf(name, base) && base.length > (best?.length ?? 0)) best = base;
    }
    return best === null ? null : this.byName.get(best)!;
  }
}
