import type { JsonObject } from '../json/json-value.js';
import { InvokeContent } from './bedrock-invoke.content.js';

const user = (content: string): object => ({ role: 'user', parts: [{ type: 'text', content }] });
const answer = (content: string, finish: string): object => ({
  role: 'assistant',
  parts: [{ type: 'text', content }],
  finish_reason: finish,
});

function chunk(event: object): JsonObject {
  return { bytes: Buffer.from(JSON.stringify(event)).toString('base64'), p: 'abc' };
}

describe('the content of Bedrock InvokeModel', () => {
  // Source: Amazon Bedrock user guide, “Inference request parameters and response fields for foundation models”.
  it.each<[string, JsonObject, JsonObject, string]>([
    [
      'Anthropic',
      { anthropic_version: 'bedrock-2023-05-31', messages: [{ role: 'user', content: 'Ask' }] },
      { type: 'message', content: [{ type: 'text', text: 'Hi' }], stop_reason: 'end_turn' },
      'end_turn',
    ],
    [
      'Nova',
      { messages: [{ role: 'user', content: [{ text: 'Ask' }] }] },
      { output: { message: { content: [{ text: 'Hi' }] } }, stopReason: 'end_turn' },
      'end_turn',
    ],
    ['Llama', { prompt: 'Ask' }, { generation: 'Hi', stop_reason: 'stop' }, 'stop'],
    [
      'Titan',
      { inputText: 'Ask' },
      { results: [{ outputText: 'Hi', completionReason: 'FINISH' }] },
      'FINISH',
    ],
    ['Cohere', { message: 'Ask' }, { text: 'Hi', finish_reason: 'COMPLETE' }, 'COMPLETE'],
    ['Mistral', { prompt: 'Ask' }, { outputs: [{ text: 'Hi', stop_reason: 'stop' }] }, 'stop'],
    [
      'OpenAI',
      { messages: [{ role: 'user', content: 'Ask' }] },
      { choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }] },
      'stop',
    ],
  ])('is read for %s', (_, request, response, finish) => {
    const reader = new InvokeContent(100);
    reader.readResponse(response);
    expect(reader.readRequest(request)).toEqual({ system: [], input: [user('Ask')] });
    expect(reader.output()).toEqual([answer('Hi', finish)]);
  });

  it.each<[string, readonly object[], string]>([
    [
      'Anthropic',
      [
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ' you' } },
        { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
      ],
      'end_turn',
    ],
    [
      'Nova',
      [
        { messageStart: { role: 'assistant' } },
        { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'Hi' } } },
        { contentBlockDelta: { contentBlockIndex: 0, delta: { text: ' you' } } },
        { messageStop: { stopReason: 'end_turn' } },
      ],
      'end_turn',
    ],
    [
      'Llama',
      [{ generation: 'Hi' }, { generation: ' you' }, { generation: '', stop_reason: 'stop' }],
      'stop',
    ],
    [
      'Cohere',
      [
        { event_type: 'text-generation', text: 'Hi' },
        { event_type: 'text-generation', text: ' you' },
        { event_type: 'stream-end', finish_reason: 'COMPLETE', response: { text: 'Hi you' }, text: 'Hi you' },
      ],
      'COMPLETE',
    ],
  ])('is collected from the chunks of %s', (_, events, finish) => {
    const reader = new InvokeContent(100);
    for (const event of events) reader.readEvent(chunk(event));
    expect(reader.output()).toEqual([answer('Hi you', finish)]);
  });

  it('of embeddings has the texts, and no output', () => {
    const reader = new InvokeContent(100);
    reader.readResponse({ embedding: [0.1] });
    expect(reader.readRequest({ texts: ['one', 'two'] }).input).toEqual([
      {
        role: 'user',
        parts: [
          { type: 'text', content: 'one' },
          { type: 'text', content: 'two' },
        ],
      },
    ]);
    expect(reader.output()).toEqual([]);
  });
});
