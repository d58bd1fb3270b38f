import type OpenAI from 'openai';
import { completionText } from '../model/completion-text.js';
import {
  dataEvent,
  type EmulatedApi,
  fullText,
  type GeneratedResponse,
  type Json,
  type ModelRequest,
  NO_TEXT_FAULTS,
  PLAIN_REQUEST,
  type StreamEvent,
  type UploadedFile,
} from '../model/emulated-api.js';
import type { Piece, Tokenizer } from '../model/tokenizer.js';
import { openaiPlatform, STREAM_ERROR } from './openai-platform.js';
import { isTrue } from './openai-request.js';

type Transcription = OpenAI.Audio.Transcription;
type Verbose = OpenAI.Audio.TranscriptionVerbose;
type Event = OpenAI.Audio.TranscriptionStreamEvent;
type Tokens = OpenAI.Audio.TranscriptionTextDoneEvent['usage'];

/**
 * OpenAI Audio: transcriptions and translations. `whisper-1` is billed by the second, other models by tokens.
 * Source: API reference, “Create transcription”, “Create translation” and “Transcription streaming”.
 */
export const openaiTranscriptions: EmulatedApi = {
  ...openaiPlatform,
  idPrefix: 'trsc-',
  // A transcript can be empty.
  faultReplacements: { ...NO_TEXT_FAULTS, empty: 'empty' },
  matches: (path) => path.endsWith('/audio/transcriptions') || path.endsWith('/audio/translations'),
  read,
  compose,
  json,
  events,
  streamError: () => dataEvent({ type: 'error', error: STREAM_ERROR }),
};

/** Assumed bit rate of audio: 128 kbit/s, as in most MP3 files. */
const BYTES_PER_SECOND = 16_000;
/** Source: example responses in the API reference, about ten tokens per second. */
const AUDIO_TOKENS_PER_SECOND = 10;

function read(body: Json, tokenizer: Tokenizer, path: string): ModelRequest | string {
  if (typeof body['model'] !== 'string') return 'you must provide a model parameter';
  const file = body['file'] as UploadedFile | undefined;
  if (typeof file !== 'object' || typeof file.size !== 'number') return "Missing required parameter: 'file'.";
  const prompt = typeof body['prompt'] === 'string' ? body['prompt'] : '';
  const seconds = Math.max(1, Math.ceil(file.size / BYTES_PER_SECOND));
  const bySeconds = isBySeconds(body['model']);
  return {
    ...PLAIN_REQUEST,
    model: body['model'],
    path,
    body,
    // `whisper-1` ignores `stream`.
    stream: isTrue(body['stream']) && !bySeconds,
    user: prompt,
    inputTokens: bySeconds ? 0 : seconds * AUDIO_TOKENS_PER_SECOND + tokenizer.count(prompt),
    audioInputTokens: bySeconds ? 0 : seconds * AUDIO_TOKENS_PER_SECOND,
    units: bySeconds ? { audioSeconds: seconds } : {},
  };
}

function isBySeconds(model: string): boolean {
  return model.startsWith('whisper');
}

/** Composes a transcript from the file's name and size. */
function compose({ body, model }: ModelRequest, tokenizer: Tokenizer): readonly Piece[] {
  const { name, size } = body['file'] as UploadedFile;
  const pieces = tokenizer.pieces(completionText({ system: '', user: `${name}, ${size} bytes` }), Infinity);
  return isBySeconds(model) ? pieces.map(({ text }) => ({ text, tokens: 0 })) : pieces;
}

function tokens({ request, outputTokens }: GeneratedResponse): NonNullable<Tokens> {
  const { audioInputTokens: audio } = request;
  return {
    type: 'tokens',
    input_tokens: request.inputTokens,
    input_token_details: { audio_tokens: audio, text_tokens: request.inputTokens - audio },
    output_tokens: outputTokens,
    total_tokens: request.inputTokens + outputTokens,
  };
}

function json(generated: GeneratedResponse): Transcription | Verbose | string {
  const { body, model, units } = generated.request;
  const { audioSeconds = 0 } = units;
  const text = fullText(generated);
  const duration = { type: 'duration', seconds: audioSeconds } as const;
  switch (body['response_format']) {
    case 'text':
      return `${text}\n`;
    case 'srt':
      return `1\n00:00:00,000 --> ${timestamp(audioSeconds, ',')}\n${text}\n`;
    case 'vtt':
      return `WEBVTT\n\n00:00:00.000 --> ${timestamp(audioSeconds, '.')}\n${text}\n`;
    case 'verbose_json':
      return { duration: audioSeconds, language: 'english', text, segments: [], usage: duration };
    default:
      return { text, usage: isBySeconds(model) ? duration : tokens(generated) };
  }
}

function timestamp(seconds: number, point: string): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}${point}000`;
}

function* events(generated: GeneratedResponse): Iterable<StreamEvent> {
  const event = (data: Event, spent = 0): StreamEvent => ({ text: dataEvent(data), tokens: spent });
  for (const piece of generated.pieces)
    yield event({ type: 'transcript.text.delta', delta: piece.text }, piece.tokens);
  yield event({ type: 'transcript.text.done', text: fullText(generated), usage: tokens(generated) });
}
