import '../../../../../test/support/loaded-wire.js';
import { HostProviders } from '../../dialects/host-providers.js';
import type { ModelRequest } from '../../exchanges/exchange.js';
import { formatOfPath } from '../../exchanges/known-formats.js';
import { readModelRequest } from '../../exchanges/model-request.js';
import { requestStreamUsage } from './request-stream-usage.js';

const OPENAI = 'https://api.openai.com/v1/chat/completions';
const CHAT = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Say “hello”.' }], stream: true };

const MAPPED = new HostProviders({ '127.0.0.1:11434': 'vllm', 'proxy.internal': 'native' });

function ask(url: string, body: unknown, init: RequestInit = {}): RequestInit | null {
  const sent: RequestInit = { method: 'POST', body: body as string, ...init };
  const request = readModelRequest(formatOfPath(url)!, url, sent, MAPPED) as ModelRequest;
  return requestStreamUsage(request, url, sent);
}

describe('a request with include_usage added', () => {
  it.each([
    OPENAI,
    'https://eu.api.openai.com/v1/chat/completions',
    'http://127.0.0.1:11434/v1/chat/completions',
    'https://proxy.internal/v1/chat/completions',
  ])('is otherwise unchanged (%s)', (url) => {
    const signal = new AbortController().signal;
    const init = { headers: { authorization: 'Bearer key' }, signal };
    // Numbers and escape sequences that parsing and serializing would change.
    const body =
      ' {"stream":true,"model":"gpt\\u002d4o","seed":12345678901234567890,"messages":[],"temperature":1.0} ';
    const changed = ask(url, body, init)!;
    expect(changed).toEqual({
      method: 'POST',
      ...init,
      body: body.replace('{', '{"stream_options":{"include_usage":true},'),
    });
    expect(changed.signal).toBe(signal);
    expect(JSON.parse(changed.body as string)).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it.each<[string, unknown, unknown]>([
    ['other options', { include_obfuscation: false }, { include_obfuscation: false, include_usage: true }],
    ['no options', {}, { include_usage: true }],
    ['null', null, { include_usage: true }],
  ])('keeps %s', (_, options, expected) => {
    const changed = ask(OPENAI, JSON.stringify({ ...CHAT, stream_options: options, n: 1 }))!;
    expect(JSON.parse(changed.body as string)).toEqual({ ...CHAT, stream_options: expected, n: 1 });
  });

  it('is changed if stream_options occurs only in nested values', () => {
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
    ['it requests usage itself', OPENAI, options({ include_usage: true })],
    ['it disables usage', OPENAI, options({ include_usage: false })],
    ['its options are invalid', OPENAI, options('all')],
    ['parsing would change it', OPENAI, `${options({}).slice(0, -1)},"seed":12345678901234567890}`],
    ['it is not streamed', OPENAI, JSON.stringify({ ...CHAT, stream: false })],
    ['its body is bytes', OPENAI, Buffer.from(chat)],
    ['it is for a provider with usage by default', 'https://api.mistral.ai/v1/chat/completions', chat],
    ['it is for Azure', 'https://x.openai.azure.com/openai/deployments/d/chat/completions', chat],
    ['it is for Azure Government', 'https://x.openai.azure.us/openai/deployments/d/chat/completions', chat],
    ['it is for Azure API Management', 'https://x.azure-api.net/openai/deployments/d/chat/completions', chat],
    ['its host is unknown', 'http://127.0.0.1:8080/v1/chat/completions', chat],
    ['its host only contains a name', 'https://evil-api.openai.com.example/v1/chat/completions', chat],
    ['it has another format', 'https://api.openai.com/v1/responses', JSON.stringify({ ...CHAT, input: 'x' })],
    ['it has a content-length header', OPENAI, chat, { headers: { 'Content-Length': '99' } }],
    ['it is signed', OPENAI, chat, { headers: [['x-amz-content-sha256', 'e3b0c442']] }],
  ])('%s', (_, url, body, init = {}) => {
    expect(ask(url, body, init)).toBeNull();
  });
});
