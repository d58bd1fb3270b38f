import {
  dataEvent,
  NO_TEXT_FAULTS,
  PLAIN_REQUEST,
  type EmulatedApi,
  type GeneratedResponse,
  type ModelRequest,
  type StreamEvent,
} from '../model/emulated-api.js';
import type { Piece } from '../model/tokenizer.js';
import { openaiPlatform, STREAM_ERROR } from './openai-platform.js';

/**
 * OpenAI speech: audio, or a stream of events. `tts-1` models are billed by characters, other models by tokens.
 * Source: OpenAI API reference, “Create speech”, “speech.audio.delta” and “speech.audio.done”.
 */
export const openaiSpeech: EmulatedApi = {
  ...openaiPlatform,
  idPrefix: 'speech-',
  faultReplacements: NO_TEXT_FAULTS,
  matches: (path) => path.endsWith('/audio/speech'),
  read(body, tokenizer, path) {
    const { model, input } = body;
    if (typeof model !== 'string') return 'you must provide a model parameter';
    if (typeof input !== 'string' || input === '') return "Missing required parameter: 'input'.";
    // Characters, not UTF-16 code units.
    const characters = Array.from(input).length;
    const byCharacters = isByCharacters(model);
    return {
      ...PLAIN_REQUEST,
      model,
      path,
      body,
      // `tts-1` models have no events.
      stream: body['stream_format'] === 'sse' && !byCharacters,
      user: input,
      inputTokens: byCharacters ? 0 : tokenizer.count(input),
      units: byCharacters ? { spokenCharacters: characters } : {},
    };
  },
  compose,
  json: ({ pieces }) => Buffer.concat(pieces.map(({ text }) => Buffer.from(text, 'base64'))),
  jsonHeaders: () => ({ 'content-type': 'audio/mpeg' }),
  events,
  streamError: () => dataEvent({ type: 'error', error: STREAM_ERROR }),
};

function isByCharacters(model: string): boolean {
  return model.startsWith('tts-');
}

/** Audio tokens of a word. The provider's count depends on the voice. */
const TOKENS_PER_WORD = 7;
const AUDIO = Buffer.alloc(48, 0xff).toString('base64');

/** Composes audio: one piece for each word. */
function compose({ user, model }: ModelRequest): readonly Piece[] {
  const tokens = isByCharacters(model) ? 0 : TOKENS_PER_WORD;
  return user.split(/\s+/).map(() => ({ text: AUDIO, tokens }));
}

function* events({ pieces, request, outputTokens }: GeneratedResponse): Iterable<StreamEvent> {
  for (const { text, tokens } of pieces)
    yield { text: dataEvent({ type: 'speech.audio.delta', audio: text }), tokens };
  const usage = {
    input_tokens: request.inputTokens,
    output_tokens: outputTokens,
    total_tokens: request.inputTokens + outputTokens,
  };
  yield { text: dataEvent({ type: 'speech.audio.done', usage }), tokens: 0 };
}
