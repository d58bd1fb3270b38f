import { boundedName, MAX_NAMES } from '../text/bounded-name.js';
import type { Attributes, AttributeValue } from './record.js';

/** Adds attributes to `target`. `undefined` values are omitted; names, texts, lists and their number are bounded. */
export function addAttributes(target: Record<string, AttributeValue>, attributes: Attributes): void {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    const name = boundedName(key);
    if (!Object.hasOwn(target, name) && Object.keys(target).length >= MAX_NAMES) continue;
    // Assignment would fail for an attribute named `__proto__`.
    Object.defineProperty(target, name, {
      value: boundedValue(value),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
}

/** Copies lists, since the application may change its array. */
function boundedValue(value: AttributeValue): AttributeValue {
  if (typeof value === 'string') return boundedName(value);
  if (!Array.isArray(value)) return value;
  const items: readonly unknown[] = value.slice(0, MAX_NAMES);
  return items.map((item) => (typeof item === 'string' ? boundedName(item) : item)) as AttributeValue;
}
