/** Maximum length of an external name (model, id, tenant, feature) in UTF-16 code units. Longer names are cut. */
export const MAX_NAME_LENGTH = 200;

/**
 * Normalizes an external name: at most `MAX_NAME_LENGTH` UTF-16 code units (a cut name ends with an ellipsis),
 * well-formed, and without NUL, which SQLite and PostgreSQL cannot store in text. Idempotent, so a cut name equals the
 * same name cut again. Never retains the original string.
 */
export function boundedName(text: string): string {
  if (text.length <= MAX_NAME_LENGTH && text.isWellFormed() && !text.includes('\0')) return text;
  const cut =
    text.length > MAX_NAME_LENGTH ? `${text.slice(0, MAX_NAME_LENGTH - 1).replace(HALF_AT_END, '')}…` : text;
  // The copy is well-formed and, unlike a slice, does not retain the original string.
  return Buffer.from(cut.replaceAll('\0', '\uFFFD')).toString();
}

/**
 * Maximum length of a list of external names (finish reasons, stop sequences, tools, attributes). The rest is dropped.
 */
export const MAX_NAMES = 128;

/** Returns the first `MAX_NAMES` names, each bounded by `boundedName`. */
export function boundedNames(names: readonly string[]): string[] {
  return names.slice(0, MAX_NAMES).map(boundedName);
}

/** Copies a slice, so that it does not retain its parent string: V8 does so for slices of 13 characters or more. */
export function detached(slice: string): string {
  // Slicing a concatenation first copies it into a string of its own.
  return slice.length < 13 ? slice : ` ${slice}`.slice(1);
}

const HALF_AT_END = /[\uD800-\uDBFF]$/;
