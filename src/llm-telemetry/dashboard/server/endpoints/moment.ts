const ISO_8601 = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

const YEAR_2000 = Date.UTC(2000, 0);
const YEAR_2100 = Date.UTC(2100, 0);

/**
 * A moment in ISO 8601, in Unix milliseconds; `null`: it is none, or out of any calendar of calls. A day is its
 * beginning. Without a time zone it is UTC.
 */
export function momentOf(text: string): number | null {
  // In a query, a plus that is not encoded is a space.
  const written = text.replace(/ (?=\d{2}:?\d{2}$)/, '+');
  const [whole, day, zone] = ISO_8601.exec(written) ?? [];
  if (whole === undefined || day === undefined) return null;
  // 30 February: parsed, it would be a day in March.
  const midnight = new Date(`${day}T00:00Z`);
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return null;
  const moment = Date.parse(whole.length > day.length && zone === undefined ? `${whole}Z` : whole);
  return moment >= YEAR_2000 && moment < YEAR_2100 ? moment : null;
}
