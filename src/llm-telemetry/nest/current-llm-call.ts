import { currentContext, type CurrentLlmCall } from '../calls/call.js';

/**
 * Returns the current call, or `undefined` outside of a call. Never throws.
 *
 * @publicApi
 */
export function currentLlmCall(): CurrentLlmCall | undefined {
  return currentContext()?.call;
}
