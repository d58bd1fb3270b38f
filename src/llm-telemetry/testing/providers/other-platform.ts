import type { EmulatedApi, Json, ModelRequest, Platform, Tool } from '../model/emulated-api.js';
import { textOf } from '../model/emulated-api.js';
import type { Tokenizer } from '../model/tokenizer.js';
import { openaiPlatform } from './openai-platform.js';

/** Error of a rejected request, in the words of OpenAI. */
export interface RejectionError {
  readonly message: string;
  readonly type: string;
  readonly code: string | null;
}

/** Creates the platform of a provider that uses the usual statuses with error bodies of its own. */
export function otherPlatform(
  provider: string,
  errorBody: (error: RejectionError) => object,
  headers: (requestId: string) => Readonly<Record<string, string>>,
): Platform {
  return {
    ...openaiPlatform,
    provider,
    hasModel: () => false,
    headers,
    notFound: (message) => errorBody({ message, type: 'not_found_error', code: null }),
    reject(kind, fault, request) {
      const reply = openaiPlatform.reject(kind, fault, request);
      const { error } = (typeof reply.body === 'string' ? {} : reply.body) as { error?: RejectionError };
      return error === undefined ? reply : { ...reply, body: errorBody(error) };
    },
  };
}

/** Replacements for faults of APIs without generated text: embeddings and rankings. */
export const NO_TEXT_FAULTS: NonNullable<EmulatedApi['faultReplacements']> = {
  truncate: 'none',
  filter: 'none',
  refuse: 'none',
  invalid_json: 'none',
  empty: 'none',
  tool: 'none',
  pause: 'none',
  failed: 'server_error',
};

/** Replacements for faults of chat APIs without filters, refusals and background responses. */
export const PLAIN_CHAT_FAULTS: NonNullable<EmulatedApi['faultReplacements']> = {
  filter: 'none',
  refuse: 'none',
  pause: 'none',
  failed: 'server_error',
};

/** The parts of a request that are derived from a list of messages with roles and contents. */
export function readMessages(
  messages: unknown,
  tokenizer: Tokenizer,
): Pick<ModelRequest, 'system' | 'user' | 'inputTokens'> | null {
  if (!Array.isArray(messages) || messages.length === 0) return null;
  const list = messages as Json[];
  const textOfRole = (role: string): string =>
    list
      .filter((message) => message['role'] === role)
      .map((message) => textOf(message['content']))
      .join('\n');
  return {
    system: textOfRole('system'),
    user: textOfRole('user'),
    inputTokens: list.reduce((sum, message) => sum + 4 + tokenizer.count(textOf(message['content'])), 3),
  };
}

/** Returns the first function that a request offers; `null` without tools. */
export function offeredFunction(tools: unknown): Tool | null {
  const [first] = Array.isArray(tools) ? (tools as Json[]) : [];
  const fn = (first?.['function'] ?? first) as
    { name?: string; parameters?: unknown; inputSchema?: unknown } | undefined;
  return fn?.name === undefined ? null : { name: fn.name, schema: fn.parameters ?? fn.inputSchema };
}

/** Counts the tokens of a list of texts. */
export function countTexts(texts: readonly unknown[], tokenizer: Tokenizer): number {
  return texts.reduce<number>((sum, text) => sum + tokenizer.count(textOf(text) || JSON.stringify(text)), 0);
}
