/**
 * The name of a group or a call. The API's `null`, and an empty name in a query, stand for calls without one: a call has no
 * model if no request was sent, and no `of` (route, tenant, user) if the application gave none.
 */
export function nameText(name: string | null | undefined, of = 'request'): string {
  return name || `no ${of === 'route' || of === 'tenant' || of === 'user' ? of : 'request'}`;
}

/** The name that a group has in one dimension; empty: its calls have none. */
export function nameIn(names: Readonly<Partial<Record<string, string | null>>>, by: string): string {
  return names[by] ?? '';
}
