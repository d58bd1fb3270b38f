import type { Tokenizer } from '../model/tokenizer.js';
import { modelInPath, textOfContent } from './gemini.js';
import { googlePlatform } from './google-platform.js';
import {
  NO_TEXT_FAULTS,
  PLAIN_REQUEST,
  WITHOUT_TEXT,
  type EmulatedApi,
  type GeneratedResponse,
  type Json,
  type ModelRequest,
} from '../model/emulated-api.js';

/** Response of one or of several embeddings. A test compares it with the types of the SDK. */
export interface GeminiEmbeddings {
  readonly embedding?: { readonly values: number[] };
  readonly embeddings?: Array<{ readonly values: number[] }>;
  readonly usageMetadata: { readonly promptTokenCount: number; readonly totalTokenCount: number };
}

const METHOD = /\/models\/[^/:]+:(?:embedContent|batchEmbedContents)$/;

/** Gemini `embedContent` and `batchEmbedContents`. Source: Gemini API reference, “Embeddings”. */
export const geminiEmbeddings: EmulatedApi = {
  ...googlePlatform,
  idPrefix: 'gemb-',
  ...WITHOUT_TEXT,
  faultReplacements: { ...NO_TEXT_FAULTS, blocked: 'bad_request' },
  matches: (path) => METHOD.test(path),
  read,
  json,
};

function contentsOf(body: Json): readonly string[] {
  const requests = Array.isArray(body['requests']) ? (body['requests'] as Json[]) : [body];
  return requests.map(({ content }) => textOfContent(content));
}

function read(body: Json, tokenizer: Tokenizer, path: string): ModelRequest | string {
  const texts = contentsOf(body);
  if (texts.every((text) => text === '')) return 'The content is empty.';
  return {
    ...PLAIN_REQUEST,
    model: modelInPath(path),
    path,
    body,
    user: texts.join('\n'),
    inputTokens: texts.reduce((sum, text) => sum + tokenizer.count(text), 0),
  };
}

function json({ request }: GeneratedResponse): GeminiEmbeddings {
  const { body, inputTokens, path } = request;
  const [first] = Array.isArray(body['requests']) ? (body['requests'] as Json[]) : [body];
  const length = Number(first?.['outputDimensionality'] ?? 768);
  const embeddings = contentsOf(body).map((text) => ({ values: vectorOf(text, length) }));
  const usageMetadata = { promptTokenCount: inputTokens, totalTokenCount: inputTokens };
  return path.endsWith(':embedContent')
    ? { embedding: embeddings[0]!, usageMetadata }
    : { embeddings, usageMetadata };
}

/** Returns a vector derived from the text: the same text returns the same vector. */
function vectorOf(text: string, length: number): number[] {
  return Array.from({ length }, (_, index) => Math.sin(index + text.length) / Math.sqrt(length));
}
