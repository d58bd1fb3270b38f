import '../../../../test/support/loaded-wire.js';
import { formatOfPath } from '../exchanges/known-formats.js';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import type { WireFormat } from './format.js';

const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const METRICS = 'amazon-bedrock-invocationMetrics';

function formatOf(model: string): WireFormat {
  return formatOfPath(`/model/${encodeURIComponent(model)}/invoke`)!;
}

const chat = formatOf(HAIKU);

function stream(...events: readonly object[]): ResponseDraft {
  const response = emptyResponse();
  for (const event of events) {
    const bytes = Buffer.from(JSON.stringify(event)).toString('base64');
    chat.readEvent(JSON.stringify({ bytes, p: 'abcdef' }), response, 'chunk');
  }
  return response;
}

describe('streams of Bedrock InvokeModel', () => {
  const metrics = { inputTokenCount: 12, outputTokenCount: 6, invocationLatency: 90, firstByteLatency: 40 };

  // Chunks of the makers: see the sources above.
  it.each<[string, readonly object[], object, string]>([
    [
      'Anthropic',
      [
        {
          type: 'message_start',
          message: {
            id: 'm',
            type: 'message',
            model: 'claude',
            content: [],
            usage: { input_tokens: 12, output_tokens: 1 },
          },
        },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ' you' } },
        { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 6 } },
        { type: 'message_stop', [METRICS]: metrics },
      ],
      { inputTokens: 12, outputTokens: 6 },
      'stop',
    ],
    [
      'Nova',
      [
        { messageStart: { role: 'assistant' } },
        { contentBlockDelta: { delta: { text: 'Hi' }, contentBlockIndex: 0 } },
        { contentBlockDelta: { delta: { text: ' you' }, contentBlockIndex: 0 } },
        { messageStop: { stopReason: 'end_turn' } },
        {
          metadata: {
            usage: { inputTokens: 12, outputTokens: 6, cacheReadInputTokenCount: 0 },
            metrics: {},
            trace: {},
          },
          [METRICS]: metrics,
        },
      ],
      { inputTokens: 12, outputTokens: 6 },
      'stop',
    ],
    [
      'Llama',
      [
        { generation: 'Hi', prompt_token_count: 12, generation_token_count: 1, stop_reason: null },
        { generation: ' you', prompt_token_count: null, generation_token_count: 6, stop_reason: null },
        {
          generation: '',
          prompt_token_count: null,
          generation_token_count: 6,
          stop_reason: 'stop',
          [METRICS]: metrics,
        },
      ],
      { inputTokens: 12, outputTokens: 6 },
      'stop',
    ],
    [
      'Titan',
      [
        {
          outputText: 'Hi',
          index: 0,
          totalOutputTextTokenCount: null,
          completionReason: null,
          inputTextTokenCount: 12,
        },
        {
          outputText: ' you',
          index: 0,
          totalOutputTextTokenCount: 6,
          completionReason: 'FINISH',
          [METRICS]: metrics,
        },
      ],
      { inputTokens: 12, outputTokens: 6 },
      'stop',
    ],
    [
      'Cohere',
      [
        { is_finished: false, event_type: 'stream-start', generation_id: 'g' },
        { is_finished: false, event_type: 'text-generation', text: 'Hi' },
        { is_finished: false, event_type: 'text-generation', text: ' you' },
        {
          is_finished: true,
          event_type: 'stream-end',
          finish_reason: 'COMPLETE',
          response: { text: 'Hi you' },
          [METRICS]: metrics,
        },
      ],
      { inputTokens: 12, outputTokens: 6 },
      'stop',
    ],
    [
      'Mistral',
      [
        { outputs: [{ text: 'Hi', stop_reason: null }] },
        { outputs: [{ text: ' you', stop_reason: 'length' }], [METRICS]: metrics },
      ],
      { inputTokens: 12, outputTokens: 6 },
      'length',
    ],
    [
      'Mistral Large',
      [
        { choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, stop_reason: null }] },
        { choices: [{ index: 0, message: { role: 'assistant', content: ' you' }, stop_reason: null }] },
        {
          choices: [{ index: 0, message: { role: 'assistant', content: '' }, stop_reason: 'stop' }],
          [METRICS]: metrics,
        },
      ],
      { inputTokens: 12, outputTokens: 6 },
      'stop',
    ],
  ])('are read for %s', (_, events, usage, finish) => {
    expect(stream(...events)).toMatchObject({
      model: null,
      finish,
      complete: true,
      outputChunks: 2,
      outputBytes: 6,
      usage,
    });
    expect(stream(...events.slice(0, 1))).toMatchObject({ complete: false });
  });

  it('of unknown makers have the usage of the metrics', () => {
    expect(stream({ delta: 'Hi' }, { delta: '', [METRICS]: metrics })).toMatchObject({
      complete: true,
      usage: { inputTokens: 12, outputTokens: 6 },
    });
  });

  it('have cached tokens in the metrics if the maker reports none', () => {
    // https://github.com/BerriAI/litellm/issues/34373
    const start = {
      type: 'message_start',
      message: { type: 'message', content: [], usage: { input_tokens: 12, output_tokens: 1 } },
    };
    const cached = { ...metrics, cacheReadInputTokenCount: 9821, cacheWriteInputTokenCount: 0 };
    expect(stream(start, { type: 'message_stop', [METRICS]: cached }).usage).toMatchObject({
      inputTokens: 9833,
      cachedInputTokens: 9821,
    });
  });

  it('have the usage of Anthropic in the last event', () => {
    // https://github.com/BerriAI/litellm/pull/36878: the metrics exclude what the usage of `message_stop` contains.
    const usage = {
      input_tokens: 10_174,
      cache_read_input_tokens: 9821,
      cache_creation_input_tokens: 0,
      output_tokens: 6,
    };
    const stop = { type: 'message_stop', usage, [METRICS]: { ...metrics, inputTokenCount: 10_174 } };
    // https://github.com/maximhq/bifrost/issues/5629: `message_start` without usage.
    const start = { type: 'message_start', message: { type: 'message', content: [] } };
    expect(stream(start, stop).usage).toMatchObject({
      inputTokens: 19_995,
      cachedInputTokens: 9821,
      outputTokens: 6,
    });
  });

  it('read events that a gateway relays without base64', () => {
    const response = emptyResponse();
    chat.readEvent('{"type":"message_stop"}', response, null);
    expect(response.complete).toBe(true);
  });

  it('are not completed by text that looks like metrics', () => {
    const text = JSON.stringify({ [METRICS]: metrics });
    expect(stream({ generation: text }, { generation: text })).toMatchObject({
      complete: false,
      usage: { inputTokens: null },
    });
  });

  it('fail with exceptions', () => {
    const response = emptyResponse();
    chat.readEvent('{"message":"timeout"}', response, 'modelTimeoutException');
    expect(response.error?.code).toBe('ModelTimeoutException');
  });
});
