import { join } from 'node:path';
import { packageRoot } from '../runtime/package-root.js';

type InstalledPrices = Pick<typeof import('@pydantic/genai-prices'), 'findProvider' | 'REMOTE_DATA_JSON_URL'>;

const PACKAGE = '@pydantic/genai-prices';

let loaded: InstalledPrices | undefined;

/**
 * Returns `@pydantic/genai-prices`, and loads it on first use: evaluating its table takes longer than importing the rest
 * of this library. Synchronous, because a call that ends before the table is loaded must be priced too.
 *
 * @throws Error in a bundle, before `loadBundledPrices` has ended
 */
export function installedPrices(): InstalledPrices {
  return (loaded ??= requireHere()(PACKAGE) as InstalledPrices);
}

/** Loads the package in a bundle that contains it, where `require` cannot find it. */
export async function loadBundledPrices(): Promise<void> {
  if (loaded || isInstalled()) return;
  loaded = await import('@pydantic/genai-prices');
}

function isInstalled(): boolean {
  try {
    requireHere().resolve(PACKAGE);
    return true;
  } catch {
    return false;
  }
}

/** Not `import { createRequire }`: bundlers replace its calls. */
function requireHere(): NodeJS.Require {
  const { createRequire } = process.getBuiltinModule('node:module');
  return createRequire(join(packageRoot() ?? process.cwd(), 'package.json'));
}
