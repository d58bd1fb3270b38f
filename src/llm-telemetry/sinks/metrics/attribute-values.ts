import { MAX_VALUE_LENGTH, MAX_VALUES, OTHER } from './limits.js';

/** Value of a metric attribute; `null`: omitted. */
export type Value = string | number | null;

/** Values of one attribute, at most `MAX_VALUES`. */
export class AttributeValues {
  private readonly known = new Set<Value>();

  /** Returns `value`, or `other` if it is not admitted. */
  admit(value: Value): Value {
    if (value === null || this.known.has(value)) return value;
    if (this.known.size >= MAX_VALUES || !isName(value)) return otherThan(value);
    const kept = ownCopy(value);
    this.known.add(kept);
    return kept;
  }
}

/** Returns the replacement of a value that is not admitted. Numbers are ports, which are omitted. */
export function otherThan(value: Value): Value {
  return typeof value === 'string' ? OTHER : null;
}

/** Control characters and lone surrogates, which cannot be exported as UTF-8. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

function isName(value: Value): boolean {
  if (typeof value !== 'string') return true;
  return value.length > 0 && value.length <= MAX_VALUE_LENGTH && !UNPRINTABLE.test(value);
}

/** Copies a string, because a substring of a request body would keep the whole body in memory. */
function ownCopy(value: Value): Value {
  return typeof value === 'string' ? Buffer.from(value).toString() : value;
}
