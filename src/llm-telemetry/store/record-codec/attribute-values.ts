import type { Attributes } from '../../calls/record.js';

const NO_ATTRIBUTES: Attributes = Object.freeze({});

/** The only member of the stored form of a number that JSON cannot express. */
const NUMBER = '$number';

/**
 * Encodes the attributes that an application added to a call; `null` if there are none.
 *
 * Numbers that JSON cannot express (`NaN`, `Infinity`, `-Infinity`, `-0`) are stored by name. An application in
 * JavaScript can pass any value: a bigint is stored as its digits, and a value without a JSON form is omitted, so that one
 * attribute cannot lose the record.
 */
export function encodeAttributes(attributes: Attributes): unknown {
  const names = Object.keys(attributes);
  if (names.length === 0) return null;
  // Not by assignment: an attribute could have the name `__proto__`.
  return Object.fromEntries(names.map((name) => [name, encodeValue(attributes[name])]));
}

/** Restores attributes from their stored form. */
export function decodeAttributes(stored: Readonly<Record<string, unknown>> | null | undefined): Attributes {
  if (!stored) return NO_ATTRIBUTES;
  return Object.fromEntries(
    Object.entries(stored).map(([name, form]) => [name, decodeValue(form)]),
  ) as Attributes;
}

function encodeValue(value: unknown): unknown {
  switch (typeof value) {
    case 'number':
      if (Object.is(value, -0)) return { [NUMBER]: '-0' };
      return Number.isFinite(value) ? value : { [NUMBER]: String(value) };
    case 'bigint':
      return String(value);
    case 'object':
      return Array.isArray(value) ? value.map(encodeValue) : jsonOf(value);
    default:
      return value;
  }
}

/** Returns the JSON form of an object; `undefined` if `JSON.stringify` throws. */
function jsonOf(value: object | null): unknown {
  try {
    return JSON.parse(JSON.stringify(value)) as unknown;
  } catch {
    return undefined;
  }
}

function decodeValue(form: unknown): unknown {
  if (typeof form !== 'object' || form === null) return form;
  if (Array.isArray(form)) return form.map(decodeValue);
  return NUMBER in form ? Number(form[NUMBER]) : form;
}
