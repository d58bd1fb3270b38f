import { MAX_VALUE_LENGTH, MAX_VALUES, OTHER } from './limits.js';

/** The value of an attribute of metrics; `null`: absent. */
export type Value = string | number | null;

/** The values that one attribute has had, and never more than `MAX_VALUES`. */
export class AttributeValues {
  private readonly known = new Set<Value>();

  /** The value that stands for `value` from now on: itself, or `other`. */
  admit(value: Value): Value {
    if (value === null || this.known.has(value)) return value;
    if (this.known.size >= MAX_VALUES || !isName(value)) return otherThan(value);
    const kept = ownCopy(value);
    this.known.add(kept);
    return kept;
  }
}

/** What stands for a value that is not admitted. Numbers are ports, of which none is `other`. */
export function otherThan(value: Value): Value {
  return typeof value === 'string' ? OTHER : null;
}

/** Control characters, and halves of surrogate pairs, which no exporter can write as UTF-8. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

function isName(value: Value): boolean {
  if (typeof value !== 'string') return true;
  return value.length > 0 && value.length <= MAX_VALUE_LENGTH && !UNPRINTABLE.test(value);
}

/** A string may be a part of a larger one, of a request's body, which would be kept with it. */
function ownCopy(value: Value): Value {
  return typeof value === 'string' ? Buffer.from(value).toString() : value;
}
