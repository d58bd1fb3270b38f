import type OpenAI from 'openai';
import {
  created,
  ended,
  readBody,
  readEvents,
  response,
  RESPONSE,
  type Response,
  text,
  USAGE,
  usageOf,
} from '../../../../test/support/formats/responses.js';
import type { JsonObject } from '../json/json-value.js';
import { countsToUsage } from '../to-usage.js';
import type { Usage } from '../usage.js';
import { responses } from './responses.js';
import { NO_HEADERS } from '../headers.js';

describe('a request of Responses', () => {
  it.each<[string, string[], boolean]>([
    ['input and model', ['input', 'model'], true],
    ['input and the id of a previous response', ['input', 'previous_response_id'], true],
    ['a prompt template', ['prompt'], true],
    ['a conversation', ['conversation'], true],
    ['a form of another application', ['answers', 'respondent'], false],
    ['input without a model', ['input'], false],
  ])('is recognized by its keys: %s', (_, keys, expected) => {
    expect(responses.accepts(new Set(keys), '')).toBe(expected);
  });

  it.each<[string, boolean]>([
    ['/v1/responses', true],
    ['/openai/v1/responses', true],
    // These endpoints count input, compact a context, fetch or cancel a response. They generate no output.
    ['/v1/responses/input_tokens', false],
    ['/v1/responses/resp_1', false],
    ['/v1/responses/resp_1/cancel', false],
    ['/v1/responses/resp_1/input_items', false],
  ])('matches the path %s: %s', (path, expected) => {
    expect(responses.matches(path)).toBe(expected);
  });

  it('contains the parameters', () => {
    const request: OpenAI.Responses.ResponseCreateParamsStreaming = {
      model: 'gpt-4.1',
      input: 'Say hello.',
      stream: true,
      max_output_tokens: 100,
      temperature: 0.2,
      top_p: 0.9,
      service_tier: 'flex',
    };
    expect(responses.readRequest(request as unknown as JsonObject, '/v1/responses', NO_HEADERS)).toEqual({
      model: 'gpt-4.1',
      stream: true,
      maxTokens: 100,
      temperature: 0.2,
      topP: 0.9,
      serviceTier: 'flex',
    });
  });

  it('is measured by instructions, input and tools if it contains the complete input', () => {
    const body = {
      instructions: 'Be brief.',
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'Héllo' }] }],
      tools: [{ type: 'function', name: 'weather' }],
    };
    expect(responses.inputBytes(body)).toBe(9 + 6 + 7);
    for (const kept of ['previous_response_id', 'conversation', 'prompt'])
      expect(responses.inputBytes({ ...body, [kept]: 'resp_1' })).toBeNull();
  });
});

describe('usage of a response', () => {
  it('is read from the body', () => {
    const draft = readBody(RESPONSE);
    expect(draft).toMatchObject({
      id: RESPONSE.id,
      model: 'gpt-4.1-2025-04-14',
      complete: true,
      error: null,
      iterations: null,
    });
    expect(usageOf(draft)).toMatchObject({
      inputTokens: 36,
      cachedInputTokens: 0,
      cacheWriteTokens5m: 0,
      outputTokens: 87,
      reasoningTokens: 0,
      webSearchRequests: 0,
      serviceTier: 'default',
      clamped: false,
      source: 'provider',
    });
  });

  it('contains cached, cache-write and reasoning tokens and web searches', () => {
    const usage: OpenAI.Responses.ResponseUsage = {
      input_tokens: 5000,
      input_tokens_details: {
        cached_tokens: 2048,
        cache_write_tokens: 1024,
        cache_write_tokens_details: { ttl_30m_tokens: 1000, ttl_12h_tokens: 24 },
      },
      output_tokens: 300,
      output_tokens_details: { reasoning_tokens: 192 },
      total_tokens: 5300,
    };
    const tool_usage: Response['tool_usage'] = {
      image_gen: {
        input_tokens: 0,
        input_tokens_details: { image_tokens: 0, text_tokens: 0 },
        output_tokens: 0,
        total_tokens: 0,
      },
      web_search: { num_requests: 3 },
    };
    const draft = readBody(response({ usage, tool_usage, service_tier: 'priority' }));
    expect(draft.iterations).toBeNull();
    expect(usageOf(draft)).toMatchObject({
      inputTokens: 5000,
      cachedInputTokens: 2048,
      // The default lifetime is 30 minutes.
      cacheWriteTokens5m: 1000,
      cacheWriteTokens12h: 24,
      outputTokens: 300,
      reasoningTokens: 192,
      webSearchRequests: 3,
      serviceTier: 'priority',
      clamped: false,
    });
  });

  it('counts tools that are billed per use, in a JSON response and in a stream', () => {
    const output = [
      { id: 'fs_1', type: 'file_search_call', queries: [], status: 'completed' },
      { id: 'fs_2', type: 'file_search_call', queries: [], status: 'completed' },
      {
        id: 'ci_1',
        type: 'code_interpreter_call',
        code: '',
        container_id: 'c',
        outputs: [],
        status: 'completed',
      },
      { id: 'sh_1', type: 'shell_call', environment: { type: 'container_reference', container_id: 'c' } },
      { id: 'sh_2', type: 'shell_call', environment: { type: 'local' } },
      { id: 'mcp_1', type: 'mcp_call', name: 'x', arguments: '{}', server_label: 'x' },
    ] as unknown as Response['output'];
    for (const draft of [
      readBody(response({ output })),
      readEvents([created(), text('x'), ended('response.completed', { output })]),
    ])
      expect(usageOf(draft).toolUses).toEqual({ file_search: 2, code_interpreter: 1, shell: 1 });
    expect(usageOf(readBody(response({}))).toolUses).toEqual({});
  });

  const pictures: NonNullable<Response['tool_usage']> = {
    image_gen: {
      input_tokens: 50,
      input_tokens_details: { image_tokens: 30, text_tokens: 20 },
      output_tokens: 1056,
      output_tokens_details: { image_tokens: 1056, text_tokens: 0 },
      total_tokens: 1106,
    },
    web_search: { num_requests: 2 },
  };

  it.each<[string, Response['tools'], string]>([
    [
      'its tool names',
      [{ type: 'web_search' }, { type: 'image_generation', model: 'gpt-image-1.5' }],
      'gpt-image-1.5',
    ],
    ['the provider chooses, without a price', [{ type: 'image_generation' }], 'image_generation'],
  ])('adds the usage of images by the model that %s', (_, tools, model) => {
    for (const draft of [
      readBody(response({ tool_usage: pictures, tools })),
      readEvents([created(), text('x'), ended('response.completed', { tool_usage: pictures, tools })]),
    ]) {
      expect(usageOf(draft)).toMatchObject({
        inputTokens: 86,
        imageInputTokens: 30,
        outputTokens: 1143,
        imageOutputTokens: 1056,
        webSearchRequests: 2,
        clamped: false,
      });
      const parts = draft.iterations!.map((part) => [part.model, countsToUsage(part.usage)] as const);
      expect(parts).toMatchObject([
        [null, { inputTokens: 36, outputTokens: 87, imageOutputTokens: 0, webSearchRequests: 2 }],
        [model, { inputTokens: 50, outputTokens: 1056, imageOutputTokens: 1056, webSearchRequests: 0 }],
      ]);
    }
  });

  it('contains the cost reported by a proxy', () => {
    // LiteLLM and OpenRouter, `usage.cost`, in USD.
    expect(readBody({ ...RESPONSE, usage: { ...USAGE, cost: 0.00014 } }).usage.providerCostUsd).toBe(0.00014);
  });

  it.each<[string, object, Partial<Usage>]>([
    [
      'more cached tokens than input',
      { input_tokens_details: { cached_tokens: 99 } },
      { cachedInputTokens: 36 },
    ],
    [
      'more reasoning than output',
      { output_tokens_details: { reasoning_tokens: 90 } },
      { reasoningTokens: 87 },
    ],
    ['a negative input', { input_tokens: -1 }, { inputTokens: 0 }],
  ])('is clamped and flagged with %s', (_, counts, expected) => {
    const draft = readBody({ ...RESPONSE, usage: { ...USAGE, ...counts } });
    expect(usageOf(draft)).toMatchObject({ ...expected, clamped: true, source: 'provider' });
  });

  it.each([undefined, null, {}, [], 'much', { input_tokens: 'few', output_tokens: Number.NaN }])(
    'is estimated from the request and the response if it is %j',
    (usage) => {
      const draft = readBody({ ...RESPONSE, usage });
      // “Hello!” is 6 bytes.
      expect(usageOf(draft, 40)).toMatchObject({ inputTokens: 10, outputTokens: 2, source: 'estimated' });
      expect(usageOf(draft)).toMatchObject({ outputTokens: 0, source: 'missing' });
    },
  );
});

describe('bodies and events that are not a response', () => {
  it('contain an error if the request was rejected', () => {
    const error: OpenAI.ErrorObject = {
      message: "Previous response with id 'resp_1' not found.",
      type: 'invalid_request_error',
      param: 'previous_response_id',
      code: 'previous_response_not_found',
    };
    expect(readBody({ error })).toMatchObject({
      error: { code: 'previous_response_not_found', type: 'invalid_request_error' },
      complete: false,
    });
  });

  it.each([
    '',
    'null',
    '[]',
    '12',
    '"x"',
    '{"cut',
    '{}',
    '{"type":"response.new_event","response":{}}',
    '[DONE]',
  ])('are ignored: %j', (data) => {
    expect(readEvents([created(), text('x'), data])).toEqual(readEvents([created(), text('x')]));
  });
});
