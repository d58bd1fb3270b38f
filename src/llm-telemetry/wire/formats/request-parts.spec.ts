import '../../../../test/support/loaded-wire.js';
import { formatOfPath } from '../exchanges/known-formats.js';
import { NO_HEADERS } from '../headers.js';
import type { JsonObject } from '../json/json-value.js';
import { chatCompletions } from './chat-completions.js';
import { messages } from './messages.js';
import { outputTypeOf, stopSequencesOf } from './request-parts.js';
import { responses } from './responses.js';

describe('parameters that formats share', () => {
  it.each([
    ['text', 'text'],
    [{ type: 'json_schema', json_schema: {} }, 'json'],
    [{ type: 'json_object' }, 'json'],
    ['json', 'json'],
    ['mp3', undefined],
    [{ type: 'grammar' }, undefined],
    [null, undefined],
  ])('reads the output type of %j', (format, expected) => {
    expect(outputTypeOf(format)).toBe(expected);
  });

  it('reads stop sequences of a text and of a list', () => {
    expect(stopSequencesOf('x')).toEqual(['x']);
    expect(stopSequencesOf(['x', 3, 'y'])).toEqual(['x', 'y']);
    expect(stopSequencesOf(null)).toBeUndefined();
  });

  it.each([
    // Source: types of openai 7 (`ChatCompletionCreateParams`).
    [
      chatCompletions,
      { reasoning_effort: 'low', response_format: { type: 'json_object' } },
      { reasoningEffort: 'low', outputType: 'json' },
    ],
    [chatCompletions, { modalities: ['text', 'audio'] }, { outputType: 'speech' }],
    [chatCompletions, { modalities: ['image', 'text'] }, { outputType: 'image' }],
    // Source: types of openai 7 (`ResponseCreateParams`).
    [
      responses,
      {
        reasoning: { effort: 'high' },
        text: { format: { type: 'json_schema' } },
        previous_response_id: 'resp_1',
        conversation: { id: 'conv_1' },
      },
      {
        reasoningEffort: 'high',
        outputType: 'json',
        previousResponseId: 'resp_1',
        conversationId: 'conv_1',
      },
    ],
    [responses, { conversation: 'conv_2' }, { conversationId: 'conv_2' }],
    // Source: types of @anthropic-ai/sdk 1 (`OutputConfig`).
    [
      messages,
      { output_config: { effort: 'medium', format: { type: 'json_schema' } } },
      { reasoningEffort: 'medium', outputType: 'json' },
    ],
    [messages, { output_format: { type: 'json_schema' } }, { outputType: 'json' }],
  ])('reads effort, output type and ids of a request', (format, body, expected) => {
    expect(Object.keys(body).every((key) => format.requestKeys.has(key))).toBe(true);
    expect(format.readRequest(body as JsonObject, '', NO_HEADERS)).toMatchObject(expected);
  });

  it('reads the compaction of a conversation as a response', () => {
    expect(formatOfPath('https://api.openai.com/v1/responses/compact')).toBe(responses);
  });
});
