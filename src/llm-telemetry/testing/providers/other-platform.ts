import type { EmulatedApi, Json, ModelRequest, Platform, Tool } from '../model/emulated-api.js';
import { PLAIN_REQUEST, textOf } from '../model/emulated-api.js';
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

/** Creates the platform of Voyage or Jina. Sources: https://docs.voyageai.com/docs/error-codes; https://api.jina.ai/redoc. */
export function listPlatform(provider: string): Platform {
  return otherPlatform(
    provider,
    ({ message }) => ({ detail: message }),
    (requestId) => ({ 'x-request-id': requestId }),
  );
}

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

/** Parses a request whose input is a text or a list of texts, and others. Returns the error message if it is invalid. */
export function readTexts(
  body: Json,
  member: string,
  tokenizer: Tokenizer,
  path: string,
  others: readonly unknown[] = [],
): ModelRequest | string {
  const items = [body[member]].flat();
  if (typeof body['model'] !== 'string' || items[0] === undefined) return `invalid request: ${member}`;
  return {
    ...PLAIN_REQUEST,
    model: body['model'],
    path,
    body,
    user: items.filter((item) => typeof item === 'string').join('\n'),
    inputTokens: countTexts([...items, ...others], tokenizer),
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
