import type { CurrentLlmCall } from '../calls/call.js';
import { currentContext } from '../calls/context.js';

/**
 * The annotated call that is running, or `undefined` outside of one. Never throws.
 *
 * @publicApi
 */
export function currentLlmCall(): CurrentLlmCall | undefined {
  return currentContext()?.call;
}
