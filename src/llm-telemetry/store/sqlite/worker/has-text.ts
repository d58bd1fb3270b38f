/** Whether any text in a JSON text has `wanted` (in lower case) in it; names of fields are none. */
export function hasText(json: string, wanted: string): boolean {
  // Most have it nowhere: then it need not be parsed.
  if (!json.toLowerCase().includes(escaped(wanted))) return false;
  return isIn(JSON.parse(json), wanted);
}

function isIn(value: unknown, wanted: string): boolean {
  if (typeof value === 'string') return value.toLowerCase().includes(wanted);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((part) => isIn(part, wanted));
}

/** As it stands inside of a JSON string. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1).toLowerCase();
}
