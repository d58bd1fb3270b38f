import {
  fullText,
  PLAIN_REQUEST,
  WITHOUT_TEXT,
  type EmulatedApi,
  type GeneratedResponse,
  type Json,
  type ModelRequest,
} from '../model/emulated-api.js';
import { completionText } from '../model/completion-text.js';
import type { Tokenizer } from '../model/tokenizer.js';
import { envelope, PATH, workersAi } from './cloudflare-workers-ai.js';
import { countTexts } from './other-platform.js';

/** Assumed bit rate of audio: 128 kbit/s, as in most MP3 files. */
const BYTES_PER_SECOND = 16_000;
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** What tells the models of a task apart. */
interface Task {
  readonly models: RegExp;
  /** Members of which a request must have one. */
  readonly members: readonly string[];
  /** Quantities and tokens that are billed. */
  usageOf?(body: Json, tokenizer: Tokenizer): Partial<ModelRequest>;
  compose?: EmulatedApi['compose'];
  json: EmulatedApi['json'];
  jsonHeaders?: EmulatedApi['jsonHeaders'];
}

/**
 * Models of Workers AI other than language models. Sources: types of @cloudflare/workers-types 4 (`AiModels`);
 * https://developers.cloudflare.com/workers-ai/platform/pricing/.
 */
function workersAiTask({ models, members, usageOf, ...rest }: Task): EmulatedApi {
  return {
    ...workersAi,
    ...WITHOUT_TEXT,
    idPrefix: '',
    matches: (path, _, body) => models.test(path) && PATH.test(path) && members.some((name) => name in body),
    read: (body, tokenizer, path) => ({
      ...PLAIN_REQUEST,
      model: PATH.exec(path)![1]!,
      path,
      body,
      user: members.flatMap((name) => textsIn(body[name])).join('\n'),
      inputTokens: 0,
      ...usageOf?.(body, tokenizer),
    }),
    ...rest,
  };
}

/** Returns texts, which are also members of contexts. */
function textsIn(value: unknown): readonly string[] {
  return [value].flat().flatMap((item: unknown) => {
    const text = typeof item === 'object' && item !== null ? (item as Json)['text'] : item;
    return typeof text === 'string' ? [text] : [];
  });
}

function secondsOf({ audio }: Json): number {
  return Math.max(1, Math.ceil(Buffer.byteLength(String(audio), 'base64') / BYTES_PER_SECOND));
}

const transcribe: EmulatedApi['compose'] = ({ body }, tokenizer) =>
  tokenizer
    .pieces(completionText({ system: '', user: `${secondsOf(body)} seconds` }), Infinity)
    .map(({ text }) => ({ text, tokens: 0 }));

function rankingOf({ request: { body } }: GeneratedResponse): object {
  const ranking = (body['contexts'] as unknown[]).map((_, id) => ({ id, score: 1 / (id + 1) }));
  return envelope({ response: ranking.slice(0, Number(body['top_k'] ?? Infinity)) });
}

const EMBEDDED = ['text', 'queries', 'documents'];

export const workersAiModels: readonly EmulatedApi[] = [
  workersAiTask({
    models: /\/flux-|\/lucid-origin/,
    members: ['prompt'],
    json: () => envelope({ image: PIXEL.toString('base64') }),
  }),
  workersAiTask({
    models: /stable-diffusion|dreamshaper|\/phoenix/,
    members: ['prompt'],
    json: () => PIXEL,
    jsonHeaders: () => ({ 'content-type': 'image/png' }),
  }),
  workersAiTask({
    models: /\/whisper-large/,
    members: ['audio'],
    usageOf: (body) => ({ units: { audioSeconds: secondsOf(body) } }),
    compose: transcribe,
    json: (generated) => {
      const { audioSeconds: duration } = generated.request.units;
      const info = { language: 'en', language_probability: 1, duration, duration_after_vad: duration };
      return envelope({ transcription_info: info, text: fullText(generated), word_count: 1, segments: [] });
    },
  }),
  workersAiTask({
    models: /\/deepgram\/aura-/,
    members: ['text'],
    usageOf: ({ text }) => ({ units: { spokenCharacters: Array.from(String(text)).length } }),
    json: () => Buffer.alloc(48),
    jsonHeaders: () => ({ 'content-type': 'audio/mpeg' }),
  }),
  workersAiTask({
    models: /\/melotts/,
    members: ['prompt'],
    json: () => envelope({ audio: Buffer.alloc(48).toString('base64') }),
  }),
  workersAiTask({ models: /\/bge-(?:reranker|m3)/, members: ['query'], json: rankingOf }),
  workersAiTask({
    models: /\/bge-|embedding/,
    members: EMBEDDED,
    usageOf: (body, tokenizer) => ({
      inputTokens: countTexts(
        EMBEDDED.flatMap((member) => textsIn(body[member])),
        tokenizer,
      ),
    }),
    json: ({ request: { body } }) => {
      const texts = EMBEDDED.flatMap((member) => textsIn(body[member]));
      const data = texts.map((_, index) => [index / 10, 0.5]);
      return envelope({ shape: [texts.length, 2], data, pooling: 'cls' });
    },
  }),
];
