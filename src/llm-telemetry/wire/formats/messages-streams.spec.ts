import type Anthropic from '@anthropic-ai/sdk';
import {
  delta,
  type Delta,
  MESSAGE,
  type Message,
  messageDelta,
  readBody,
  readEvents,
  start,
  STOP,
  text,
  USAGE,
  usageOf,
} from '../../../../test/support/formats/messages.js';
import type { ResponseDraft } from '../response-draft.js';
import { countsToUsage } from '../to-usage.js';
import type { Usage } from '../usage.js';

describe('usage of a stream of Anthropic Messages', () => {
  const cached: Partial<Message['usage']> = {
    input_tokens: 3,
    cache_creation_input_tokens: 50,
    cache_read_input_tokens: 200,
    cache_creation: { ephemeral_5m_input_tokens: 30, ephemeral_1h_input_tokens: 20 },
    service_tier: 'priority',
    inference_geo: 'us',
    speed: 'fast',
  };
  const ofStart: Partial<Usage> = {
    inputTokens: 253,
    cachedInputTokens: 200,
    cacheWriteTokens5m: 30,
    cacheWriteTokens1h: 20,
    serviceTier: 'priority',
    geo: 'us',
    speed: 'fast',
    clamped: false,
  };

  it('keeps counts of message_start if message_delta has null', () => {
    const response = readEvents([start(cached), text('Hi'), messageDelta({ output_tokens: 15 }), STOP]);
    expect(response).toMatchObject({ id: MESSAGE.id, model: MESSAGE.model, finish: 'stop', complete: true });
    expect(usageOf(response)).toMatchObject({ ...ofStart, outputTokens: 15, source: 'provider' });
  });

  it('keeps counts of message_start if message_delta omits them', () => {
    // Older versions of the API and most proxies omit them.
    const old = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 15 } };
    expect(usageOf(readEvents([start(cached), text('Hi'), old, STOP]))).toMatchObject({
      ...ofStart,
      outputTokens: 15,
    });
  });

  it('prefers the cumulative counts of message_delta to those of message_start', () => {
    // With server tools, the input grows during the response (“Streaming Messages”, web search).
    const end = messageDelta({
      input_tokens: 10_000,
      cache_creation_input_tokens: 80,
      cache_read_input_tokens: 400,
      output_tokens: 510,
      output_tokens_details: { thinking_tokens: 44 },
      server_tool_use: { web_search_requests: 3, web_fetch_requests: 0 },
    });
    expect(usageOf(readEvents([start(cached), text('Hi'), end, STOP]))).toMatchObject({
      inputTokens: 10_480,
      cachedInputTokens: 400,
      cacheWriteTokens5m: 60,
      cacheWriteTokens1h: 20,
      outputTokens: 510,
      reasoningTokens: 44,
      webSearchRequests: 3,
      toolUses: {},
      serviceTier: 'priority',
      clamped: false,
    });
  });

  it('uses the last of several message_delta events, not their sum', () => {
    const response = readEvents([
      start(),
      text('Hi'),
      messageDelta({ output_tokens: 5 }, null),
      messageDelta({ output_tokens: 9, cache_read_input_tokens: 30 }),
      messageDelta({ output_tokens: 9 }),
      STOP,
    ]);
    expect(usageOf(response)).toMatchObject({
      inputTokens: 42,
      cachedInputTokens: 30,
      outputTokens: 9,
      clamped: false,
    });
  });

  it('ignores the placeholder output count of message_start', () => {
    const left = readEvents([
      start({ ...cached, output_tokens: 4 }),
      text('“Wörter”'),
      text(' and more words'),
    ]);
    expect(left).toMatchObject({ complete: false, finish: null, outputChunks: 2 });
    // 13 and 15 bytes
    expect(usageOf(left)).toMatchObject({ ...ofStart, outputTokens: 7, source: 'estimated' });
  });

  it('is estimated from text, thinking and tool input, not from signatures', () => {
    const response = readEvents([
      start(),
      delta({ type: 'thinking_delta', thinking: 'Hm, so ' }),
      delta({ type: 'thinking_delta', thinking: 'it is.' }),
      delta({ type: 'signature_delta', signature: 'EqQBCgIYAhIM1gbcDa9GJwZA2b3h' }),
      text('Done'),
      delta({ type: 'input_json_delta', partial_json: '{a' }),
      delta({ type: 'input_json_delta', partial_json: '' }),
    ]);
    expect(response.outputBytes).toBe(7 + 6 + 4 + 2);
  });

  it('does not report a first token for message_start, ping or an empty delta', () => {
    const block = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } };
    const response = readEvents([start(), block, '{"type": "ping"}', text('')]);
    expect(response).toMatchObject({ outputChunks: 0, outputBytes: 0 });
  });

  it('is the same if the JSON contains spaces', () => {
    const events = [start(cached), text('a'), text('b “c”'), messageDelta({ output_tokens: 15 }), STOP];
    const spaced = events.map((event) => JSON.stringify(event, null, 1).replaceAll(/\n\s*/g, ' '));
    expect(readEvents(spaced)).toEqual(readEvents(events));
  });
});

describe('a response of several models (beta)', () => {
  type BetaUsage = Anthropic.Beta.Messages.BetaUsage;
  type Iteration = Anthropic.Beta.Messages.BetaIterationsUsage[number];

  const step = (counts: Partial<Iteration>): Omit<Iteration, 'type' | 'model'> => ({
    input_tokens: 0,
    output_tokens: 0,
    cache_creation: null,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    ...counts,
  });

  // Documentation, “Compaction”, “Advisor”, “Refusals and fallback”; types of @anthropic-ai/sdk 1 (`BetaUsage`): the
  // top-level counts exclude compaction and advisor steps.
  const ITERATIONS: Anthropic.Beta.Messages.BetaIterationsUsage = [
    { type: 'compaction', ...step({ input_tokens: 180_000, output_tokens: 3500 }) },
    {
      type: 'message',
      model: 'claude-haiku-4-5-20251001',
      ...step({
        input_tokens: 20,
        output_tokens: 40,
        cache_read_input_tokens: 1000,
        cache_creation_input_tokens: 300,
        cache_creation: { ephemeral_5m_input_tokens: 200, ephemeral_1h_input_tokens: 100 },
      }),
    },
    {
      type: 'advisor_message',
      model: 'claude-opus-4-6',
      ...step({ input_tokens: 900, output_tokens: 500 }),
    },
    {
      type: 'fallback_message',
      model: 'claude-sonnet-4-5-20250929',
      ...step({ input_tokens: 25, output_tokens: 60 }),
    },
  ];

  const USAGE_OF_ALL: BetaUsage = {
    ...USAGE,
    input_tokens: 45,
    cache_read_input_tokens: 1000,
    cache_creation_input_tokens: 300,
    output_tokens: 100,
    output_tokens_details: { thinking_tokens: 30 },
    server_tool_use: { web_search_requests: 2, web_fetch_requests: 0 },
    service_tier: 'standard',
    inference_geo: 'us',
    iterations: ITERATIONS,
    fallback_credit: null,
  };

  const whole = {
    inputTokens: 180_000 + 1320 + 900 + 25,
    cachedInputTokens: 1000,
    cacheWriteTokens5m: 200,
    cacheWriteTokens1h: 100,
    outputTokens: 3500 + 40 + 500 + 60,
    reasoningTokens: 30,
    webSearchRequests: 2,
    geo: 'us',
    clamped: false,
    source: 'provider',
  };

  const parts = [
    [null, { inputTokens: 180_000, outputTokens: 3500, webSearchRequests: 2, geo: 'us' }],
    [
      'claude-haiku-4-5-20251001',
      {
        inputTokens: 1320,
        cachedInputTokens: 1000,
        cacheWriteTokens5m: 200,
        cacheWriteTokens1h: 100,
        outputTokens: 40,
        webSearchRequests: 0,
        geo: 'us',
      },
    ],
    ['claude-opus-4-6', { inputTokens: 900, outputTokens: 500, geo: 'us' }],
    ['claude-sonnet-4-5-20250929', { inputTokens: 25, outputTokens: 60, geo: 'us' }],
  ];

  const partsOf = (response: ResponseDraft): unknown =>
    response.iterations!.map(({ model, usage }) => [model, countsToUsage(usage)]);

  it('contains the tokens of all steps by model', () => {
    const response = readBody({ ...MESSAGE, usage: USAGE_OF_ALL });
    expect(usageOf(response)).toMatchObject(whole);
    expect(partsOf(response)).toMatchObject(parts);
  });

  it('contains the steps of a stream', () => {
    const { iterations, output_tokens, output_tokens_details, server_tool_use } = USAGE_OF_ALL;
    const end = messageDelta({
      output_tokens,
      output_tokens_details,
      server_tool_use,
      ...({ iterations } as object),
    });
    const response = readEvents([start({ input_tokens: 45, inference_geo: 'us' }), text('Hi'), end, STOP]);
    expect(usageOf(response)).toMatchObject(whole);
    expect(partsOf(response)).toMatchObject(parts);
  });

  it.each([null, undefined, [], [{}], [null]])(
    'is attributed to one model if the iterations are %j',
    (iterations) => {
      const response = readBody({ ...MESSAGE, usage: { ...USAGE, iterations } });
      expect(response.iterations).toBeNull();
      expect(usageOf(response)).toMatchObject({ inputTokens: 12, outputTokens: 6 });
    },
  );

  it('treats unexpected steps as empty', () => {
    const iterations = [null, 'x', { type: 'message', input_tokens: 'few' }, ITERATIONS[3]];
    const response = readBody({ ...MESSAGE, usage: { ...USAGE, iterations } });
    expect(usageOf(response)).toMatchObject({ inputTokens: 25, outputTokens: 60, source: 'provider' });
    expect(response.iterations).toHaveLength(4);
  });
});

describe('output size of blocks that are not text', () => {
  type BetaBlock = Anthropic.Beta.Messages.BetaContentBlock;

  // API reference, “Messages”, and documentation of extended thinking and of the tools that run at the provider.
  const THINKING: BetaBlock = {
    type: 'thinking',
    thinking: 'Hm, so ',
    signature: 'EqQBCgIYAhIM1gbcDa9GJwZA2b3h',
  };
  const REDACTED: BetaBlock = { type: 'redacted_thinking', data: 'EmwKAhgBEgy3va3pzix' };
  const SEARCH: BetaBlock = {
    type: 'server_tool_use',
    id: 'srvtoolu_01WYG3ziw53XMcoyKL4XcZmE',
    name: 'web_search',
    input: { query: 'sea' },
    caller: { type: 'direct' },
  };
  const FOUND: BetaBlock = {
    type: 'web_search_tool_result',
    tool_use_id: SEARCH.id,
    caller: { type: 'direct' },
    content: [
      {
        type: 'web_search_result',
        title: 'An example',
        url: 'https://example.com/',
        page_age: null,
        encrypted_content: 'RXhhbXBsZQ==',
      },
    ],
  };
  const CITED: BetaBlock = {
    type: 'text',
    text: 'Salt.',
    citations: [
      {
        type: 'web_search_result_location',
        title: 'An example',
        url: 'https://example.com/',
        cited_text: 'This domain is for use in examples.',
        encrypted_index: 'RXhhbXBsZQ==',
      },
    ],
  };
  const CALL: BetaBlock = {
    type: 'tool_use',
    id: 'toolu_01D7FLrfh4GYq7yT1ULFeyMV',
    name: 'weather',
    input: { city: 'Lyon' },
    caller: { type: 'direct' },
  };

  it.each<[string, BetaBlock[], number]>([
    ['thinking without its signature', [THINKING], 7],
    ['no redacted thinking', [REDACTED], 0],
    ['the query of a web search without its results', [SEARCH, FOUND], 3],
    ['text without its citations', [CITED], 5],
    ['arguments of a tool call', [CALL], 4],
    ['all of them', [THINKING, SEARCH, FOUND, CITED, CALL], 7 + 3 + 5 + 4],
  ])('includes %s', (_, content, bytes) => {
    expect(readBody({ ...MESSAGE, usage: undefined, content }).outputBytes).toBe(bytes);
  });

  it('excludes citation deltas', () => {
    const [citation] = (CITED as Anthropic.Beta.Messages.BetaTextBlock).citations!;
    const cited = { type: 'citations_delta', citation } as Delta;
    const before = [start(), text('Salt.')];
    expect(readEvents([...before, delta(cited)]).outputBytes).toBe(5);
    // It does not count as the first token either.
    expect(readEvents([start(), delta(cited)])).toMatchObject({ outputChunks: 0, outputBytes: 0 });
  });
});
