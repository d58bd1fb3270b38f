import type { Status } from '../../api/index.js';

/**
 * Returns the end of the first call in the store, Unix milliseconds; `null` without calls or a store. Older services do
 * not report it, so the oldest stored call is used instead.
 */
export function firstCallOf(status: Status): number | null {
  const { firstCallAt } = status as { readonly firstCallAt?: number | string | null };
  if (firstCallAt === undefined) return status.store?.oldest ?? null;
  const at = typeof firstCallAt === 'string' ? Date.parse(firstCallAt) : firstCallAt;
  return at !== null && Number.isFinite(at) ? at : null;
}
