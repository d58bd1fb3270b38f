const ISO_8601 = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

const YEAR_2000 = Date.UTC(2000, 0);
const YEAR_2100 = Date.UTC(2100, 0);

/**
 * Parses an ISO 8601 timestamp to Unix milliseconds. A date means its start. The default time zone is UTC. Returns `null`
 * for invalid text and for years outside 2000 to 2099.
 */
export function parseTimestamp(text: string): number | null {
  // An unencoded plus in a query is decoded as a space.
  const written = text.replace(/ (?=\d{2}:?\d{2}$)/, '+');
  const [whole, day, zone] = ISO_8601.exec(written) ?? [];
  if (whole === undefined || day === undefined) return null;
  // `Date` parses 30 February as a day in March.
  const midnight = new Date(`${day}T00:00Z`);
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return null;
  const moment = Date.parse(whole.length > day.length && zone === undefined ? `${whole}Z` : whole);
  return moment >= YEAR_2000 && moment < YEAR_2100 ? moment : null;
}
