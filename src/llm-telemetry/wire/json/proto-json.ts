import type { JsonObject } from './json-value.js';

/**
 * Returns a member by its camel-case name, else by its snake-case name: Google's JSON accepts both.
 * Source: Protocol Buffers documentation, “ProtoJSON format”.
 */
export function member(object: JsonObject | null, name: string): unknown {
  if (object === null) return undefined;
  return object[name] ?? object[name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
}
