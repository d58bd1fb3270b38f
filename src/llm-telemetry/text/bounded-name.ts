/** Characters of a name from outside (a model, an id, a tenant, a feature): a longer one is cut. */
export const MAX_NAME_LENGTH = 200;

/**
 * Returns a name from outside as it is kept everywhere: at most `MAX_NAME_LENGTH` UTF-16 code units, the last of which
 * is an ellipsis if it was cut, well-formed, and without NUL, which SQLite and PostgreSQL do not store in texts.
 * Idempotent, so a name that was cut matches the same name cut again. Never retains the text that it was cut from.
 */
export function boundedName(text: string): string {
  if (text.length <= MAX_NAME_LENGTH && !NEEDS_REPAIR.test(text)) return text;
  const cut =
    text.length > MAX_NAME_LENGTH ? `${text.slice(0, MAX_NAME_LENGTH - 1).replace(HALF_AT_END, '')}…` : text;
  // The copy is well-formed, and unlike a slice it does not retain the text that it was cut from.
  return Buffer.from(cut.replaceAll('\0', '\uFFFD')).toString();
}

/** Items of a list of names from outside (finish reasons, stop sequences, tools, attributes): the rest is left out. */
export const MAX_NAMES = 128;

/** Returns a list of names, each bounded and at most `MAX_NAMES` of them. */
export function boundedNames(names: readonly string[]): string[] {
  return names.slice(0, MAX_NAMES).map(boundedName);
}

/** Returns a short text that is kept as a copy: V8 keeps the whole text for each slice of it of 13 characters or more. */
export function detached(slice: string): string {
  return slice.length < 13 ? slice : Buffer.from(slice).toString();
}

const NEEDS_REPAIR = /\0|\p{Surrogate}/u;
const HALF_AT_END = /[\uD800-\uDBFF]$/;
