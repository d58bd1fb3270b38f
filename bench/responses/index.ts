import { anthropicCall, anthropicStream } from './anthropic.js';
import type { CannedResponse } from './canned-response.js';
import { openaiCall, openaiStream } from './openai.js';

/** All responses. The first path segment of a client's base URL selects one. */
export const RESPONSES = {
  'openai-call': openaiCall(),
  'openai-stream': openaiStream(),
  'anthropic-call': anthropicCall(),
  'anthropic-stream': anthropicStream(),
} satisfies Record<string, CannedResponse>;

export type ResponseName = keyof typeof RESPONSES;

/** Returns the response for `path`. @throws Error if there is none. */
export function cannedResponseFor(path: string): CannedResponse {
  const name = path.split('/', 2)[1]!;
  const response = (RESPONSES as Partial<Record<string, CannedResponse>>)[name];
  if (!response) throw new Error(`No response for ${path}`);
  return response;
}
