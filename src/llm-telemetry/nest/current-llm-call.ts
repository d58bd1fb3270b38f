import { currentContext, type CurrentLlmCall } from '../calls/call.js';

/**
 * The annotated call that is running, or `undefined` outside of one. Never throws.
 *
 * @publicApi
 */
export function currentLlmCall(): CurrentLlmCall | undefined {
  return currentContext()?.call;
}
