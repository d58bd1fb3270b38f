import type { Attributes } from '@opentelemetry/api';
import { ERROR_DESCRIPTIONS } from '../../calls/error-type.js';
import { ERROR_TYPE, GEN_AI, LLM } from '../attributes.js';

/**
 * Cardinality limits of metrics. They bound the memory of this process and of every backend: series are never removed, and
 * model names come from outside.
 */

/** Maximum number of values of an attribute. Further values are counted as `other`. */
export const MAX_VALUES = 200;

/** Maximum length of a value. Longer values and those with control characters are counted as `other`. */
export const MAX_VALUE_LENGTH = 256;

/** Maximum number of attribute sets of a metric. Further values are counted in sets in which names are `other`. */
export const MAX_SETS = 500;

/** Number of sets reserved for `other`: one for each error type of first attempts and of retries. */
export const RESERVED_SETS = 60;

/** Value that replaces others after a limit is reached. */
export const OTHER = 'other';

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

interface Node<T> {
  readonly next: Map<Value, Node<T>>;
  held: T | null;
}

/**
 * Map from attribute sets to values, which are created on first use; at most `MAX_SETS`. A known set is found in a tree by
 * its values, without allocating an object or a key.
 */
export class AttributeSets<T> {
  private readonly root: Node<T> = emptyNode();
  private count = 0;

  constructor(
    /** Attribute names with their known values. */
    private readonly dimensions: ReadonlyArray<readonly [name: string, values: AttributeValues]>,
    private readonly make: (attributes: Attributes) => T,
  ) {}

  /** Returns the value of an attribute set. `values` are in the order of the dimensions. */
  get(values: readonly Value[]): T {
    return this.find(values) ?? this.admit(values);
  }

  private find(values: readonly Value[]): T | null {
    let node = this.root;
    for (const value of values) {
      const next = node.next.get(value);
      if (next === undefined) return null;
      node = next;
    }
    return node.held;
  }

  private admit(values: readonly Value[]): T {
    const admitted = values.map((value, index) => this.dimensions[index]![1].admit(value));
    const known = this.find(admitted);
    if (known !== null) return known;
    if (this.count < MAX_SETS) {
      this.count++;
      return this.add(admitted);
    }
    const others = values.map(otherThan);
    return this.find(others) ?? this.add(others);
  }

  private add(values: readonly Value[]): T {
    let node = this.root;
    for (const value of values) {
      let next = node.next.get(value);
      if (next === undefined) node.next.set(value, (next = emptyNode()));
      node = next;
    }
    return (node.held = this.make(
      attributesOf(this.dimensions.map(([name], index) => [name, values[index]!])),
    ));
  }
}

function emptyNode<T>(): Node<T> {
  return { next: new Map(), held: null };
}

/** Creates attributes in name order, because the SDK sorts them for each value. */
function attributesOf(entries: ReadonlyArray<readonly [name: string, value: Value | boolean]>): Attributes {
  const attributes: Attributes = {};
  for (const [name, value] of entries.toSorted(([one], [other]) => (one < other ? -1 : 1)))
    if (value !== null) attributes[name] = value;
  return attributes;
}

/** Returns a copy of attributes with one more. */
export function withAttribute(attributes: Attributes, name: string, value: string | boolean): Attributes {
  return attributesOf([...(Object.entries(attributes) as Array<[string, Value]>), [name, value]]);
}

/** Low-cardinality attributes. They are kept after the limit is reached, so that alerts on them stay correct. */
const KEPT: ReadonlySet<string> = new Set([
  GEN_AI.TOKEN_TYPE,
  GEN_AI.TOKEN_MODALITY,
  LLM.IS_RETRY,
  LLM.ERROR_TYPE,
  ERROR_TYPE,
]);

/**
 * Limits the attribute sets of one metric to `MAX_SETS`, additional attributes (token types, retries, error types)
 * included. Called once per new set, not per value.
 */
export class SetLimit {
  private readonly known = new Map<string, Attributes>();
  private overflow: Attributes | null = null;

  /** Returns `attributes`, or a set in which names are `other` if the limit is reached. */
  admit(attributes: Attributes): Attributes {
    return (
      this.find(attributes, MAX_SETS - RESERVED_SETS) ??
      (this.overflow = this.find(othersOf(attributes), MAX_SETS) ?? this.overflow ?? attributes)
    );
  }

  private find(attributes: Attributes, limit: number): Attributes | null {
    const key = JSON.stringify(attributes);
    const known = this.known.get(key);
    if (known) return known;
    if (this.known.size >= limit) return null;
    this.known.set(key, attributes);
    return attributes;
  }
}

function othersOf(attributes: Attributes): Attributes {
  const others: Attributes = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (!KEPT.has(name)) {
      // Numbers are ports, which cannot be `other`.
      if (typeof value === 'string') others[name] = OTHER;
    } else if (name === ERROR_TYPE && !Object.hasOwn(ERROR_DESCRIPTIONS, String(value))) others[name] = OTHER;
    else others[name] = value;
  }
  return others;
}
