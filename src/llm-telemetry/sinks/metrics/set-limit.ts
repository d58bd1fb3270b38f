import type { Attributes } from '@opentelemetry/api';
import { ERROR_DESCRIPTIONS } from '../../calls/error-type.js';
import { ERROR_TYPE, GEN_AI, LLM } from '../attributes.js';
import { MAX_SETS, OTHER, RESERVED_SETS } from './limits.js';

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
