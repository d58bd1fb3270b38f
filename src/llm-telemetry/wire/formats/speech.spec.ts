import { NO_HEADERS } from '../headers.js';
import type { JsonObject } from '../json/json-value.js';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import { framingOf } from '../streams/framing.js';
import { toUsage } from '../to-usage.js';
import { speech } from './speech.js';

function spoken(request: JsonObject): ResponseDraft {
  const response = emptyResponse();
  speech.readRequestUsage!(request, response);
  return response;
}

describe('OpenAI speech', () => {
  it('counts the characters of models that are billed by them', () => {
    const { usage } = spoken({ model: 'tts-1', input: 'Grüße 👋' });
    expect(usage).toMatchObject({ inputTokens: 0, outputTokens: 0, spokenCharacters: 7 });
  });

  it('does not know the tokens of audio', () => {
    const response = spoken({ model: 'gpt-4o-mini-tts', input: 'Hello' });
    expect(toUsage(response, false, () => speech.inputBytes({}))).toMatchObject({
      source: 'missing',
      spokenCharacters: 0,
    });
  });

  // Source: OpenAI API reference, “speech.audio.done”.
  it('reads the usage of a stream', () => {
    const response = emptyResponse();
    speech.readEvent('{"type":"speech.audio.delta","audio":"base64"}', response, null);
    expect(response).toMatchObject({ outputChunks: 1, complete: false });
    const usage = { input_tokens: 14, output_tokens: 101, total_tokens: 115 };
    speech.readEvent(JSON.stringify({ type: 'speech.audio.done', usage }), response, null);
    speech.readRequestUsage!({ model: 'tts-1', input: 'x' }, response);
    expect(response).toMatchObject({ complete: true, hasContent: true });
    expect(response.usage).toMatchObject({ inputTokens: 14, outputTokens: 101, spokenCharacters: 0 });
  });

  it('reads errors of responses and of streams', () => {
    const response = emptyResponse();
    speech.readResponse({ error: { type: 'invalid_request_error' } }, response);
    expect(response.error).toMatchObject({ type: 'invalid_request_error' });
    const streamed = emptyResponse();
    speech.readEvent('{"type":"error","code":"server_error"}', streamed, null);
    expect(streamed.error).toMatchObject({ code: 'server_error' });
  });

  it('reads the request', () => {
    expect(speech.readRequest({ model: 'tts-1', stream_format: 'sse' }, '', NO_HEADERS)).toEqual({
      model: 'tts-1',
      stream: true,
      outputType: 'speech',
    });
  });

  it.each([
    ['audio/mpeg', 'binary'],
    ['application/octet-stream', 'binary'],
    [null, 'binary'],
    ['application/json; charset=utf-8', 'json'],
    ['application/problem+json', 'json'],
    ['text/plain', 'json'],
    ['text/event-stream', 'sse'],
  ])('reads a response of the type %s as %s', (contentType, framing) => {
    expect(framingOf(contentType, true)).toBe(framing);
  });

  it('does not read audio of other APIs as binary', () => {
    expect(framingOf('audio/mpeg')).toBe('json');
  });
});
