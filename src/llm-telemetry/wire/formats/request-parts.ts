import { asObject, asString } from '../json/json-value.js';
import type { RequestParameters } from './format.js';

/** Parameters of requests that several formats share. */

/** Returns the stop sequences of a string or a list; `undefined` for anything else. */
export function stopSequencesOf(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined;
}

/**
 * Returns the output type of a response format: its name, an object with a `type`, or a JSON schema. `undefined` for
 * formats that the conventions do not name. Source: OpenTelemetry GenAI attribute registry, `gen_ai.output.type`.
 */
export function outputTypeOf(format: unknown): RequestParameters['outputType'] {
  const type = asString(format) ?? asString(asObject(format)?.['type']);
  return type === null ? undefined : OUTPUT_TYPES.get(type);
}

const OUTPUT_TYPES: ReadonlyMap<string, RequestParameters['outputType']> = new Map([
  ['text', 'text'],
  ['json', 'json'],
  ['json_object', 'json'],
  ['json_schema', 'json'],
]);
