import '../../../../test/support/loaded-wire.js';
import { formatOfPath } from '../exchanges/known-formats.js';
import { NO_HEADERS } from '../headers.js';
import type { JsonObject } from '../json/json-value.js';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import type { WireFormat } from './format.js';

const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const GUARDRAIL = 'amazon-bedrock-guardrailAction';

function formatOf(model: string): WireFormat {
  return formatOfPath(`/model/${encodeURIComponent(model)}/invoke`)!;
}

const chat = formatOf(HAIKU);

function read(body: JsonObject, headers: Readonly<Record<string, string>> = {}): ResponseDraft {
  const response = emptyResponse();
  chat.readHeaders!({ get: (name) => headers[name] ?? null }, response);
  chat.readResponse(body, response);
  return response;
}

describe('requests to Bedrock InvokeModel', () => {
  // Paths as written by @anthropic-ai/bedrock-sdk 1 (`client`) and @aws-sdk/client-bedrock-runtime 3.
  it.each<[string, string, boolean]>([
    [`/model/${encodeURIComponent(HAIKU)}/invoke`, HAIKU, false],
    [
      '/gateway/model/anthropic.claude-sonnet-4-6/invoke-with-response-stream',
      'anthropic.claude-sonnet-4-6',
      true,
    ],
    [
      '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.anthropic.claude-sonnet-4-6/invoke',
      'arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-6',
      false,
    ],
    ['/model/100%/invoke', '100%', false],
  ])('%s', (path, model, streamed) => {
    expect(formatOfPath(path)).toBe(chat);
    expect(chat.readRequest({}, path, NO_HEADERS)).toMatchObject({ model, stream: streamed });
  });

  it.each([
    // LangServe, Lambda and others.
    '/invoke',
    '/chain/invoke',
    '/model/invoke',
    '/functions/summarize/invoke',
    `/model/${HAIKU}/async-invoke`,
    `/model/${HAIKU}/invoke-with-bidirectional-stream`,
    `/model/${HAIKU}/count-tokens`,
  ])('%s is another API', (path) => expect(formatOfPath(path)).toBeNull());

  it('are distinguished from other services with such a path by their model', () => {
    expect(chat.accepts(new Set(['prompt']), `https://a/model/${HAIKU}/invoke`)).toBe(true);
    expect(chat.accepts(new Set(['features']), 'https://a/model/churn/invoke')).toBe(false);
    expect(chat.accepts(new Set(['anthropic_version']), 'https://a/model/claude/invoke')).toBe(true);
  });

  it.each([
    ['amazon.titan-embed-text-v2:0', 'embeddings'],
    ['us.cohere.embed-v4:0', 'embeddings'],
    ['cohere.rerank-v3-5:0', 'rerank'],
    ['amazon.nova-canvas-v1:0', 'image_generation'],
    ['amazon.nova-lite-v1:0', 'chat'],
    ['meta.llama3-1-8b-instruct-v1:0', 'chat'],
  ])('to %s have the operation %s', (model, operation) => {
    expect(formatOf(model).operation).toBe(operation);
  });

  // Source: Amazon Bedrock user guide, “Inference request parameters and response fields for foundation models”.
  it.each<[string, JsonObject, object]>([
    [
      'Anthropic',
      { max_tokens: 9, top_k: 5, stop_sequences: ['x'], output_config: { effort: 'low' } },
      { maxTokens: 9, topK: 5, stopSequences: ['x'], reasoningEffort: 'low' },
    ],
    [
      'Nova',
      { inferenceConfig: { maxTokens: 9, temperature: 0.1, topP: 0.2, topK: 3, stopSequences: ['x'] } },
      { maxTokens: 9, temperature: 0.1, topP: 0.2, topK: 3, stopSequences: ['x'] },
    ],
    ['Llama', { max_gen_len: 9, top_p: 0.2, temperature: 0 }, { maxTokens: 9, topP: 0.2, temperature: 0 }],
    [
      'Titan',
      { textGenerationConfig: { maxTokenCount: 9, topP: 0.2, stopSequences: [] } },
      { maxTokens: 9, topP: 0.2, stopSequences: [] },
    ],
    ['Cohere', { max_tokens: 9, p: 0.2, k: 4 }, { maxTokens: 9, topP: 0.2, topK: 4 }],
    ['Mistral', { max_tokens: 9, stop: ['x'] }, { maxTokens: 9, stopSequences: ['x'] }],
    [
      'OpenAI',
      { max_completion_tokens: 9, reasoning_effort: 'high' },
      { maxTokens: 9, reasoningEffort: 'high' },
    ],
    ['Titan Embeddings', { dimensions: 256 }, { dimensions: 256 }],
  ])('have the parameters of %s', (_, body, parameters) => {
    const headers = { get: (name: string) => (name === 'x-amzn-bedrock-service-tier' ? 'flex' : null) };
    expect(chat.readRequest(body, '', headers)).toEqual({
      model: null,
      stream: false,
      serviceTier: 'flex',
      ...parameters,
    });
  });

  it('are estimated by their text, whichever member has it', () => {
    expect(chat.inputBytes({ prompt: 'four' })).toBe(4);
    expect(chat.inputBytes({ inputText: 'four' })).toBe(4);
    expect(chat.inputBytes({ message: 'four', chat_history: [{ role: 'USER', message: 'four' }] })).toBe(8);
    expect(chat.inputBytes({ data: [1, 2] })).toBeNull();
    expect(formatOf('amazon.titan-image-generator-v2:0').inputBytes({ prompt: 'a cat' })).toBeNull();
  });
});

describe('responses of Bedrock InvokeModel', () => {
  // Source: Amazon Bedrock user guide, “Inference request parameters and response fields for foundation models”; Amazon
  // Nova user guide, “Using the Invoke API”.
  it.each<[string, JsonObject, object, string]>([
    [
      'Anthropic',
      {
        id: 'msg_bdrk_01',
        type: 'message',
        model: 'claude-haiku-4-5-20251001',
        content: [{ type: 'text', text: 'Hi' }],
        stop_reason: 'end_turn',
        usage: { input_tokens: 12, cache_read_input_tokens: 100, output_tokens: 6 },
      },
      { inputTokens: 112, cachedInputTokens: 100, outputTokens: 6 },
      'stop',
    ],
    [
      'Nova',
      {
        output: { message: { role: 'assistant', content: [{ text: 'Hi' }] } },
        stopReason: 'max_tokens',
        usage: {
          inputTokens: 3,
          outputTokens: 6,
          totalTokens: 39,
          cacheReadInputTokenCount: 20,
          cacheWriteInputTokenCount: 10,
        },
      },
      { inputTokens: 33, cachedInputTokens: 20, cacheWriteTokens5m: 10, outputTokens: 6 },
      'length',
    ],
    [
      'Llama',
      { generation: 'Hi', prompt_token_count: 12, generation_token_count: 6, stop_reason: 'length' },
      { inputTokens: 12, outputTokens: 6 },
      'length',
    ],
    [
      'Titan',
      {
        inputTextTokenCount: 12,
        results: [{ tokenCount: 6, outputText: 'Hi', completionReason: 'CONTENT_FILTERED' }],
      },
      { inputTokens: 12, outputTokens: 6 },
      'content_filter',
    ],
    [
      'Cohere Command R',
      { response_id: 'r', text: 'Hi', generation_id: 'g', finish_reason: 'COMPLETE', chat_history: [] },
      { inputTokens: null, outputTokens: null },
      'stop',
    ],
    [
      'Cohere Command',
      { generations: [{ id: 'g', text: 'Hi', finish_reason: 'MAX_TOKENS' }], id: 'i', prompt: 'x' },
      { inputTokens: null },
      'length',
    ],
    ['Mistral', { outputs: [{ text: 'Hi', stop_reason: 'stop' }] }, { inputTokens: null }, 'stop'],
    [
      'Mistral Large',
      { choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, stop_reason: 'tool_calls' }] },
      { inputTokens: null },
      'tool_calls',
    ],
    [
      'OpenAI',
      {
        id: 'chatcmpl-1',
        model: 'openai.gpt-oss-20b-1:0',
        choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 12, completion_tokens: 6, total_tokens: 18 },
      },
      { inputTokens: 12, outputTokens: 6 },
      'stop',
    ],
  ])('are read for %s', (_, body, usage, finish) => {
    const response = read(body);
    // The region of the requested model determines the price.
    expect(response).toMatchObject({ model: null, finish, hasContent: true, complete: true, usage });
  });

  it('with embeddings have no output', () => {
    expect(read({ embedding: [0.1], inputTextTokenCount: 5, message: null })).toMatchObject({
      hasContent: true,
      usage: { inputTokens: 5, outputTokens: 0 },
    });
    // Bodies of Cohere Embed have no counts.
    const headers = { 'x-amzn-bedrock-input-token-count': '7' };
    expect(read({ embeddings: [[0.1]], id: 'e', response_type: 'embeddings_floats' }, headers)).toMatchObject(
      {
        usage: { inputTokens: 7, outputTokens: 0 },
      },
    );
  });

  it('with a ranking have no output', () => {
    // https://github.com/maximhq/bifrost/issues/3917
    const headers = { 'x-amzn-bedrock-input-token-count': '7' };
    expect(read({ results: [{ index: 0, relevance_score: 0.9 }] }, headers)).toMatchObject({
      hasContent: true,
      usage: { inputTokens: 7, outputTokens: 0 },
    });
  });

  it('have token counts and the tier in their headers', () => {
    const headers = {
      'x-amzn-bedrock-input-token-count': '12',
      'x-amzn-bedrock-output-token-count': '6',
      'x-amzn-bedrock-cache-read-input-token-count': '100',
      'x-amzn-bedrock-service-tier': 'flex',
      'x-amzn-bedrock-performanceconfig-latency': 'standard',
    };
    const usage = {
      inputTokens: 112,
      cachedInputTokens: 100,
      outputTokens: 6,
      serviceTier: 'flex',
      speed: null,
    };
    expect(read({ outputs: [{ text: 'Hi', stop_reason: 'stop' }] }, headers)).toMatchObject({ usage });
    expect(read({ something: 'new' }, headers)).toMatchObject({ hasContent: true, complete: true, usage });
    expect(read({}, { 'x-amzn-bedrock-input-token-count': '1e9' }).usage.inputTokens).toBeNull();
  });

  it('report the intervention of a guardrail', () => {
    const body = { outputs: [{ text: 'Blocked', stop_reason: 'stop' }], [GUARDRAIL]: 'INTERVENED' };
    expect(read(body).finish).toBe('content_filter');
    expect(read({ ...body, [GUARDRAIL]: 'NONE' }).finish).toBe('stop');
  });

  it('report errors of Bedrock and of Anthropic', () => {
    expect(read({ message: 'Model has timed out' }).error).toMatchObject({ code: null, hint: null });
    expect(read({ type: 'error', error: { type: 'overloaded_error' } })).toMatchObject({
      error: { type: 'overloaded_error' },
      complete: false,
    });
  });
});
