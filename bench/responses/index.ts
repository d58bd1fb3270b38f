import { anthropicCall, anthropicStream } from './anthropic.js';
import { CACHED_TOKENS, type CannedResponse } from './canned-response.js';
import { openaiCall, openaiStream } from './openai.js';
import {
  converseCall,
  converseStream,
  geminiCall,
  geminiStream,
  ollamaCall,
  ollamaStream,
} from './other-providers.js';
import { embeddingsCall, responsesCall, responsesStream } from './responses.js';

/** All responses. The first path segment of a client's base URL selects one. */
export const RESPONSES = {
  'openai-call': openaiCall(),
  'openai-stream': openaiStream(),
  'anthropic-call': anthropicCall(),
  'anthropic-stream': anthropicStream(),
  'openai-call-cached': openaiCall(CACHED_TOKENS),
  'openai-stream-cached': openaiStream(CACHED_TOKENS),
  'anthropic-call-cached': anthropicCall(CACHED_TOKENS),
  'anthropic-stream-cached': anthropicStream(CACHED_TOKENS),
  'responses-call': responsesCall(),
  'responses-stream': responsesStream(),
  'embeddings-call': embeddingsCall(),
  'gemini-call': geminiCall(),
  'gemini-stream': geminiStream(),
  'converse-call': converseCall(),
  'converse-stream': converseStream(),
  'ollama-call': ollamaCall(),
  'ollama-stream': ollamaStream(),
} satisfies Record<string, CannedResponse>;

export type ResponseName = keyof typeof RESPONSES;

/** Returns the response for `path`. @throws Error if there is none. */
export function cannedResponseFor(path: string): CannedResponse {
  const name = path.split('/', 2)[1]!;
  const response = (RESPONSES as Partial<Record<string, CannedResponse>>)[name];
  if (!response) throw new Error(`No response for ${path}`);
  return response;
}
