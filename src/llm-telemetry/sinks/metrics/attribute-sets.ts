import type { Attributes } from '@opentelemetry/api';
import { otherThan, type AttributeValues, type Value } from './attribute-values.js';
import { MAX_SETS } from './limits.js';

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
