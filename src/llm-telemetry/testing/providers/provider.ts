import type { FaultKind, FaultSpec } from '../faults.js';
import type { JsonReply } from '../http.js';
import type { Extra } from '../directives.js';
import type { Piece, Tokenizer } from '../tokenizer.js';

export type Json = Readonly<Record<string, unknown>>;

/** What the APIs of one provider have in common. */
export interface Platform {
  readonly provider: string;
  /** The answer to a request that is refused. */
  refuse(
    kind: FaultKind,
    fault: FaultSpec,
    request: { readonly model: string; readonly prompt: string },
  ): JsonReply;
  headers(requestId: string): Readonly<Record<string, string>>;
  /** Whether the provider has a model of this name. */
  has(model: string): boolean;
  model(id: string): object;
  /** The list of models. */
  models(ids: readonly string[]): object;
  /** The body of a 404. */
  notFound(message: string): object;
}

/** One API of a provider: a file each, and a line in `emulator.ts`. */
export interface EmulatedApi extends Platform {
  /** What the ids of its answers begin with. */
  readonly idPrefix: string;
  /** Faults that an answer of this API cannot have, and what there is in place of them. */
  readonly insteadOf?: Partial<Record<FaultKind, FaultKind | 'none'>>;
  matches(path: string): boolean;
  /** Reads a request; a sentence where the provider would reject it. */
  read(body: Json, tokenizer: Tokenizer, path: string): ModelRequest | string;
  /** What the model gives out, where that is not text about the prompt. */
  compose?(request: ModelRequest, tokenizer: Tokenizer): readonly Piece[];
  /** The answer in one piece: JSON, or a string that is sent as plain text. */
  json(answer: Answer): unknown;
  /** The events of a stream, in order. */
  events(answer: Answer): Iterable<StreamEvent>;
  /** How the events of a stream are sent, where not as server-sent events. */
  readonly eventStream?: { readonly contentType: string; encode(event: string): Buffer };
  /** An error in the middle of a stream, after so many events. */
  streamError(eventsSent: number): string;
  /** An answer has been given; it may be asked for again. */
  keep?(answer: Answer): void;
  /** What a GET of this path answers; `null`: not of this API, or not kept. */
  retrieve?(path: string): unknown;
}

export interface ModelRequest {
  readonly model: string;
  readonly path: string;
  /** The whole request, for what only its own API reads. */
  readonly body: Json;
  readonly stream: boolean;
  /** Chat Completions sends usage in a stream only when asked. */
  readonly includeUsage: boolean;
  readonly maxTokens: number;
  readonly system: string;
  readonly user: string;
  readonly inputTokens: number;
  /** Tokens of the input's prefix that the caller marked, or that the provider caches by itself; `null`: none. */
  readonly cacheablePrefix: { readonly key: string; readonly tokens: number } | null;
  readonly choices: number;
  /** The JSON schema that the answer must satisfy; `null`: text. */
  readonly schema: unknown;
  /** The tool that is to be called; `null`: none. */
  readonly tool: Tool | null;
  /** A tool that may be called; `null`: none. */
  readonly offeredTool: Tool | null;
  /** Whether the model thinks before it answers. */
  readonly reasons: boolean;
  /** Whether it may search the web, which it then does once. */
  readonly searches: boolean;
  /** Audio that is billed by its length; 0 where it is billed by tokens, or there is none. */
  readonly audioSeconds: number;
}

export interface Tool {
  readonly name: string;
  readonly schema: unknown;
}

/** What most requests do not have. */
export const PLAIN_REQUEST = {
  stream: false,
  includeUsage: true,
  maxTokens: Infinity,
  system: '',
  cacheablePrefix: null,
  choices: 1,
  schema: null,
  tool: null,
  offeredTool: null,
  reasons: false,
  searches: false,
  audioSeconds: 0,
} as const satisfies Partial<ModelRequest>;

export type AnswerFinish =
  'stop' | 'length' | 'tool_calls' | 'content_filter' | 'refusal' | 'paused' | 'failed';

/** One of several models' parts of an answer (Anthropic beta, `usage.iterations`). */
export interface Step {
  readonly type: 'message' | 'compaction' | 'advisor_message' | 'fallback_message';
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What the model answers, before it takes a provider's shape. */
export interface Answer {
  readonly id: string;
  readonly requestId: string;
  /** The dated name that a provider answers with. */
  readonly model: string;
  readonly request: ModelRequest;
  /** What the model thought first. OpenAI bills it and does not show it. */
  readonly reasoning: readonly Piece[];
  readonly pieces: readonly Piece[];
  readonly finish: AnswerFinish;
  /** Why it failed, in the provider's word. */
  readonly failedWith: string;
  /** The tool that is called; `null`: none. */
  readonly tool: Tool | null;
  /** All tokens given out, of all choices, those thought included. */
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly cachedInputTokens: number;
  readonly cacheWriteTokens: number;
  readonly webSearches: number;
  /** Empty where one model did it all. */
  readonly steps: readonly Step[];
  readonly extras: ReadonlySet<Extra>;
  /** What a proxy says that it cost, in USD; `null`: there is none. */
  readonly proxyCostUsd: number | null;
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
  return textOfPieces(answer.pieces);
}

export function textOfPieces(pieces: readonly Piece[]): string {
  return pieces.map(({ text }) => text).join('');
}

export function tokensOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { tokens }) => sum + tokens, 0);
}

/** A server-sent event that is named by its type. */
export function namedEvent(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
}

/** A server-sent event without a name. */
export function dataEvent(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
