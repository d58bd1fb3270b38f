import { createHash } from 'node:crypto';
import type OpenAI from 'openai';
import { seededRandom } from '../model/random.js';
import type { Tokenizer } from '../model/tokenizer.js';
import { openaiPlatform } from './openai-platform.js';
import { countPrompts, promptsOf, proxyCost, textOfPrompts } from './openai-request.js';
import {
  PLAIN_REQUEST,
  WITHOUT_TEXT,
  type GeneratedResponse,
  type EmulatedApi,
  type Json,
  type ModelRequest,
} from '../model/emulated-api.js';

type Response = OpenAI.CreateEmbeddingResponse;
/** The SDK requests `encoding_format: base64` by default and decodes the string. */
type SentEmbedding = Omit<OpenAI.Embedding, 'embedding'> & { embedding: number[] | string };
type SentResponse = Omit<Response, 'data'> & { data: SentEmbedding[] };

/** OpenAI Embeddings. Source: API reference, “Embeddings”; guide “Vector embeddings”. */
export const openaiEmbeddings: EmulatedApi = {
  ...openaiPlatform,
  idPrefix: 'embd-',
  ...WITHOUT_TEXT,
  matches: (path) => path.endsWith('/embeddings'),
  read,
  json,
};

function read(body: Json, tokenizer: Tokenizer, path: string): ModelRequest | string {
  if (typeof body['model'] !== 'string') return 'you must provide a model parameter';
  const inputs = promptsOf(body['input']);
  if (inputs.length === 0) return "'input' cannot be an empty string or array";
  return {
    ...PLAIN_REQUEST,
    model: body['model'],
    path,
    body,
    user: textOfPrompts(inputs),
    inputTokens: countPrompts(inputs, tokenizer),
  };
}

function json(generated: GeneratedResponse): SentResponse {
  const { body, inputTokens, model } = generated.request;
  const dimensions = Number(body['dimensions'] ?? (model.includes('3-large') ? 3072 : 1536));
  const isEncoded = body['encoding_format'] === 'base64';
  const usage: Response['usage'] & { cost?: number } = {
    prompt_tokens: inputTokens,
    total_tokens: inputTokens,
    ...proxyCost(generated.proxyCostUsd),
  };
  return {
    object: 'list',
    data: promptsOf(body['input']).map((input, index) => {
      const vector = vectorOf(JSON.stringify(input), dimensions);
      return {
        object: 'embedding',
        index,
        embedding: isEncoded ? Buffer.from(vector.buffer).toString('base64') : [...vector],
      };
    }),
    model: generated.model,
    usage,
  };
}

/** Returns a unit vector derived from the text: the same text returns the same vector. */
export function vectorOf(text: string, dimensions: number): Float32Array {
  const random = seededRandom(createHash('sha256').update(text).digest().readUInt32LE());
  const vector = Float32Array.from({ length: dimensions }, () => random() - 0.5);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
