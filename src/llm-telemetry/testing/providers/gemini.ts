import type { Tokenizer } from '../model/tokenizer.js';
import { googlePlatform, STREAM_ERROR } from './google-platform.js';
import {
  dataEvent,
  fullText,
  PLAIN_REQUEST,
  textOf,
  tokensOf,
  type EmulatedApi,
  type GeneratedResponse,
  type Json,
  type ModelRequest,
  type StreamEvent,
  type Tool,
} from '../model/emulated-api.js';

/** `generateContent` response. A test compares it with the types of the SDK. */
export interface GeminiResponse {
  readonly candidates: ReadonlyArray<{
    readonly content?: { readonly role: string; readonly parts: readonly GeminiPart[] };
    readonly finishReason?: 'STOP' | 'MAX_TOKENS' | 'SAFETY' | 'CONTINUATION';
    readonly continuationToken?: string;
    readonly groundingMetadata?: { readonly webSearchQueries: string[] };
    readonly index: number;
  }>;
  readonly usageMetadata: GeminiUsage;
  readonly modelVersion: string;
  readonly responseId: string;
}

type GeminiPart =
  | { readonly text: string; readonly thought?: boolean }
  | {
      readonly functionCall: {
        readonly id: string;
        readonly name: string;
        readonly args: Record<string, unknown>;
      };
    };

export interface GeminiUsage {
  readonly promptTokenCount: number;
  readonly cachedContentTokenCount?: number;
  readonly candidatesTokenCount?: number;
  readonly thoughtsTokenCount?: number;
  readonly totalTokenCount: number;
  readonly promptTokensDetails: Array<{ readonly modality: 'TEXT'; readonly tokenCount: number }>;
}

const METHOD = /\/(?:models|tunedModels|endpoints)\/([^/:]+):(?:generateContent|(streamGenerateContent))$/;

/**
 * Gemini `generateContent` and `streamGenerateContent` with server-sent events, also with the paths of Vertex AI. Source:
 * Gemini API reference, “Generating content”; a test checks the objects against the types of @google/genai.
 */
export const gemini: EmulatedApi = {
  ...googlePlatform,
  idPrefix: 'gem-',
  // A blocked prompt is a response without text. Refusals are plain text.
  faultReplacements: { blocked: 'filter', refuse: 'none', failed: 'server_error' },
  matches: (path, query) => METHOD.test(path) && (!path.includes(':stream') || isSse(query)),
  read,
  json,
  events: (generated) => mapEvents(generated, dataEvent),
  streamError: () => dataEvent(STREAM_ERROR),
};

/** `streamGenerateContent` without `alt=sse`: one JSON array. Source: as `gemini`. */
export const geminiArray: EmulatedApi = {
  ...gemini,
  matches: (path, query) => METHOD.test(path) && path.includes(':stream') && !isSse(query),
  eventStream: { contentType: 'application/json; charset=UTF-8', encode: (event) => Buffer.from(event) },
  *events(generated) {
    let opening = '[';
    for (const event of mapEvents(generated, (chunk) => JSON.stringify(chunk))) {
      yield { ...event, text: opening + event.text };
      opening = ',\r\n';
    }
    yield { text: ']', tokens: 0 };
  },
  streamError: (eventsSent) => `${eventsSent === 0 ? '[' : ',\r\n'}${JSON.stringify(STREAM_ERROR)}]`,
};

function isSse(query: string): boolean {
  return new URLSearchParams(query).get('alt') === 'sse';
}

/** Returns the model in a path. */
export function modelInPath(path: string): string {
  return decodeURIComponent(/\/([^/:]+):\w+$/.exec(path)?.[1] ?? '');
}

/** Returns the text of a content: a text, or an object with parts. */
export function textOfContent(content: unknown): string {
  const parts = (content as Json | undefined)?.['parts'];
  return textOf(parts === undefined ? content : parts);
}

/** Source: Gemini API documentation, “Thinking”: the 2.5 models and later think by default. */
export function reasons(model: string): boolean {
  return /^gemini-(?:2\.5|[3-9])/.test(model) && !model.includes('lite');
}

function read(body: Json, tokenizer: Tokenizer, path: string): ModelRequest | string {
  const contents = body['contents'];
  if (!Array.isArray(contents) || contents.length === 0)
    return '* GenerateContentRequest.contents: contents is not specified';
  const messages = contents as Json[];
  const config = (body['generationConfig'] ?? {}) as Json;
  const declared = (Array.isArray(body['tools']) ? (body['tools'] as Json[]) : []).flatMap(
    (tool) => (tool['functionDeclarations'] ?? []) as Json[],
  );
  const tools = declared.map(({ name, parameters, parametersJsonSchema }): Tool => ({
    name: String(name),
    schema: lowerCaseTypes(parametersJsonSchema ?? parameters),
  }));
  const calling = (body['toolConfig'] as Json | undefined)?.['functionCallingConfig'] as Json | undefined;
  const hasToolResult = JSON.stringify(messages.at(-1)?.['parts'] ?? '').includes('"functionResponse"');
  const system = textOfContent(body['systemInstruction']);
  const inputTokens =
    tokenizer.count(system) +
    messages.reduce((sum, message) => sum + 4 + tokenizer.count(textOfContent(message)), 0) +
    (declared.length === 0 ? 0 : tokenizer.count(JSON.stringify(declared)));
  const model = modelInPath(path);
  const isJson = config['responseMimeType'] === 'application/json';
  return {
    ...PLAIN_REQUEST,
    model,
    path,
    body,
    stream: path.includes(':stream'),
    maxTokens: Number(config['maxOutputTokens'] ?? 8192),
    system,
    user: textOfContent(messages.findLast((message) => textOfContent(message) !== '')),
    inputTokens,
    cacheablePrefix: inputTokens < 1024 ? null : { key: textOfContent(messages[0]), tokens: inputTokens - 1 },
    choices: Number(config['candidateCount'] ?? 1),
    schema: isJson
      ? lowerCaseTypes(config['responseJsonSchema'] ?? config['responseSchema'] ?? { type: 'object' })
      : null,
    tool: hasToolResult || calling?.['mode'] !== 'ANY' ? null : (tools[0] ?? null),
    offeredTool: hasToolResult ? null : (tools[0] ?? null),
    reasons: reasons(model),
    searches: JSON.stringify(body['tools'] ?? '').includes('"googleSearch"'),
  };
}

/** OpenAPI schemas of the API name types in upper case. */
function lowerCaseTypes(schema: unknown): unknown {
  if (schema === undefined) return undefined;
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === 'type' && typeof value === 'string' ? value.toLowerCase() : value,
  ) as unknown;
}

const FINISH_REASONS = {
  stop: 'STOP',
  tool_calls: 'STOP',
  length: 'MAX_TOKENS',
  content_filter: 'SAFETY',
  refusal: 'STOP',
  paused: 'CONTINUATION',
  failed: 'STOP',
} as const satisfies Record<GeneratedResponse['finish'], string>;

function json(generated: GeneratedResponse): GeminiResponse {
  const parts = [...thoughtParts(generated), ...answerParts(generated)];
  return response(generated, parts, generated.outputTokens, true);
}

function* mapEvents(
  generated: GeneratedResponse,
  format: (chunk: GeminiResponse) => string,
): Iterable<StreamEvent> {
  let sent = generated.reasoningTokens;
  const chunk = (parts: readonly GeminiPart[], last: boolean): string =>
    format(response(generated, parts, last ? generated.outputTokens : sent, last));
  const thoughts = thoughtParts(generated);
  if (sent > 0) yield { text: chunk(thoughts, false), tokens: sent };
  if (generated.finish === 'tool_calls') {
    yield { text: chunk(answerParts(generated), true), tokens: tokensOf(generated.pieces) };
    return;
  }
  for (const { text, tokens } of generated.pieces) {
    sent += tokens;
    yield { text: chunk([{ text }], false), tokens };
  }
  yield { text: chunk([], true), tokens: 0 };
}

function thoughtParts({ request, reasoning }: GeneratedResponse): GeminiPart[] {
  const thinking = (request.body['generationConfig'] as Json | undefined)?.['thinkingConfig'] as
    Json | undefined;
  if (thinking?.['includeThoughts'] !== true || reasoning.length === 0) return [];
  return [{ text: reasoning.map(({ text }) => text).join(''), thought: true }];
}

function answerParts(generated: GeneratedResponse): GeminiPart[] {
  const text = fullText(generated);
  if (generated.finish !== 'tool_calls') return text === '' ? [] : [{ text }];
  const args = JSON.parse(text) as Record<string, unknown>;
  return [{ functionCall: { id: generated.id, name: generated.tool?.name ?? '', args } }];
}

/** @param sent - output tokens of all candidates so far, with reasoning */
function response(
  generated: GeneratedResponse,
  parts: readonly GeminiPart[],
  sent: number,
  last: boolean,
): GeminiResponse {
  const { request, finish } = generated;
  return {
    candidates: Array.from({ length: request.choices }, (_, index) => ({
      // A candidate that was filtered has no content.
      ...(parts.length === 0 && last ? {} : { content: { role: 'model', parts } }),
      ...(last ? { finishReason: FINISH_REASONS[finish] } : {}),
      ...(last && finish === 'paused' ? { continuationToken: `continue-${generated.id}` } : {}),
      ...(last && generated.webSearches > 0
        ? { groundingMetadata: { webSearchQueries: [request.user.slice(0, 40)] } }
        : {}),
      index,
    })),
    usageMetadata: usage(generated, sent),
    modelVersion: generated.model,
    responseId: generated.id,
  };
}

/** Counts of 0 are omitted, as in ProtoJSON. */
function usage(
  { request, cachedInputTokens, reasoningTokens }: GeneratedResponse,
  sent: number,
): GeminiUsage {
  const candidates = sent - reasoningTokens;
  return {
    promptTokenCount: request.inputTokens,
    ...(cachedInputTokens > 0 ? { cachedContentTokenCount: cachedInputTokens } : {}),
    ...(candidates > 0 ? { candidatesTokenCount: candidates } : {}),
    ...(reasoningTokens > 0 ? { thoughtsTokenCount: reasoningTokens } : {}),
    totalTokenCount: request.inputTokens + sent,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: request.inputTokens }],
  };
}
