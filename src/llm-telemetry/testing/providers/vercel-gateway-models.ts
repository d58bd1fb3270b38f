import {
  fullText,
  PLAIN_REQUEST,
  WITHOUT_TEXT,
  type BilledUnits,
  type EmulatedApi,
  type GeneratedResponse,
  type Json,
} from '../model/emulated-api.js';
import { completionText } from '../model/completion-text.js';
import type { Piece, Tokenizer } from '../model/tokenizer.js';
import { vectorOf } from './openai-embeddings.js';
import { countTexts } from './other-platform.js';
import { gatewayMetadata, vercel } from './vercel-gateway.js';

/** Responses of the models. A test compares them with the types of the AI SDK. */
export interface SentGatewayEmbeddings {
  readonly embeddings: number[][];
  readonly usage: { readonly tokens: number };
}

export interface SentGatewayImages {
  readonly images: string[];
  readonly usage: {
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly totalTokens: number;
  };
}

export interface SentGatewayRanking {
  readonly ranking: Array<{ index: number; relevanceScore: number }>;
}

export interface SentGatewaySpeech {
  readonly audio: string;
}

export interface SentGatewayTranscript {
  readonly text: string;
  readonly segments: Array<{ text: string; startSecond: number; endSecond: number }>;
  readonly language: string;
  readonly durationInSeconds: number;
}

interface GatewayModel {
  /** Member that a request must have. */
  readonly key: string;
  inputTokens?(body: Json, tokenizer: Tokenizer): number;
  unitsOf?(body: Json): Partial<BilledUnits>;
  compose?(body: Json, tokenizer: Tokenizer): readonly Piece[];
  json(generated: GeneratedResponse): object;
}

/**
 * Models of the Vercel AI Gateway other than language models. The model is a header. Source: source of @ai-sdk/gateway 4
 * (`GatewayEmbeddingModel` and its neighbors).
 */
function gatewayModel(kind: string, { key, inputTokens, unitsOf, compose, json }: GatewayModel): EmulatedApi {
  return {
    ...vercel,
    ...WITHOUT_TEXT,
    idPrefix: 'gen_',
    matches: (path) => path.endsWith(`/${kind}-model`),
    read(body, tokenizer, path, headers) {
      const model = headers['ai-model-id'];
      if (typeof model !== 'string' || body[key] === undefined)
        return `Invalid request: model and ${key} are required`;
      return {
        ...PLAIN_REQUEST,
        model,
        path,
        body,
        user: [body[key]]
          .flat()
          .filter((part) => typeof part === 'string')
          .join('\n'),
        inputTokens: inputTokens?.(body, tokenizer) ?? 0,
        units: unitsOf?.(body) ?? {},
      };
    },
    compose: ({ body }, tokenizer) => compose?.(body, tokenizer) ?? [],
    json: (generated) => ({
      ...json(generated),
      warnings: [],
      providerMetadata: gatewayMetadata(generated),
    }),
  };
}

/** Source: OpenAI guide “Image generation”: an image of 1024×1024 in medium quality. */
const IMAGE_TOKENS = 1056;
/** Assumed bit rate of audio: 128 kbit/s, as in most MP3 files. */
const BYTES_PER_SECOND = 16_000;
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

function textsOf(body: Json, key: string): readonly string[] {
  return [body[key]].flat().map((text) => (typeof text === 'string' ? text : JSON.stringify(text)));
}

function secondsOf({ audio }: Json): number {
  return Math.max(1, Math.ceil(Buffer.byteLength(String(audio), 'base64') / BYTES_PER_SECOND));
}

export const vercelModels: readonly EmulatedApi[] = [
  gatewayModel('embedding', {
    key: 'values',
    inputTokens: (body, tokenizer) => countTexts(textsOf(body, 'values'), tokenizer),
    json: ({ request: { body, inputTokens } }): SentGatewayEmbeddings => ({
      embeddings: textsOf(body, 'values').map((text) => [
        ...vectorOf(text, Number(body['dimensions'] ?? 256)),
      ]),
      usage: { tokens: inputTokens },
    }),
  }),
  gatewayModel('image', {
    key: 'prompt',
    inputTokens: (body, tokenizer) => countTexts([body['prompt']], tokenizer),
    compose: ({ n }) => Array.from({ length: Number(n ?? 1) }, () => ({ text: PIXEL, tokens: IMAGE_TOKENS })),
    json: ({ pieces, outputTokens, request: { inputTokens } }): SentGatewayImages => ({
      images: pieces.map(({ text }) => text),
      usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens },
    }),
  }),
  gatewayModel('reranking', {
    key: 'query',
    json: ({ request: { body } }): SentGatewayRanking => {
      const { values } = body['documents'] as { values: readonly unknown[] };
      const ranking = values.map((_, index) => ({ index, relevanceScore: 1 / (index + 1) }));
      return { ranking: ranking.slice(0, Number(body['topN'] ?? Infinity)) };
    },
  }),
  gatewayModel('speech', {
    key: 'text',
    json: (): SentGatewaySpeech => ({ audio: Buffer.alloc(48).toString('base64') }),
  }),
  gatewayModel('transcription', {
    key: 'audio',
    unitsOf: (body) => ({ audioSeconds: secondsOf(body) }),
    compose: (body, tokenizer) =>
      tokenizer
        .pieces(completionText({ system: '', user: `${secondsOf(body)} seconds` }), Infinity)
        .map(({ text }) => ({ text, tokens: 0 })),
    json: (generated): SentGatewayTranscript => {
      const text = fullText(generated);
      const { audioSeconds = 0 } = generated.request.units;
      return {
        text,
        segments: [{ text, startSecond: 0, endSecond: audioSeconds }],
        language: 'en',
        durationInSeconds: audioSeconds,
      };
    },
  }),
];
