import type OpenAI from 'openai';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import type { JsonObject } from '../json/json-value.js';
import { toUsage } from '../to-usage.js';
import { transcriptions } from './transcriptions.js';
import { NO_HEADERS } from '../headers.js';

type Event = OpenAI.Audio.TranscriptionStreamEvent;

// Shapes: types of openai 7 (`resources/audio/transcriptions`), values as in the API reference, “Create transcription”
// and “Transcription streaming events”.
const TOKENS: OpenAI.Audio.Transcription.Tokens = {
  type: 'tokens',
  input_tokens: 114,
  input_token_details: { text_tokens: 14, audio_tokens: 100 },
  output_tokens: 31,
  total_tokens: 145,
};
const TEXT = 'Imagine the wildest idea that you’ve ever had.';
const TRANSCRIPTION: OpenAI.Audio.Transcription = { text: TEXT, usage: TOKENS };
const VERBOSE: OpenAI.Audio.TranscriptionVerbose = {
  language: 'english',
  duration: 8.47,
  text: TEXT,
  usage: { type: 'duration', seconds: 9 },
};

const delta = (text: string): Event => ({ type: 'transcript.text.delta', delta: text });

function readBody(body: unknown): ResponseDraft {
  const response = emptyResponse();
  transcriptions.readResponse(body as JsonObject, response);
  return response;
}

function readEvents(events: readonly unknown[]): ResponseDraft {
  const response = emptyResponse();
  for (const event of events)
    transcriptions.readEvent(typeof event === 'string' ? event : JSON.stringify(event), response, null);
  return response;
}

describe('OpenAI transcriptions', () => {
  it('reads audio and text tokens', () => {
    const response = readBody(TRANSCRIPTION);
    expect(response).toMatchObject({ complete: true, error: null, finish: null });
    expect(toUsage(response, true, () => null)).toMatchObject({
      inputTokens: 114,
      audioInputTokens: 100,
      outputTokens: 31,
      audioSeconds: 0,
      clamped: false,
      source: 'provider',
    });
  });

  it('reads the billed seconds', () => {
    expect(toUsage(readBody(VERBOSE), true, () => null)).toMatchObject({
      inputTokens: 0,
      outputTokens: 0,
      audioSeconds: 9,
      source: 'provider',
    });
  });

  it('reports missing usage if the response has none', () => {
    const NO_SECONDS = { text: TEXT, usage: { type: 'duration' } };
    for (const body of [
      { text: TEXT },
      { text: TEXT, usage: null },
      { text: TEXT, usage: 'much' },
      NO_SECONDS,
    ]) {
      const response = readBody(body);
      expect(toUsage(response, true, () => transcriptions.inputBytes({ prompt: 'x' })).source).toBe(
        'missing',
      );
    }
  });

  it.each([
    ['without spaces', (value: unknown) => JSON.stringify(value)],
    ['with spaces', (value: unknown) => JSON.stringify(value, null, 1).replaceAll(/\n\s*/g, ' ')],
  ])('reads the usage of the last event of a stream (%s)', (_, write) => {
    const done: Event = { type: 'transcript.text.done', text: TEXT, usage: TOKENS };
    const begun = readEvents([delta('Imagine'), delta(' “ä”')].map(write));
    expect(begun).toMatchObject({ outputChunks: 2, outputBytes: 7 + 9, complete: false });
    const response = readEvents([delta('Imagine'), delta(' “ä”'), done].map(write));
    expect(response.complete).toBe(true);
    expect(toUsage(response, true, () => null)).toMatchObject({ inputTokens: 114, outputTokens: 31 });
  });

  it('does not count diarized segments as output again', () => {
    const segment: Event = {
      type: 'transcript.text.segment',
      id: 'seg_1',
      start: 0,
      end: 4.7,
      speaker: 'A',
      text: 'Imagine',
    };
    expect(readEvents([delta('Imagine'), segment])).toEqual(readEvents([delta('Imagine')]));
  });

  it('reads an error of the body or of an event', () => {
    const error: OpenAI.ErrorObject = { message: 'Bad file.', type: 'server_error', param: null, code: null };
    for (const response of [readBody({ error }), readEvents([delta('x'), { type: 'error', error }])])
      expect(response).toMatchObject({ error: { type: 'server_error' }, complete: false });
  });

  it.each(['', 'null', '[]', '{"cut', '{}', '{"usage":[]}'])('ignores the event %j', (data) => {
    expect(readEvents([delta('x'), data])).toEqual(readEvents([delta('x')]));
  });

  it('recognizes requests by their form fields', () => {
    expect(transcriptions.accepts(new Set(['file', 'model']), '')).toBe(true);
    expect(transcriptions.accepts(new Set(['file']), '')).toBe(false);
    const body = { model: 'gpt-4o-transcribe', stream: true, temperature: 0.5 };
    expect(transcriptions.readRequest(body, '/v1/audio/transcriptions', NO_HEADERS)).toEqual(body);
  });
});

describe('transcriptions of Mistral and Groq', () => {
  const USAGE = { prompt_audio_seconds: 203, prompt_tokens: 4, total_tokens: 3264, completion_tokens: 635 };
  const DONE = { type: 'transcription.done', model: 'voxtral-mini-2602', text: 'Hé', usage: USAGE };

  it('are billed by the length of the audio, in the usage or beside the text', () => {
    const counts = { inputTokens: 0, outputTokens: 0, source: 'provider' };
    const mistral = readBody({ model: 'voxtral-mini-2602', text: 'Hé', usage: USAGE });
    expect(mistral.model).toBe('voxtral-mini-2602');
    expect(toUsage(mistral, true, () => null)).toMatchObject({ ...counts, audioSeconds: 203 });
    const groq = readBody({ task: 'transcribe', duration: 8.47, text: 'Hé', x_groq: { id: 'req_1' } });
    expect(toUsage(groq, true, () => null)).toMatchObject({ ...counts, audioSeconds: 8.47 });
    expect(readBody({ text: 'Hé', duration: 8.47, usage: TOKENS }).usage.audioSeconds).toBe(0);
  });

  it('are streamed', () => {
    const text = { type: 'transcription.text.delta', text: 'Hé' };
    const response = readEvents([text, JSON.stringify(text, null, 1), DONE]);
    expect(response).toMatchObject({ complete: true, outputBytes: 6, usage: { audioSeconds: 203 } });
    const content = transcriptions.content!(1000);
    for (const event of [text, DONE]) content.readEvent(event);
    expect(content.output()).toMatchObject([{ parts: [{ type: 'text', content: 'Hé' }] }]);
  });

  it.each(['file', 'url', 'file_url', 'file_id'])('have their audio in %s', (name) => {
    expect(transcriptions.accepts(new Set(['model', name]), '')).toBe(true);
    expect(transcriptions.accepts(new Set([name]), '')).toBe(false);
  });
});
