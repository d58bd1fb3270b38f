import type OpenAI from 'openai';
import { emptyAnswer, type Answer } from '../answer.js';
import type { JsonObject } from '../json/json-value.js';
import { countsToUsage, toUsage } from '../to-usage.js';
import type { Usage } from '../usage.js';
import { responses } from './responses.js';

type Response = OpenAI.Responses.Response;
type Item = OpenAI.Responses.ResponseOutputItem;
type Event = OpenAI.Responses.ResponseStreamEvent;

// Shapes: types of openai 7 (`resources/responses`), values as in the API reference, “The response object” and
// “Streaming events”. `output_text` is the SDK's own and is not sent.
const TEXT: Item = {
  type: 'message',
  id: 'msg_67ccd2bf17f0819081ff3bb2cf6508e6',
  status: 'completed',
  role: 'assistant',
  content: [{ type: 'output_text', text: 'Hello!', annotations: [], logprobs: [] }],
};

const CALL: Item = {
  type: 'function_call',
  id: 'fc_67ca09c6bedc8190a7abfec07b1a1332',
  call_id: 'call_unLAR8MvFNptuiZK6K6HCy5k',
  name: 'weather',
  arguments: '{"city":"Lyon"}',
  status: 'completed',
};

const REFUSAL: Item = {
  ...TEXT,
  content: [{ type: 'refusal', refusal: "I'm sorry, but I can't help with that." }],
};

const USAGE: OpenAI.Responses.ResponseUsage = {
  input_tokens: 36,
  input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
  output_tokens: 87,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 123,
};

const RESPONSE = {
  id: 'resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b',
  object: 'response',
  created_at: 1_741_476_542,
  status: 'completed',
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  model: 'gpt-4.1-2025-04-14',
  output: [TEXT],
  parallel_tool_calls: true,
  access_programs: null,
  service_tier: 'default',
  temperature: 1,
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
  usage: USAGE,
} satisfies Omit<Response, 'output_text'>;

/** A response object with some members replaced. */
function response(part: Partial<Response>): Response {
  return { ...RESPONSE, ...part } as Response;
}

/** How OpenAI writes JSON, and how most other servers do (Python's `json.dumps`). */
const WRITERS = {
  'without spaces': (value: unknown) => JSON.stringify(value),
  'with spaces': (value: unknown) => JSON.stringify(value, null, 1).replaceAll(/\n\s*/g, ' '),
};

function readBody(body: unknown): Answer {
  const answer = emptyAnswer();
  responses.readResponse(body as JsonObject, answer);
  return answer;
}

function readEvents(events: readonly unknown[], write = WRITERS['without spaces']): Answer {
  const answer = emptyAnswer();
  for (const event of events) responses.readEvent(typeof event === 'string' ? event : write(event), answer);
  return answer;
}

function usageOf(answer: Answer, inputBytes: number | null = null): Usage {
  return toUsage(answer, true, () => inputBytes);
}

let number = 0;
const created = (): Event => ({
  type: 'response.created',
  sequence_number: number++,
  response: response({ status: 'in_progress', output: [], usage: undefined, service_tier: 'auto' }),
});
const text = (delta: string): Event => ({
  type: 'response.output_text.delta',
  item_id: TEXT.id!,
  output_index: 0,
  content_index: 0,
  delta,
  logprobs: [],
  sequence_number: number++,
});
const ended = (
  type: 'response.completed' | 'response.incomplete' | 'response.failed',
  part: Partial<Response> = {},
): Event => ({ type, sequence_number: number++, response: response(part) });

describe('a request of Responses', () => {
  it.each<[string, string[], boolean]>([
    ['input and model', ['input', 'model'], true],
    ['input and the id of a previous response', ['input', 'previous_response_id'], true],
    ['a prompt template', ['prompt'], true],
    ['a conversation', ['conversation'], true],
    ['a form of another application', ['answers', 'respondent'], false],
    ['input without a model', ['input'], false],
  ])('is recognized by its keys: %s', (_, keys, expected) => {
    expect(responses.accepts(new Set(keys))).toBe(expected);
  });

  it.each<[string, boolean]>([
    ['/v1/responses', true],
    ['/openai/v1/responses', true],
    // These endpoints count input, compact a context, fetch or cancel a response, and generate nothing.
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
    expect(responses.readRequest(request as unknown as JsonObject, '/v1/responses')).toEqual({
      model: 'gpt-4.1',
      stream: true,
      maxTokens: 100,
      temperature: 0.2,
      topP: 0.9,
      serviceTier: 'flex',
    });
  });

  it('is measured by instructions, input and tools if it contains the whole input', () => {
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
    const answer = readBody(RESPONSE);
    expect(answer).toMatchObject({
      id: RESPONSE.id,
      model: 'gpt-4.1-2025-04-14',
      complete: true,
      error: null,
      iterations: null,
    });
    expect(usageOf(answer)).toMatchObject({
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
    const answer = readBody(response({ usage, tool_usage, service_tier: 'priority' }));
    expect(answer.iterations).toBeNull();
    expect(usageOf(answer)).toMatchObject({
      inputTokens: 5000,
      cachedInputTokens: 2048,
      // The default lifetime is thirty minutes.
      cacheWriteTokens5m: 1000,
      cacheWriteTokens12h: 24,
      outputTokens: 300,
      reasoningTokens: 192,
      webSearchRequests: 3,
      serviceTier: 'priority',
      clamped: false,
    });
  });

  it('counts the tools that are billed per use, in a JSON response and in a stream', () => {
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
    for (const answer of [
      readBody(response({ output })),
      readEvents([created(), text('x'), ended('response.completed', { output })]),
    ])
      expect(usageOf(answer).toolUses).toEqual({ file_search: 2, code_interpreter: 1, shell: 1 });
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
    for (const answer of [
      readBody(response({ tool_usage: pictures, tools })),
      readEvents([created(), text('x'), ended('response.completed', { tool_usage: pictures, tools })]),
    ]) {
      expect(usageOf(answer)).toMatchObject({
        inputTokens: 86,
        imageInputTokens: 30,
        outputTokens: 1143,
        imageOutputTokens: 1056,
        webSearchRequests: 2,
        clamped: false,
      });
      const parts = answer.iterations!.map((part) => [part.model, countsToUsage(part.usage)] as const);
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
    const answer = readBody({ ...RESPONSE, usage: { ...USAGE, ...counts } });
    expect(usageOf(answer)).toMatchObject({ ...expected, clamped: true, source: 'provider' });
  });

  it.each([undefined, null, {}, [], 'much', { input_tokens: '36', output_tokens: Number.NaN }])(
    'is estimated from the request and the response if it is %j',
    (usage) => {
      const answer = readBody({ ...RESPONSE, usage });
      // “Hello!” is 6 bytes.
      expect(usageOf(answer, 40)).toMatchObject({ inputTokens: 10, outputTokens: 2, source: 'estimated' });
      expect(usageOf(answer)).toMatchObject({ outputTokens: 0, source: 'missing' });
    },
  );
});

describe.each(Object.entries(WRITERS))('a stream of Responses %s', (_, write) => {
  it.each(['response.completed', 'response.incomplete', 'response.failed'] as const)(
    'has the usage of its last event, %s',
    (type) => {
      const events = [created(), text('“Wörter”'), text(' and more'), ended(type, { service_tier: 'flex' })];
      const answer = readEvents(events, write);
      expect(answer).toMatchObject({
        id: RESPONSE.id,
        model: RESPONSE.model,
        outputChunks: 2,
        complete: true,
      });
      expect(usageOf(answer)).toMatchObject({
        inputTokens: 36,
        outputTokens: 87,
        serviceTier: 'flex',
        source: 'provider',
      });
    },
  );

  it('is estimated from its text if the application abandoned it', () => {
    const answer = readEvents([created(), text('“Wörter”'), text(' and more')], write);
    expect(answer).toMatchObject({ id: RESPONSE.id, complete: false, finish: null });
    // 13 and 9 bytes; escape sequences are counted as written
    expect(usageOf(answer, 40)).toMatchObject({ inputTokens: 10, outputTokens: 6, source: 'estimated' });
  });

  it('is measured by all generated text, without audio', () => {
    const at = { item_id: 'x', output_index: 0, content_index: 0 };
    const deltas: Event[] = [
      {
        type: 'response.reasoning_summary_text.delta',
        ...at,
        summary_index: 0,
        delta: 'Hm, ',
        sequence_number: 1,
      },
      { type: 'response.reasoning_text.delta', ...at, delta: 'so.', sequence_number: 2 },
      { type: 'response.refusal.delta', ...at, delta: 'No', sequence_number: 3 },
      { type: 'response.function_call_arguments.delta', ...at, delta: '{a}', sequence_number: 4 },
      { type: 'response.custom_tool_call_input.delta', ...at, delta: 'ls', sequence_number: 5 },
      { type: 'response.audio.delta', delta: 'UklGRiQAAABXQVZF', sequence_number: 6 },
      { type: 'response.audio.transcript.delta', delta: 'Hi', sequence_number: 7 },
    ];
    const answer = readEvents([created(), ...deltas], write);
    expect(answer.outputChunks).toBe(7);
    expect(answer.outputBytes).toBe(4 + 3 + 2 + 3 + 2 + 2);
  });

  it('has no first token in events that announce or repeat output', () => {
    const at = { item_id: TEXT.id!, output_index: 0, content_index: 0, sequence_number: 3 };
    const part: OpenAI.Responses.ResponseOutputText = {
      type: 'output_text',
      text: '',
      annotations: [],
      logprobs: [],
    };
    const events: Event[] = [
      created(),
      { type: 'response.queued', sequence_number: 1, response: response({ status: 'queued', output: [] }) },
      {
        type: 'response.in_progress',
        sequence_number: 2,
        response: response({ status: 'in_progress', output: [] }),
      },
      { type: 'response.output_item.added', output_index: 0, item: TEXT, sequence_number: 3 },
      { type: 'response.content_part.added', ...at, part },
      text(''),
      { type: 'response.output_text.done', ...at, text: 'Hello!', logprobs: [] },
      { type: 'response.content_part.done', ...at, part: { ...part, text: 'Hello!' } },
      { type: 'response.output_item.done', output_index: 0, item: TEXT, sequence_number: 3 },
    ];
    expect(readEvents(events, write)).toMatchObject({ outputChunks: 0, outputBytes: 0, finish: null });
  });

  it('can contain an error, whose text is not retained', () => {
    const error: OpenAI.Responses.ResponseErrorEvent = {
      type: 'error',
      code: 'server_error',
      message: 'The server had an error while processing “the prompt”.',
      param: null,
      sequence_number: 9,
    };
    for (const sent of [error, { type: 'error', error: { code: error.code, message: error.message } }]) {
      const answer = readEvents([created(), text('x'), sent], write);
      expect(answer).toMatchObject({ error: { code: 'server_error' }, complete: false });
      expect(JSON.stringify(answer)).not.toContain('the prompt');
    }
  });

  it('is read past text that looks like an event', () => {
    const tricky = ['{"type":"response.completed"', '"type":"error"', '","delta":"x'];
    const answer = readEvents([created(), ...tricky.map(text), ended('response.completed')], write);
    expect(answer).toMatchObject({ outputChunks: 3, finish: 'stop', error: null, complete: true });
  });
});

describe('finish reason of a response', () => {
  const both = (part: Partial<Response>): Answer[] => [
    readBody(response(part)),
    readEvents([
      created(),
      ended(part.status === 'incomplete' ? 'response.incomplete' : 'response.completed', part),
    ]),
  ];

  it.each<[string, Item[], string]>([
    ['text', [TEXT], 'stop'],
    ['nothing', [], 'stop'],
    ['a function call', [CALL], 'tool_calls'],
    ['text and a function call', [TEXT, CALL], 'tool_calls'],
    [
      'a call of a tool with free input',
      [{ type: 'custom_tool_call', call_id: 'call_1', name: 'sh', input: 'ls' }],
      'tool_calls',
    ],
    ['a refusal', [REFUSAL], 'refusal'],
    ['a function call and a refusal', [CALL, REFUSAL], 'refusal'],
    [
      'a search that the provider ran',
      [
        {
          type: 'web_search_call',
          id: 'ws_1',
          status: 'completed',
          action: { type: 'search', query: 'x', queries: [] },
        },
        TEXT,
      ],
      'stop',
    ],
  ])('is derived from the output of a completed response: %s', (_, output, finish) => {
    for (const answer of both({ output }))
      expect(answer).toMatchObject({ finish, finishReasons: ['completed'], complete: true, error: null });
  });

  it.each<[string, string]>([
    ['max_output_tokens', 'length'],
    ['max_messages', 'length'],
    ['content_filter', 'content_filter'],
    ['steered', 'paused'],
    // Unknown reasons are not normalized.
    ['bored', 'bored'],
  ])('maps the incomplete reason %s to %s', (reason, finish) => {
    const details = { reason } as Response['incomplete_details'];
    for (const answer of both({ status: 'incomplete', incomplete_details: details }))
      expect(answer).toMatchObject({ finish, finishReasons: [reason], complete: true });
  });

  it('is incomplete if the response gives no reason', () => {
    expect(readBody(response({ status: 'incomplete' }))).toMatchObject({ finish: 'incomplete' });
  });

  it.each(['queued', 'in_progress'] as const)(
    'is paused without usage for the background status %s',
    (status) => {
      const answer = readBody(response({ status, background: true, output: [], usage: undefined }));
      expect(answer).toMatchObject({ finish: 'paused', finishReasons: [status], complete: true });
      expect(answer.usage).toMatchObject({ inputTokens: null, outputTokens: null });
    },
  );

  it('is cancelled for a cancelled response', () => {
    expect(readBody(response({ status: 'cancelled' }))).toMatchObject({
      finish: 'cancelled',
      finishReasons: ['cancelled'],
    });
  });

  it('is an error for a failed response, with its code and without its text', () => {
    const error: OpenAI.Responses.ResponseError = {
      code: 'rate_limit_exceeded',
      message: 'About the prompt.',
    };
    const part: Partial<Response> = { status: 'failed', error, output: [], usage: undefined };
    for (const answer of [
      readBody(response(part)),
      readEvents([created(), ended('response.failed', part)]),
    ]) {
      expect(answer).toMatchObject({
        finish: 'error',
        finishReasons: ['failed'],
        error: { code: 'rate_limit_exceeded', hint: null },
        complete: false,
      });
      expect(JSON.stringify(answer)).not.toContain('About the prompt');
    }
  });

  it("is the provider's value if it is unknown", () => {
    expect(readBody({ ...RESPONSE, status: 'archived' })).toMatchObject({ finish: 'archived' });
  });
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
