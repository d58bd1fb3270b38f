import '../../../../test/support/loaded-wire.js';
import { HostProviders } from '../dialects/host-providers.js';
import { startProviderEmulator } from '../../testing/index.js';
import type { WireFormat } from '../formats/format.js';
import { registerWireFormat } from './known-formats.js';
import { formatOfPath } from './known-formats.js';
import { LOOK_ALIKE, plainUrl, readModelRequest } from './model-request.js';
import { sharedWire } from './shared-wire.js';

const CHAT = { model: 'gpt-4o', messages: [] };

function providerAt(url: string, hosts?: Record<string, string>, body: object = CHAT): string | undefined {
  const init = { method: 'POST', body: JSON.stringify(body) };
  const request = readModelRequest(
    formatOfPath(plainUrl(url))!,
    url,
    init,
    hosts && new HostProviders(hosts),
  );
  return request === null || request === LOOK_ALIKE ? undefined : request.provider;
}

describe('the provider of a request', () => {
  it.each([
    ['http://localhost:8080/v1/chat/completions', 'openai_compatible'],
    ['http://internal-llm-1.us-east-1.elb.amazonaws.com/v1/chat/completions', 'openai_compatible'],
    ['https://evil-api.openai.com.example/v1/chat/completions', 'openai_compatible'],
    ['https://api.openai.com/v1/chat/completions', 'openai'],
    ['https://models.github.ai/inference/chat/completions', 'github'],
    ['https://x.azure-api.net/openai/deployments/x/chat/completions?api-version=1', 'azure.api_management'],
  ])('of %s is %s', (url, provider) => {
    expect(providerAt(url)).toBe(provider);
  });

  it('at an unknown host has the name of the API with the suffix _compatible', () => {
    const message = { ...CHAT, max_tokens: 5 };
    expect(providerAt('https://llm.internal/v1/messages', undefined, message)).toBe('anthropic_compatible');
  });

  it.each([
    ['https://llm.internal/v1/chat/completions', { 'LLM.internal': 'vllm' }, 'vllm'],
    ['https://llm.internal:444/v1/chat/completions', { 'llm.internal': 'vllm' }, 'vllm'],
    ['https://llm.internal:444/v1/chat/completions', { 'llm.internal': 'a', 'llm.internal:444': 'b' }, 'b'],
    ['https://llm.internal/v1/chat/completions', { 'llm.internal:443': 'vllm' }, 'vllm'],
    ['http://llm.internal/v1/chat/completions', { 'llm.internal:443': 'vllm' }, 'openai_compatible'],
    ['http://[::1]:80/v1/chat/completions', { '[::1]:80': 'vllm' }, 'vllm'],
    ['https://sub.llm.internal/v1/chat/completions', { 'llm.internal': 'vllm' }, 'openai_compatible'],
    ['https://proxy.internal/v1/chat/completions', { 'proxy.internal': 'native' }, 'openai'],
    [
      'https://x.azure-api.net/v1/chat/completions',
      { 'x.azure-api.net': 'azure.ai.openai' },
      'azure.ai.openai',
    ],
  ])('of %s with pricing.hosts %j is %s', (url, hosts, provider) => {
    expect(providerAt(url, hosts as Record<string, string>)).toBe(provider);
  });

  it('at a mapped native host is the provider that defines the API', () => {
    const message = { ...CHAT, max_tokens: 5 };
    expect(providerAt('https://p.internal/v1/messages', { 'p.internal': 'native' }, message)).toBe(
      'anthropic',
    );
  });

  it('of a custom format is the one that the application gave it', () => {
    const format: WireFormat = {
      operation: 'rerank',
      provider: 'acme',
      matches: (path) => path.endsWith('/acme-rerank'),
      accepts: () => true,
      requestKeys: new Set(),
      readRequest: () => ({ model: null, stream: false }),
      inputBytes: () => null,
      readResponse: () => undefined,
      readEvent: () => undefined,
    };
    registerWireFormat(format);
    expect(providerAt('https://llm.internal/acme-rerank')).toBe('acme');
    sharedWire.formats.length = 0;
  });

  it('at a running emulator is the emulated provider, until the emulator stops', async () => {
    const emulator = await startProviderEmulator();
    const url = `${emulator.openaiBaseUrl}/chat/completions`;
    expect(providerAt(url)).toBe('openai');
    expect(providerAt(url.replace('127.0.0.1', 'localhost'))).toBe('openai');
    await emulator.stop();
    expect(providerAt(url)).toBe('openai_compatible');
  });
});
