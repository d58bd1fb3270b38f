import { observeOpenAI } from '@langfuse/openai';

/** It has no option to leave the content out: a mask would be applied to spans that have it. */
/** @type {import('../contestant.js').Start} */
export function start() {
  return { client: (client) => observeOpenAI(client) };
}
