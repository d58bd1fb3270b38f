import type { IncomingHttpHeaders } from 'node:http';
import type { Extra, FaultKind, FaultSpec } from './faults.js';
import type { Piece, Tokenizer } from './tokenizer.js';

export type Json = Readonly<Record<string, unknown>>;

/** HTTP response with a JSON body, or with HTML if the body is a string. */
export interface JsonReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** File in a form. `size` is in bytes. */
export interface UploadedFile {
  readonly name: string;
  readonly size: number;
}

/** Quantities that a provider bills instead of tokens. @publicApi */
export interface BilledUnits {
  /** Seconds of audio that is billed by its length. */
  readonly audioSeconds: number;
  /** Seconds of generated video. */
  readonly videoSeconds: number;
  /** Characters of text that is spoken. */
  readonly spokenCharacters: number;
  /** Images that are billed by their number. */
  readonly images: number;
  /** Pages of documents without annotations. */
  readonly pages: number;
  /** Pages of documents with annotations. */
  readonly annotatedPages: number;
  /** Search units of rankings. */
  readonly searchUnits: number;
}

export const NO_UNITS: BilledUnits = {
  audioSeconds: 0,
  videoSeconds: 0,
  spokenCharacters: 0,
  images: 0,
  pages: 0,
  annotatedPages: 0,
  searchUnits: 0,
};

/** Behavior shared by the APIs of one provider. */
export interface Platform {
  readonly provider: string;
  /** Whether tokens written to the prompt cache are billed. */
  readonly billsCacheWrites: boolean;
  /** How filtered output ends. */
  readonly filterFinish: 'content_filter' | 'refusal';
  /** Builds the response to a rejected request. */
  reject(
    kind: FaultKind,
    fault: FaultSpec,
    request: { readonly model: string; readonly prompt: string },
  ): JsonReply;
  headers(requestId: string): Readonly<Record<string, string>>;
  /** Returns true if the provider has this model. */
  hasModel(model: string): boolean;
  model(id: string): object;
  /** Builds the list of models. */
  models(ids: readonly string[]): object;
  /** Builds the body of a 404 response. */
  notFound(message: string): object;
}

/** One API of a provider: one file, and one line in `emulator.ts`. */
export interface EmulatedApi extends Platform {
  /** Prefix of response ids. */
  readonly idPrefix: string;
  /** Replacements for faults that this API cannot have. */
  readonly faultReplacements?: Partial<Record<FaultKind, FaultKind | 'none'>>;
  /** @param query - query string of the URL, without `?` */
  matches(path: string, query: string, body: Json): boolean;
  /** Parses a request. Returns the error message if it is invalid. */
  read(body: Json, tokenizer: Tokenizer, path: string, headers: IncomingHttpHeaders): ModelRequest | string;
  /** Composes the output if it is not text about the prompt. */
  compose?(request: ModelRequest, tokenizer: Tokenizer): readonly Piece[];
  /** Builds a non-streaming response: JSON, a string for plain text, or bytes with their type in `jsonHeaders`. */
  json(generated: GeneratedResponse): unknown;
  /** Builds the headers of a non-streaming response that depend on it. */
  jsonHeaders?(generated: GeneratedResponse): Readonly<Record<string, string>>;
  /** Builds the events of a stream, in order. */
  events(generated: GeneratedResponse): Iterable<StreamEvent>;
  /** Encoding of stream events. @defaultValue server-sent events */
  readonly eventStream?: { readonly contentType: string; encode(event: string): Buffer };
  /** Builds the error event that interrupts a stream. */
  streamError(eventsSent: number): string;
  /** Stores a response, so that it can be retrieved. */
  store?(generated: GeneratedResponse): void;
  /** Returns the body for a GET of this path, or `null` if there is none. */
  retrieve?(path: string): unknown;
}

export interface ModelRequest {
  readonly model: string;
  readonly path: string;
  /** The whole request, for fields that only its API reads. */
  readonly body: Json;
  readonly stream: boolean;
  /** Chat Completions sends usage in a stream only on request. */
  readonly includeUsage: boolean;
  readonly maxTokens: number;
  readonly system: string;
  readonly user: string;
  readonly inputTokens: number;
  /** Input tokens of audio, a part of the input tokens. */
  readonly audioInputTokens: number;
  /** True if the model speaks its text. */
  readonly speaks: boolean;
  /** Input prefix that the caller marked or the provider caches automatically, or `null`. */
  readonly cacheablePrefix: { readonly key: string; readonly tokens: number } | null;
  readonly choices: number;
  /** JSON schema of the output; `null` for text. */
  readonly schema: unknown;
  /** The tool that must be called, or `null`. */
  readonly tool: Tool | null;
  /** A tool that may be called, or `null`. */
  readonly offeredTool: Tool | null;
  /** True if the model reasons before it responds. */
  readonly reasons: boolean;
  /** True if the model may search the web; it then searches once. */
  readonly searches: boolean;
  /** Service tier that answers; `null` if the API has none. */
  readonly serviceTier: string | null;
  /** Quantities that are billed instead of tokens. */
  readonly units: Partial<BilledUnits>;
}

/** Replacements for faults of APIs without generated text: embeddings, rankings, images, audio. */
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

/** Members of APIs that generate no text and have no streams. */
export const WITHOUT_TEXT = {
  faultReplacements: NO_TEXT_FAULTS,
  compose: () => [],
  events: () => [],
  streamError: () => '',
} satisfies Partial<EmulatedApi>;

export interface Tool {
  readonly name: string;
  readonly schema: unknown;
}

/** Tokens of the speech of one token of text. A provider has no fixed number: one token is 50 ms of speech. */
export const AUDIO_TOKENS_PER_TEXT_TOKEN = 4;

/** Default values of a request. */
export const PLAIN_REQUEST = {
  stream: false,
  includeUsage: true,
  maxTokens: Infinity,
  system: '',
  audioInputTokens: 0,
  speaks: false,
  cacheablePrefix: null,
  choices: 1,
  schema: null,
  tool: null,
  offeredTool: null,
  reasons: false,
  searches: false,
  serviceTier: null,
  units: {},
} as const satisfies Partial<ModelRequest>;

export type ModelFinish =
  'stop' | 'length' | 'tool_calls' | 'content_filter' | 'refusal' | 'paused' | 'failed';

/** Usage of one iteration of a response (Anthropic beta, `usage.iterations`). */
export interface Step {
  readonly type: 'message' | 'compaction' | 'advisor_message' | 'fallback_message';
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Response of the model, independent of a provider's format. */
export interface GeneratedResponse {
  readonly id: string;
  readonly requestId: string;
  /** The dated name that the provider returns. */
  readonly model: string;
  readonly request: ModelRequest;
  /** Reasoning of the model. OpenAI bills it but does not return it. */
  readonly reasoning: readonly Piece[];
  readonly pieces: readonly Piece[];
  readonly finish: ModelFinish;
  /** The provider's code for a failed response. */
  readonly failedWith: string;
  /** The called tool, or `null`. */
  readonly tool: Tool | null;
  /** Output tokens of all choices, including reasoning. */
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  /** Output tokens of speech, a part of the output tokens. */
  readonly audioOutputTokens: number;
  readonly cachedInputTokens: number;
  readonly cacheWriteTokens: number;
  readonly webSearches: number;
  /** Empty without iterations. */
  readonly steps: readonly Step[];
  readonly extras: ReadonlySet<Extra>;
  /** Cost reported by a proxy, in USD, or `null`. */
  readonly proxyCostUsd: number | null;
  /** Unix seconds. */
  readonly created: number;
}

export interface StreamEvent {
  readonly text: string;
  /** Output tokens generated with this event. */
  readonly tokens: number;
}

/** Returns all text in a message's content, a string or an array of blocks. */
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

export function fullText(generated: GeneratedResponse): string {
  return textOfPieces(generated.pieces);
}

export function textOfPieces(pieces: readonly Piece[]): string {
  return pieces.map(({ text }) => text).join('');
}

/** Returns the tokens of speech among the output tokens of a spoken text. */
export function audioPartOf(outputTokens: number): number {
  return (outputTokens * AUDIO_TOKENS_PER_TEXT_TOKEN) / (1 + AUDIO_TOKENS_PER_TEXT_TOKEN);
}

export function tokensOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { tokens }) => sum + tokens, 0);
}

/** Formats a server-sent event named by its type. */
export function namedEvent(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
}

/** Formats a server-sent event without a name. */
export function dataEvent(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
