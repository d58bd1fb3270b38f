/** Dimensions that an application may leave out. */
const OPTIONAL = new Set(['route', 'tenant', 'user']);
/** Dimensions of the program that made a call. */
const ORIGINS = new Set(['version', 'instance', 'environment', 'service']);

/**
 * Returns the name of a group or a call. `null` in responses and an empty name in queries mean calls without one: a call
 * has no model if no request was sent, and no route, tenant or user (`of`) if the application set none.
 */
export function nameText(name: string | null | undefined, of = 'request'): string {
  if (name) return name;
  return ORIGINS.has(of) ? `unknown ${of}` : `no ${OPTIONAL.has(of) ? of : 'request'}`;
}

/** Returns the name of a group in one dimension; empty if its calls have none. */
export function nameIn(names: Readonly<Partial<Record<string, string | null>>>, by: string): string {
  return names[by] ?? '';
}
