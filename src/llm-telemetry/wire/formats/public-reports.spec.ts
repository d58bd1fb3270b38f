import type { JsonObject } from '../json/json-value.js';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import { toUsage } from '../to-usage.js';
import type { Usage } from '../usage.js';
import { chatCompletions } from './chat-completions.js';
import { cohereChat } from './cohere-chat.js';
import { cohereEmbed } from './cohere-embed.js';
import type { WireFormat } from './format.js';
import { gatewayLanguage } from './gateway-language.js';
import { messages } from './messages.js';
import { mistralConversations } from './mistral-conversations.js';
import { ollamaChat } from './ollama.js';

function usageOfBody(format: WireFormat, body: JsonObject): Usage {
  const response = emptyResponse();
  format.readResponse(body, response);
  return toUsage(response, true, () => 400);
}

function draftOfEvents(format: WireFormat, events: readonly object[]): ResponseDraft {
  const response = emptyResponse();
  for (const event of events) format.readEvent(JSON.stringify(event), response, null);
  return response;
}

const text = { role: 'assistant', content: [{ type: 'text', text: 'Hello' }] };

describe('usage in public reports', () => {
  // https://github.com/pydantic/genai-prices/pull/453: raw tokens are many times the billed ones; counts may be floats.
  it('is the billed one at Cohere', () => {
    const usage = {
      billed_units: { input_tokens: 431.0, output_tokens: 35.0 },
      tokens: { input_tokens: 2190.0, output_tokens: 35.0 },
    };
    expect(usageOfBody(cohereChat, { id: 'c', message: text, usage })).toMatchObject({
      inputTokens: 431,
      outputTokens: 35,
    });
  });

  // https://github.com/pydantic/genai-prices/pull/453: Cohere omits `tokens` in some responses.
  it('is read without the tokens that Cohere omits', () => {
    const usage = { billed_units: { input_tokens: 4, output_tokens: 2 }, cached_tokens: 64 };
    expect(usageOfBody(cohereChat, { id: 'c', message: text, usage })).toMatchObject({
      inputTokens: 4,
      cachedInputTokens: 0,
      clamped: false,
    });
  });

  // https://github.com/vercel/ai/issues/14382
  it.each([
    ['num_cached_tokens', { num_cached_tokens: 64 }],
    ['prompt_tokens_details', { prompt_tokens_details: { cached_tokens: 64 } }],
  ])('has the cached input of Mistral in %s', (_, cached) => {
    const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110, ...cached };
    const choices = [{ index: 0, message: { content: 'Hello' }, finish_reason: 'stop' }];
    expect(usageOfBody(chatCompletions, { id: 'c', choices, usage })).toMatchObject({
      inputTokens: 100,
      cachedInputTokens: 64,
    });
  });

  it('has the cached input of a conversation', () => {
    const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110, num_cached_tokens: 64 };
    const outputs = [{ type: 'message.output', content: 'Hello' }];
    expect(usageOfBody(mistralConversations, { outputs, usage }).cachedInputTokens).toBe(64);
  });

  // https://github.com/vercel/ai/issues/17326: the gateway starts each stream of Messages with 0 tokens.
  it('is that of the last event if a gateway starts a stream of Messages with 0', () => {
    const usage = { input_tokens: 0, output_tokens: 0 };
    const draft = draftOfEvents(messages, [
      { type: 'message_start', message: { id: 'gen_1', model: 'anthropic/claude-sonnet-4.5', usage } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn' },
        usage: { input_tokens: 18, output_tokens: 6 },
      },
      { type: 'message_stop' },
    ]);
    expect(toUsage(draft, true, () => null)).toMatchObject({ inputTokens: 18, outputTokens: 6 });
  });

  // https://github.com/braintrustdata/braintrust-sdk-javascript/pull/1166: the cost is a text.
  it('has the cost of the gateway', () => {
    const providerMetadata = { gateway: { cost: '0.00045', marketCost: '0.00045' } };
    expect(draftOfEvents(gatewayLanguage, [{ type: 'finish', providerMetadata }]).usage.providerCostUsd).toBe(
      0.00045,
    );
  });

  // https://github.com/ollama/ollama/issues/2068 and https://github.com/browser-use/browser-use/pull/5684
  it('is not 0 for a cached prompt that Ollama does not count', () => {
    const body = { model: 'm', message: { content: 'Hello' }, done: true, eval_count: 3 };
    expect(usageOfBody(ollamaChat, body)).toMatchObject({ inputTokens: 100, source: 'estimated' });
  });

  // https://github.com/cohere-ai/cohere-python/issues/651: without billed units, nothing is invented.
  it('is estimated for embeddings of a host that reports no units', () => {
    expect(usageOfBody(cohereEmbed, { id: 'e', embeddings: [[0.1]], texts: ['a'] })).toMatchObject({
      inputTokens: 100,
      outputTokens: 0,
      source: 'estimated',
    });
  });
});
