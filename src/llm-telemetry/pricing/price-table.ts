import type { ModelInfo } from '@pydantic/genai-prices';
import { installedVersion } from '../runtime/package-root.js';
import { installedPrices } from './installed-prices.js';
import { newestPriceDate, type TableRow } from './parse-price-table.js';

const PACKAGE = '@pydantic/genai-prices';

/**
 * Dates of releases, which the package does not contain. A release that is not listed is at least as new as the newest
 * price in it.
 * Source: the registry, `npm view @pydantic/genai-prices time`.
 */
const RELEASES: ReadonlyMap<string, string> = new Map([['0.1.8', '2026-09-23']]);

/** Name, version and date of a price table. */
export interface PriceTableInfo {
  /** For receipts: `@pydantic/genai-prices 0.1.8 of 2026-09-23`. */
  readonly name: string;
  /** Date (UTC) of the data, such as `2026-09-23`; `null` if unknown. */
  readonly date: string | null;
}

/** The price table of an application: that of the installed package, until an update replaces it. */
export class PriceTable {
  private update: {
    readonly models: ReadonlyMap<string, readonly ModelInfo[]>;
    readonly info: PriceTableInfo;
  } | null = null;
  /** Number of updates. A lookup that was cached before an update is outdated. */
  updates = 0;

  /** Returns the models of a provider, by its id in the table. */
  models(id: string): readonly ModelInfo[] {
    if (this.update) return this.update.models.get(id) ?? [];
    return installedPrices().findProvider({ providerId: id })?.models ?? [];
  }

  get info(): PriceTableInfo {
    return this.update?.info ?? installedTable();
  }

  /** Replaces the table. `at` is when it was loaded, Unix milliseconds. */
  replace(rows: readonly TableRow[], at: number): void {
    const date = new Date(at).toISOString().slice(0, 10);
    this.update = {
      models: new Map(rows.map(({ id, models }) => [id, models])),
      info: { name: `${PACKAGE}, published update of ${date}`, date },
    };
    this.updates++;
  }
}

let installed: PriceTableInfo | undefined;

/** Providers whose prices change often. */
const OFTEN_CHANGED = ['openai', 'anthropic', 'google', 'x-ai', 'mistral', 'deepseek'];

function newestPrice(): string | null {
  const { findProvider } = installedPrices();
  const rows = OFTEN_CHANGED.flatMap((providerId) => findProvider({ providerId }) ?? []);
  return newestPriceDate(rows, new Date().toISOString().slice(0, 10));
}

/** Returns the version of the installed table, and its date if it is known. */
export function installedTable(): PriceTableInfo {
  if (installed) return installed;
  const version = installedVersion(PACKAGE);
  const date = (version !== null && RELEASES.get(version)) || newestPrice();
  const words = [PACKAGE, version, date && `of ${date}`].filter(Boolean);
  return (installed = { name: words.join(' '), date });
}
