import type { Value } from './connection.js';

/** Collects the parameters of a statement. */
export class Parameters {
  readonly values: Value[] = [];

  /** Adds a value, and returns its placeholder. */
  add(value: Value, type?: string): string {
    this.values.push(value);
    return `$${this.values.length}${type === undefined ? '' : `::${type}`}`;
  }
}
