import type { CurrentLlmCall } from './call/call.js';
import { currentContext } from './call/context.js';

/**
 * The annotated call that is running, or `undefined` outside of one. Never throws.
 *
 * @publicApi
 */
export function currentLlmCall(): CurrentLlmCall | undefined {
  return currentContext()?.call;
}
