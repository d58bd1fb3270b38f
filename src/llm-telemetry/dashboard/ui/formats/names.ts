/** A model that there is none of: of calls that sent no request. The API's `null`, and an empty one in a query. */
export function nameText(name: string | null | undefined): string {
  return name || 'no request';
}
