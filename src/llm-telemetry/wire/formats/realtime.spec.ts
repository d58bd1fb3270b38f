import type { RealtimeResponse, RealtimeServerEvent } from 'openai/resources/realtime/realtime';
import { NO_HEADERS } from '../headers.js';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import { toUsage } from '../to-usage.js';
import { realtime } from './realtime.js';

const URL = 'https://api.openai.com/v1/realtime';

/** Shapes: types of openai 7 (`resources/realtime`). */
function read(...events: ReadonlyArray<Partial<RealtimeServerEvent> & { type: string }>): ResponseDraft {
  const response = emptyResponse();
  for (const event of events) realtime.readEvent(JSON.stringify(event), response, null);
  return response;
}

function done(response: RealtimeResponse): Partial<RealtimeServerEvent> & { type: string } {
  return { type: 'response.done', event_id: 'e', response: { id: 'resp_1', ...response } };
}

describe('Realtime', () => {
  it('reads the parameters of a response', () => {
    const read = (body: object): object => realtime.readRequest(body as never, URL, NO_HEADERS);
    expect(
      read({ model: 'gpt-realtime', max_output_tokens: 200, output_modalities: ['audio'] }),
    ).toMatchObject({ model: 'gpt-realtime', stream: true, maxTokens: 200, outputType: 'speech' });
    expect(
      read({ model: 'gpt-realtime', max_output_tokens: 'inf', output_modalities: ['text'] }),
    ).toMatchObject({
      maxTokens: undefined,
      outputType: undefined,
    });
  });

  it('estimates no input, which is the conversation at the provider', () => {
    expect(realtime.inputBytes({})).toBeNull();
    expect(realtime.matches('/v1/realtime')).toBe(true);
    expect(realtime.accepts({ has: () => false }, URL)).toBe(true);
    const response = emptyResponse();
    realtime.readResponse({}, response);
    expect(response).toEqual(emptyResponse());
  });

  it('separates text, audio and images, cached ones too', () => {
    const response = read(
      done({
        status: 'completed',
        output: [{ type: 'message', role: 'assistant', content: [] }],
        usage: {
          input_tokens: 400,
          output_tokens: 120,
          total_tokens: 520,
          input_token_details: {
            text_tokens: 100,
            audio_tokens: 200,
            image_tokens: 100,
            cached_tokens: 180,
            cached_tokens_details: { text_tokens: 50, audio_tokens: 100, image_tokens: 30 },
          },
          output_token_details: { text_tokens: 20, audio_tokens: 100 },
        },
      }),
    );
    expect(response).toMatchObject({
      id: 'resp_1',
      finish: 'stop',
      finishReasons: ['completed'],
      complete: true,
    });
    expect(toUsage(response, true, () => null)).toMatchObject({
      inputTokens: 400,
      cachedInputTokens: 50,
      cachedAudioInputTokens: 100,
      cachedImageInputTokens: 30,
      audioInputTokens: 100,
      imageInputTokens: 70,
      outputTokens: 120,
      audioOutputTokens: 100,
      clamped: false,
      source: 'provider',
    });
  });

  it('measures deltas of text and transcripts, but not of audio', () => {
    const response = read(
      { type: 'response.created', response: { id: 'resp_1' } },
      { type: 'response.output_audio.delta', delta: 'UklGRg==' },
      { type: 'response.output_audio_transcript.delta', delta: 'Hello' },
      { type: 'response.output_text.delta', delta: 'abc' },
    );
    expect(response).toMatchObject({ id: 'resp_1', outputChunks: 3, outputBytes: 8, hasContent: true });
  });

  it.each<[RealtimeResponse, string]>([
    [{ status: 'incomplete', status_details: { reason: 'max_output_tokens' } }, 'length'],
    [{ status: 'incomplete', status_details: { reason: 'content_filter' } }, 'content_filter'],
    [{ status: 'cancelled', status_details: { reason: 'turn_detected' } }, 'cancelled'],
    [{ status: 'cancelled' }, 'cancelled'],
    [{ status: 'completed', output: [{ type: 'function_call', name: 'f', arguments: '{}' }] }, 'tool_calls'],
    [{}, 'stop'],
  ])('maps %j to a finish reason', (response, finish) => {
    expect(read(done(response))).toMatchObject({ finish, complete: true });
  });

  it('reads a failed response and an error of the session', () => {
    const error = { type: 'server_error', code: 'rate_limit_exceeded' };
    expect(read(done({ status: 'failed', status_details: { type: 'failed', error } }))).toMatchObject({
      error: { code: 'rate_limit_exceeded' },
      finish: 'error',
      complete: false,
    });
    expect(
      read({ type: 'error', error: { type: 'invalid_request_error', code: 'x', message: 'm' } } as never),
    ).toMatchObject({ error: { code: 'x', type: 'invalid_request_error' } });
  });

  it('ignores other events and what is not an event', () => {
    const response = emptyResponse();
    for (const data of ['{}', '[]', 'x', '{"type":"rate_limits.updated"}', '{"type":"response.done"}'])
      realtime.readEvent(data, response, null);
    expect(response).toEqual(emptyResponse());
  });
});
