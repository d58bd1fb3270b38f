import type OpenAI from 'openai';
import type { Piece, Tokenizer } from '../model/tokenizer.js';
import { openaiPlatform, STREAM_ERROR } from './openai-platform.js';
import { isTrue } from './openai-request.js';
import {
  namedEvent,
  NO_TEXT_FAULTS,
  PLAIN_REQUEST,
  type GeneratedResponse,
  type EmulatedApi,
  type Json,
  type ModelRequest,
  type StreamEvent,
} from '../model/emulated-api.js';

type Sent = OpenAI.ImagesResponse;
type Event = OpenAI.ImageGenStreamEvent | OpenAI.ImageEditStreamEvent;
type Completed = OpenAI.ImageGenCompletedEvent;

/** OpenAI Images: generations, edits and variations. DALL·E is billed by the image. Source: API reference, “Images” and “Image streaming”. */
export const openaiImages: EmulatedApi = {
  ...openaiPlatform,
  idPrefix: 'img-',
  // Filtered images are rejected requests.
  faultReplacements: { ...NO_TEXT_FAULTS, filter: 'blocked', refuse: 'blocked' },
  matches: (path) => /\/images\/(?:generations|edits|variations)$/.test(path),
  read,
  compose,
  json,
  events,
  streamError: () => namedEvent('error', { error: STREAM_ERROR }),
};

function isEdit(path: string): boolean {
  return path.endsWith('/images/edits');
}

/** An image of one pixel. */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';

function read(body: Json, tokenizer: Tokenizer, path: string): ModelRequest | string {
  const isVariation = path.endsWith('/variations');
  const prompt = isVariation ? '' : body['prompt'];
  if (typeof prompt !== 'string' || (prompt === '' && !isVariation))
    return "Missing required parameter: 'prompt'.";
  if ((isVariation || isEdit(path)) && inputImages(body) === 0) return "Missing required parameter: 'image'.";
  const model = typeof body['model'] === 'string' ? body['model'] : 'dall-e-2';
  const byImage = model.startsWith('dall-e');
  return {
    ...PLAIN_REQUEST,
    model,
    path,
    body,
    stream: isTrue(body['stream']),
    user: prompt,
    inputTokens: byImage ? 0 : tokenizer.count(prompt) + inputImages(body) * INPUT_IMAGE_TOKENS,
    units: byImage ? { images: imageCount(body) } : {},
  };
}

/** Tokens of an input image. The provider's count depends on the size and the requested fidelity. */
const INPUT_IMAGE_TOKENS = 323;

function imageCount(body: Json): number {
  return Number(body['n'] ?? 1);
}

/** Counts the input images. Forms send each as `image` or `image[]`. */
function inputImages(body: Json): number {
  const given = body['image'] ?? body['image[]'];
  return Array.isArray(given) ? given.length : given === undefined ? 0 : 1;
}

/** Output tokens of an image. Source: guide “Image generation”, “Cost and latency”. */
const OUTPUT_TOKENS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  '1024x1024': { low: 272, medium: 1056, high: 4160 },
  '1024x1536': { low: 408, medium: 1584, high: 6240 },
  '1536x1024': { low: 400, medium: 1568, high: 6208 },
};
/** Source: as above, “Partial images cost”. */
const PARTIAL_IMAGE_TOKENS = 100;

/** Composes the partial images, then the finished ones. */
function compose({ body, model, stream }: ModelRequest): readonly Piece[] {
  const { size, quality } = imageFormat(body);
  const tokens = model.startsWith('dall-e') ? 0 : OUTPUT_TOKENS[size]![quality]!;
  const partial = stream ? Number(body['partial_images'] ?? 0) : 0;
  return [
    ...Array.from({ length: partial }, () => ({ text: PNG, tokens: PARTIAL_IMAGE_TOKENS })),
    ...Array.from({ length: imageCount(body) }, () => ({ text: PNG, tokens })),
  ];
}

type Quality = 'low' | 'medium' | 'high';
type Size = '1024x1024' | '1024x1536' | '1536x1024';

function imageFormat(body: Json): { size: Size; quality: Quality } {
  const { size, quality } = body;
  return {
    size: typeof size === 'string' && size in OUTPUT_TOKENS ? (size as Size) : '1024x1024',
    quality: quality === 'low' || quality === 'high' ? quality : 'medium',
  };
}

function usage({ request, outputTokens }: GeneratedResponse): Completed['usage'] {
  const imageTokens = inputImages(request.body) * INPUT_IMAGE_TOKENS;
  return {
    input_tokens: request.inputTokens,
    input_tokens_details: { image_tokens: imageTokens, text_tokens: request.inputTokens - imageTokens },
    output_tokens: outputTokens,
    total_tokens: request.inputTokens + outputTokens,
  };
}

function json(generated: GeneratedResponse): Sent {
  const { request, created, pieces } = generated;
  if (request.model.startsWith('dall-e')) {
    const inUrl = request.body['response_format'] !== 'b64_json';
    return {
      created,
      data: pieces.map(({ text }) => (inUrl ? { url: `data:image/png;base64,${text}` } : { b64_json: text })),
    };
  }
  return {
    created,
    background: 'opaque',
    data: pieces.map(({ text }) => ({ b64_json: text })),
    output_format: 'png',
    ...imageFormat(request.body),
    usage: {
      ...usage(generated),
      output_tokens_details: { image_tokens: generated.outputTokens, text_tokens: 0 },
    },
  };
}

function* events(generated: GeneratedResponse): Iterable<StreamEvent> {
  const { request, created, pieces } = generated;
  const look = {
    background: 'opaque',
    created_at: created,
    output_format: 'png',
    ...imageFormat(request.body),
  } as const;
  const event = (data: Event, tokens: number): StreamEvent => ({ text: namedEvent(data.type, data), tokens });
  const partial = Number(request.body['partial_images'] ?? 0);
  const isAnEdit = isEdit(request.path);
  for (const [index, { text, tokens }] of pieces.entries()) {
    const image = { b64_json: text, ...look };
    if (index < partial) {
      const type = isAnEdit ? 'image_edit.partial_image' : 'image_generation.partial_image';
      yield event({ type, partial_image_index: index, ...image }, tokens);
    } else {
      const type = isAnEdit ? 'image_edit.completed' : 'image_generation.completed';
      yield event({ type, ...image, usage: usage(generated) }, tokens);
    }
  }
}
