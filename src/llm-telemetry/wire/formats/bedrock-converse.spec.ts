import '../../../../test/support/loaded-wire.js';
import { formatOfPath } from '../exchanges/known-formats.js';
import { NO_HEADERS } from '../headers.js';
import type { JsonObject } from '../json/json-value.js';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import { bedrockConverse, bedrockConverseOpenai } from './bedrock-converse.js';

const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';

function read(body: JsonObject, headers: Readonly<Record<string, string>> = {}): ResponseDraft {
  const response = emptyResponse();
  bedrockConverse.readHeaders!({ get: (name) => headers[name] ?? null }, response);
  bedrockConverse.readResponse(body, response);
  return response;
}

function stream(
  events: ReadonlyArray<readonly [type: string, data: object]>,
  format = bedrockConverse,
): ResponseDraft {
  const response = emptyResponse();
  for (const [type, data] of events) format.readEvent(JSON.stringify(data), response, type);
  return response;
}

// Events as in the types of @aws-sdk/client-bedrock-runtime 3 (`ConverseStreamOutput`).
const TEXT = [
  ['messageStart', { role: 'assistant' }],
  ['contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Hi' }, p: 'abc' }],
  ['contentBlockStop', { contentBlockIndex: 0 }],
  ['messageStop', { stopReason: 'end_turn' }],
] as const;

describe('requests to Bedrock Converse', () => {
  // Paths as written by @aws-sdk/client-bedrock-runtime 3 and @ai-sdk/amazon-bedrock 5.
  it.each<[string, string, boolean]>([
    [`/model/${encodeURIComponent(HAIKU)}/converse`, HAIKU, false],
    [`/model/${HAIKU}/converse-stream`, HAIKU, true],
    ['/gateway/model/amazon.nova-lite-v1%3A0/converse-stream', 'amazon.nova-lite-v1:0', true],
    [
      '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aapplication-inference-profile%2Fab12/converse',
      'arn:aws:bedrock:us-east-1:1:application-inference-profile/ab12',
      false,
    ],
    ['/model/100%/converse', '100%', false],
  ])('%s', (path, model, streamed) => {
    const format = formatOfPath(path)!;
    expect(format).toBe(bedrockConverse);
    expect(format.readRequest({}, path, NO_HEADERS)).toMatchObject({ model, stream: streamed });
  });

  it.each(['/converse', '/model/converse', `/model/${HAIKU}/count-tokens`, '/chat/converse'])(
    '%s is another API',
    (path) => expect(formatOfPath(path)).toBeNull(),
  );

  it('are accepted by their messages, or by a model of Bedrock for a stored prompt', () => {
    expect(bedrockConverse.accepts(new Set(['messages']), 'https://gateway/model/chat/converse')).toBe(true);
    const prompt = 'https://gateway/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aprompt%2FA/converse';
    expect(bedrockConverse.accepts(new Set(['promptVariables']), prompt)).toBe(true);
    expect(bedrockConverse.accepts(new Set(['text']), 'https://app/model/chat/converse')).toBe(false);
  });

  it('have parameters in objects', () => {
    const body = {
      inferenceConfig: { maxTokens: 100, temperature: 0.5, topP: 0.9, stopSequences: ['END'] },
      additionalModelRequestFields: { top_k: 5, output_config: { effort: 'low' } },
      serviceTier: { type: 'flex' },
      outputConfig: { textFormat: { type: 'json_schema' } },
    };
    expect(bedrockConverse.readRequest(body, `/model/${HAIKU}/converse`, NO_HEADERS)).toEqual({
      model: HAIKU,
      stream: false,
      maxTokens: 100,
      temperature: 0.5,
      topP: 0.9,
      topK: 5,
      stopSequences: ['END'],
      serviceTier: 'flex',
      reasoningEffort: 'low',
      outputType: 'json',
    });
  });

  it.each([
    [{ additionalModelRequestFields: { reasoning_effort: 'high' } }, 'high'],
    [{ additionalModelRequestFields: { reasoningConfig: { maxReasoningEffort: 'medium' } } }, 'medium'],
    [{ outputConfig: { effort: 'max' } }, 'max'],
  ])('have the reasoning effort where the maker reads it: %j', (body, effort) => {
    expect(bedrockConverse.readRequest(body, '', NO_HEADERS).reasoningEffort).toBe(effort);
  });
});

describe('responses of Bedrock Converse', () => {
  it('adds cached tokens to the input', () => {
    // https://github.com/Arize-ai/openinference/issues/2029, https://github.com/crmne/ruby_llm/pull/832
    const response = read({
      output: { message: { role: 'assistant', content: [{ text: 'ok' }] } },
      stopReason: 'guardrail_intervened',
      usage: {
        inputTokens: 100,
        outputTokens: 5,
        totalTokens: 1105,
        cacheReadInputTokens: 1000,
        cacheWriteInputTokens: 0,
      },
    });
    expect(response).toMatchObject({
      finish: 'content_filter',
      finishReasons: ['guardrail_intervened'],
      hasContent: true,
      complete: true,
      usage: { inputTokens: 1100, cachedInputTokens: 1000, outputTokens: 5 },
    });
  });

  it('divides cache writes by their lifetime', () => {
    // Types of @aws-sdk/client-bedrock-runtime 3 (`CacheDetail`).
    const usage = {
      inputTokens: 2,
      outputTokens: 5,
      cacheWriteInputTokens: 30,
      cacheDetails: [
        { ttl: '1h', inputTokens: 20 },
        { ttl: '5m', inputTokens: 10 },
      ],
    };
    expect(read({ usage }).usage).toMatchObject({
      inputTokens: 32,
      cacheWriteTokens5m: 10,
      cacheWriteTokens1h: 20,
    });
    const { cacheWriteInputTokens: _, ...withoutTotal } = usage;
    expect(read({ usage: withoutTotal }).usage).toMatchObject({ inputTokens: 32, cacheWriteTokens5m: 10 });
  });

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['tool_use', 'tool_calls'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'context_window'],
    ['content_filtered', 'content_filter'],
    ['malformed_tool_use', 'error'],
    ['malformed_model_output', 'error'],
    ['new_reason', 'new_reason'],
  ])('reports the stop reason %s as %s', (stopReason, finish) => {
    expect(read({ stopReason }).finish).toBe(finish);
  });

  it('reports tier, latency and the model of a prompt router', () => {
    const invokedModelId = `arn:aws:bedrock:us-east-1:1:inference-profile/${HAIKU}`;
    expect(
      read({
        serviceTier: { type: 'priority' },
        performanceConfig: { latency: 'optimized' },
        trace: { promptRouter: { invokedModelId } },
      }),
    ).toMatchObject({ model: invokedModelId, usage: { serviceTier: 'priority', speed: 'optimized' } });
  });

  it.each([
    [[{ text: '' }], false],
    [[], false],
    [[{ toolUse: { toolUseId: 't', name: 'lookup', input: {} } }], true],
    [[{ reasoningContent: { reasoningText: { text: 'Hm' } } }], true],
  ])('recognizes content: %j', (content, hasContent) => {
    expect(read({ output: { message: { content } } }).hasContent).toBe(hasContent);
  });

  it('reports an error by its code, and hints by its message', () => {
    const message = 'The model returned the following errors: prompt is too long: 210000 tokens';
    expect(read({ message })).toMatchObject({
      error: { code: null, hint: 'context_window_exceeded' },
      complete: false,
    });
    expect(read({ message, originalStatusCode: 400, resourceName: 'm' })).toMatchObject({
      error: { hint: 'context_window_exceeded' },
    });
    expect(
      read({ __type: 'com.amazon.coral.service#ThrottlingException', message: 'Too many' }),
    ).toMatchObject({
      error: { code: 'ThrottlingException' },
    });
    expect(read({ Message: 'no' }).error).toMatchObject({ code: null });
  });
});

describe('streams of Bedrock Converse', () => {
  it('are complete when the metadata arrive, which follow the stop', () => {
    const stopped = stream(TEXT);
    expect(stopped).toMatchObject({
      finish: 'stop',
      complete: false,
      outputChunks: 1,
      usage: { inputTokens: null },
    });
    const usage = { inputTokens: 20, outputTokens: 8, totalTokens: 28 };
    expect(stream([...TEXT, ['metadata', { usage, metrics: { latencyMs: 9 } }]])).toMatchObject({
      complete: true,
      usage: { inputTokens: 20, outputTokens: 8 },
    });
  });

  it('count deltas of text, tools and reasoning', () => {
    const { outputChunks, outputBytes, hasContent } = stream([
      ['contentBlockStart', { contentBlockIndex: 0, start: { toolUse: { toolUseId: 't', name: 'lookup' } } }],
      ['contentBlockDelta', { contentBlockIndex: 0, delta: { toolUse: { input: '{"a":' } } }],
      ['contentBlockDelta', { contentBlockIndex: 1, delta: { reasoningContent: { text: 'Hm' } } }],
      ['contentBlockDelta', { contentBlockIndex: 1, delta: { reasoningContent: { signature: 'c2ln' } } }],
    ]);
    expect({ outputChunks, outputBytes, hasContent }).toEqual({
      outputChunks: 2,
      outputBytes: 7,
      hasContent: true,
    });
  });

  it.each([
    ['throttlingException', { message: 'Too many tokens' }, 'ThrottlingException'],
    ['modelStreamErrorException', { message: 'x', originalMessage: 'y' }, 'ModelStreamErrorException'],
    ['internalServerException', {}, 'InternalServerException'],
    // An unmodeled error has a code instead of a type. Source: Smithy specification, “Event streams”.
    ['InternalFailure', {}, 'InternalFailure'],
  ])('fail with the exception %s', (type, data, code) => {
    expect(stream([...TEXT, [type, data]]).error?.code).toBe(code);
  });

  it('of OpenAI models have an input that includes cached tokens', () => {
    // https://github.com/earendil-works/pi/issues/8752, https://github.com/maximhq/bifrost/pull/6942
    const model = '/model/us.openai.gpt-5.6-v1%3A0/converse-stream';
    expect(formatOfPath(model)).toBe(bedrockConverseOpenai);
    const usage = {
      inputTokens: 12_401,
      outputTokens: 9,
      cacheReadInputTokens: 8367,
      cacheWriteInputTokens: 4032,
    };
    expect(stream([['metadata', { usage }]], bedrockConverseOpenai).usage.inputTokens).toBe(12_401);
    expect(stream([['metadata', { usage }]]).usage.inputTokens).toBe(24_800);
    const response = emptyResponse();
    const net = { inputTokens: 2, outputTokens: 9, cacheWriteInputTokens: 4993 };
    bedrockConverseOpenai.readResponse({ usage: net }, response);
    expect(response.usage.inputTokens).toBe(4995);
  });
});
