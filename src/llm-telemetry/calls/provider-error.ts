import { errorIn, parseErrorText } from '../wire/dialects/error-body.js';
import { asObject, type JsonObject } from '../wire/json/json-value.js';
import type { ProviderError } from '../wire/response-draft.js';

/**
 * Members in which SDKs keep the body of a failed response, as an object or as JSON text:
 *
 * - `error`: openai 7, @anthropic-ai/sdk 1, groq-sdk 1. Ollama 0.6 has a text that is not JSON.
 * - `data`, `responseBody`: errors of the Vercel AI SDK.
 * - `body`: cohere-ai 8, @mistralai/mistralai 2, @openrouter/sdk 1.
 * - `message`: @google/genai 2.
 */
const BODY_MEMBERS = ['error', 'data', 'responseBody', 'body', 'message'] as const;

/**
 * Returns the provider's error that a thrown error contains; `null` if it contains none.
 *
 * @throws errors of getters.
 */
export function providerErrorOf(error: object): ProviderError | null {
  const members = error as Readonly<Record<string, unknown>>;
  for (const member of BODY_MEMBERS) {
    const body = bodyOf(members[member]);
    if (body) return errorIn(body, true);
  }
  // @google/generative-ai 0.24.
  const details = members['errorDetails'];
  return Array.isArray(details) ? errorIn({ details }, true) : null;
}

function bodyOf(value: unknown): JsonObject | null {
  // An error is a cause, not a body.
  if (value instanceof Error) return null;
  return typeof value === 'string' ? parseErrorText(value) : asObject(value);
}
