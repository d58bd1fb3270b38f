import type { Status } from '../../api/index.js';

/**
 * Returns when the first call in the store ended, Unix milliseconds; `null`: there are no calls, or there is no store.
 * Services that do not report it yet report the oldest call that is kept.
 */
export function firstCallOf(status: Status): number | null {
  const { firstCallAt } = status as { readonly firstCallAt?: number | string | null };
  if (firstCallAt === undefined) return status.store?.oldest ?? null;
  const at = typeof firstCallAt === 'string' ? Date.parse(firstCallAt) : firstCallAt;
  return at !== null && Number.isFinite(at) ? at : null;
}
