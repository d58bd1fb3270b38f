import type { FaultKind, FaultSpec } from '../faults.js';
import type { JsonReply } from '../http.js';
import type { Piece, Tokenizer } from '../tokenizer.js';

export type Json = Readonly<Record<string, unknown>>;

/** One API of a provider: a file each, and a line in `emulator.ts`. */
export interface EmulatedApi {
  readonly provider: string;
  /** The header that carries the request id. */
  readonly requestIdHeader: string;
  matches(path: string): boolean;
  /** Reads a request; a sentence where the provider would reject it. */
  read(body: Json, tokenizer: Tokenizer): ModelRequest | string;
  /** The answer to a request that is refused. */
  refuse(
    kind: FaultKind,
    fault: FaultSpec,
    request: { readonly model: string; readonly prompt: string },
  ): JsonReply;
  headers(requestId: string): Readonly<Record<string, string>>;
  json(answer: Answer): unknown;
  /** The events of a stream, in order. */
  events(answer: Answer): Iterable<StreamEvent>;
  /** An error in the middle of a stream. */
  streamError(): string;
  /** Whether the provider has a model of this name. */
  has(model: string): boolean;
  model(id: string): object;
  /** The list of models. */
  models(ids: readonly string[]): object;
  /** The body of a 404. */
  notFound(message: string): object;
}

export interface ModelRequest {
  readonly model: string;
  readonly stream: boolean;
  /** Chat Completions sends usage in a stream only when asked. */
  readonly includeUsage: boolean;
  readonly maxTokens: number;
  readonly system: string;
  readonly user: string;
  readonly inputTokens: number;
  /** Tokens of the input's prefix that the caller marked, or that the provider caches by itself; 0: none. */
  readonly cacheablePrefix: { readonly key: string; readonly tokens: number } | null;
  readonly choices: number;
  /** The JSON schema that the answer must satisfy; `null`: text. */
  readonly schema: unknown;
  /** The tool that is to be called; `null`: none. */
  readonly tool: { readonly name: string; readonly schema: unknown } | null;
}

export type AnswerFinish = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'refusal';

/** What the model answers, before it takes a provider's shape. */
export interface Answer {
  readonly id: string;
  readonly requestId: string;
  /** The dated name that a provider answers with. */
  readonly model: string;
  readonly request: ModelRequest;
  readonly pieces: readonly Piece[];
  readonly finish: AnswerFinish;
  readonly outputTokens: number;
  readonly cachedInputTokens: number;
  readonly cacheWriteTokens: number;
  /** Unix seconds. */
  readonly created: number;
}

export interface StreamEvent {
  readonly text: string;
  /** Output tokens that are generated with this event. */
  readonly tokens: number;
}

/** All text inside a message's content: a string, or an array of blocks. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((block: unknown) => {
      const { text, content: inner } = (block ?? {}) as { text?: unknown; content?: unknown };
      return typeof text === 'string' ? text : textOf(inner);
    })
    .join('\n');
}

export function fullText(answer: Answer): string {
  return answer.pieces.map(({ text }) => text).join('');
}
