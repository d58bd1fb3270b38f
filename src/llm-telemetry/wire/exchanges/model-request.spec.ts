import '../../../../test/support/loaded-wire.js';
import { formatOfPath } from './known-formats.js';
import { LOOK_ALIKE, plainUrl, readModelRequest } from './model-request.js';

const OPENAI = 'https://api.openai.com/v1/chat/completions';
const VIDEOS = 'https://api.openai.com/v1/videos';

function read(url: string, init: RequestInit): ReturnType<typeof readModelRequest> {
  return readModelRequest(formatOfPath(url)!, url, { method: 'POST', ...init });
}

describe('a request whose body cannot be read', () => {
  const body = (): ReadableStream => new ReadableStream();

  it.each<[string, string, Record<string, string>]>([
    ['a bearer token', OPENAI, { authorization: 'Bearer k' }],
    ['the key of Azure', 'https://r.openai.azure.com/openai/v1/chat/completions', { 'api-key': 'k' }],
    ['the key of Anthropic', 'https://api.anthropic.com/v1/messages', { 'x-api-key': 'k' }],
    [
      'the key of Google',
      'https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent',
      { 'x-goog-api-key': 'k' },
    ],
    [
      'a signature of AWS',
      'https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.nova-lite-v1%3A0/converse',
      { authorization: 'AWS4-HMAC-SHA256 Credential=A/20261130/us-east-1/bedrock/aws4_request' },
    ],
  ])('is a model request if its host is known and it has %s', (_, url, headers) => {
    expect(read(url, { headers, body: body() })).toMatchObject({ body: null });
    expect(read(url, { body: body() })).toBeNull();
  });

  it('is no model request if its host is unknown', () => {
    const headers = { authorization: 'Bearer k' };
    expect(read('https://llm.internal/v1/chat/completions', { headers, body: body() })).toBeNull();
  });
});

describe('a multipart form that is sent as text', () => {
  const form = '--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nsora-2\r\n--b--\r\n';
  const headers = { authorization: 'Bearer k', 'content-type': 'multipart/form-data; boundary=b' };

  it('is a model request without parameters if its host is known', () => {
    expect(read(VIDEOS, { headers, body: form })).toMatchObject({
      provider: 'openai',
      parameters: { model: null },
      body: null,
    });
  });

  it('is no model request if its host is unknown', () => {
    expect(read('https://mail.example.org/v1/videos', { headers, body: form })).toBe(LOOK_ALIKE);
  });
});

describe('a file that is sent as it is', () => {
  const WHISPER = 'https://api.cloudflare.com/client/v4/accounts/a/ai/run/@cf/openai/whisper';
  const authorization = 'Bearer k';
  const audio = Uint8Array.of(73, 68, 51, 4, 255);

  it.each<Record<string, string>>([{ authorization }, { authorization, 'content-type': 'audio/mpeg' }])(
    'is a model request if its host is known: %j',
    (headers) => {
      expect(read(WHISPER, { headers, body: audio })).toMatchObject({
        format: { operation: 'transcription' },
        parameters: { model: '@cf/openai/whisper' },
        body: null,
      });
    },
  );

  it('is no model request if its host is unknown, or if it is JSON', () => {
    const headers = { authorization };
    const body = '{"from":"a"}';
    expect(read('https://mail.example.org/v1/messages', { headers, body: audio })).toBe(LOOK_ALIKE);
    expect(read('https://api.anthropic.com/v1/messages', { headers, body })).toBe(LOOK_ALIKE);
  });
});

describe('the URL of a request', () => {
  const body = JSON.stringify({ messages: [] });

  it('can have a dot after the host and a slash at the end', () => {
    const url = 'https://eu.api.openai.com./v1/chat/completions/?x=1#y';
    expect(plainUrl(url)).toBe('https://eu.api.openai.com./v1/chat/completions');
    expect(readModelRequest(formatOfPath(OPENAI)!, url, { method: 'POST', body })).toMatchObject({
      provider: 'openai',
      host: 'eu.api.openai.com',
      place: 'eu',
    });
  });

  it('names the deployment if the body names no model', () => {
    const url = 'https://r.openai.azure.com/openai/deployments/my-gpt/chat/completions';
    expect(read(url, { body })).toMatchObject({ parameters: { model: 'my-gpt' } });
    const named = JSON.stringify({ messages: [], model: 'gpt-4o' });
    expect(read(url, { body: named })).toMatchObject({ parameters: { model: 'gpt-4o' } });
  });
});
