import type { ModelRequest } from '../../exchanges/exchange.js';
import { readModelRequest, formatOf } from '../../exchanges/model-request.js';
import { requestStreamUsage } from './request-stream-usage.js';

const OPENAI = 'https://api.openai.com/v1/chat/completions';
const CHAT = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Say “hello”.' }], stream: true };

function ask(url: string, body: unknown, init: RequestInit = {}): RequestInit | null {
  const sent: RequestInit = { method: 'POST', body: body as string, ...init };
  const request = readModelRequest(formatOf(url)!, url, sent) as ModelRequest;
  return requestStreamUsage(request, url, sent);
}

describe('a request with include_usage added', () => {
  it.each([OPENAI, 'http://127.0.0.1:11434/v1/chat/completions'])('is otherwise unchanged (%s)', (url) => {
    const signal = new AbortController().signal;
    const init = { headers: { authorization: 'Bearer key' }, signal };
    // Numbers and escapes that a parser would write otherwise.
    const body =
      ' {"stream":true,"model":"gpt\\u002d4o","seed":12345678901234567890,"messages":[],"temperature":1.0} ';
    const asking = ask(url, body, init)!;
    expect(asking).toEqual({
      method: 'POST',
      ...init,
      body: body.replace('{', '{"stream_options":{"include_usage":true},'),
    });
    expect(asking.signal).toBe(signal);
    expect(JSON.parse(asking.body as string)).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it.each<[string, unknown, unknown]>([
    ['other options', { include_obfuscation: false }, { include_obfuscation: false, include_usage: true }],
    ['no options', {}, { include_usage: true }],
    ['null', null, { include_usage: true }],
  ])('keeps %s', (_, options, expected) => {
    const asking = ask(OPENAI, JSON.stringify({ ...CHAT, stream_options: options, n: 1 }))!;
    expect(JSON.parse(asking.body as string)).toEqual({ ...CHAT, stream_options: expected, n: 1 });
  });

  it('is changed if only its text mentions stream_options', () => {
    const body = {
      ...CHAT,
      tools: [{ type: 'function', function: { name: 'x', parameters: { stream_options: {} } } }],
    };
    expect(JSON.parse(ask(OPENAI, JSON.stringify(body))!.body as string)).toEqual({
      stream_options: { include_usage: true },
      ...body,
    });
  });
});

describe('a request stays unchanged if', () => {
  const chat = JSON.stringify(CHAT);
  const options = (value: unknown): string => JSON.stringify({ ...CHAT, stream_options: value });

  it.each<[string, string, unknown, RequestInit?]>([
    ['that asks itself', OPENAI, options({ include_usage: true })],
    ['that wants none', OPENAI, options({ include_usage: false })],
    ['with options that are none', OPENAI, options('all')],
    ['that a parser would change', OPENAI, `${options({}).slice(0, -1)},"seed":12345678901234567890}`],
    ['that is not streamed', OPENAI, JSON.stringify({ ...CHAT, stream: false })],
    ['of bytes', OPENAI, Buffer.from(chat)],
    ['to a provider that is not asked', 'https://api.mistral.ai/v1/chat/completions', chat],
    ['to Azure', 'https://x.openai.azure.com/openai/deployments/d/chat/completions', chat],
    ['in another format', 'https://api.openai.com/v1/responses', JSON.stringify({ ...CHAT, input: 'x' })],
    ['whose length is told', OPENAI, chat, { headers: { 'Content-Length': '99' } }],
    ['that is signed', OPENAI, chat, { headers: [['x-amz-content-sha256', 'e3b0c442']] }],
  ])('%s', (_, url, body, init = {}) => {
    expect(ask(url, body, init)).toBeNull();
  });
});
