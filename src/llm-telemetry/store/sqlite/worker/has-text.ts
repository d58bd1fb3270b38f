/** Returns true if any string value in a JSON text contains `wanted` (lower case). Field names are not searched. */
export function containsText(json: string, wanted: string): boolean {
  // Most texts do not contain it at all, and need not be parsed.
  if (!json.toLowerCase().includes(escaped(wanted))) return false;
  return anyStringContains(JSON.parse(json), wanted);
}

function anyStringContains(value: unknown, wanted: string): boolean {
  if (typeof value === 'string') return value.toLowerCase().includes(wanted);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((part) => anyStringContains(part, wanted));
}

/** Returns the text as written inside a JSON string. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1).toLowerCase();
}
