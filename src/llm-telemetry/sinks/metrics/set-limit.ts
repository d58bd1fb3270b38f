import type { Attributes } from '@opentelemetry/api';
import { ERROR_DESCRIPTIONS } from '../../calls/error-type.js';
import { ERROR_TYPE, GEN_AI, LLM } from '../attributes.js';
import { MAX_SETS, OTHER, RESERVED_SETS } from './limits.js';

/** Attributes with few values: a set that comes after the limit keeps them, and alerts on them stay right. */
const KEPT: ReadonlySet<string> = new Set([
  GEN_AI.TOKEN_TYPE,
  GEN_AI.TOKEN_MODALITY,
  LLM.IS_RETRY,
  LLM.ERROR_TYPE,
  ERROR_TYPE,
]);

/**
 * The sets of attributes of one metric, at most `MAX_SETS`: features, models and what tells values apart besides (token
 * types, retries, error types). Called once for each new set, not for each value.
 */
export class SetLimit {
  private readonly known = new Map<string, Attributes>();
  private lastResort: Attributes | null = null;

  /** Returns the set to record under: `attributes` while there is room, then one in which names are `other`. */
  admit(attributes: Attributes): Attributes {
    return (
      this.find(attributes, MAX_SETS - RESERVED_SETS) ??
      (this.lastResort = this.find(othersOf(attributes), MAX_SETS) ?? this.lastResort ?? attributes)
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
      // Numbers are ports, of which none is `other`.
      if (typeof value === 'string') others[name] = OTHER;
    } else if (name === ERROR_TYPE && !Object.hasOwn(ERROR_DESCRIPTIONS, String(value))) others[name] = OTHER;
    else others[name] = value;
  }
  return others;
}
