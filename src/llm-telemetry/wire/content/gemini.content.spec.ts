import type { JsonObject } from '../json/json-value.js';
import { GeminiContent, GeminiEmbeddingsContent } from './gemini.content.js';
import { InteractionsContent } from './interactions.content.js';

const LIMIT = 1000;

// Shapes: types of @google/genai 3 (`Content`, `Part`).
const REQUEST = {
  systemInstruction: { parts: [{ text: 'Be brief.' }] },
  contents: [
    {
      role: 'user',
      parts: [
        { text: 'Weather?' },
        { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
        { fileData: { mimeType: 'video/mp4', fileUri: 'gs://bucket/a.mp4' } },
      ],
    },
    { role: 'model', parts: [{ functionCall: { id: 'c1', name: 'weather', args: { city: 'Oslo' } } }] },
    { role: 'user', parts: [{ functionResponse: { id: 'c1', name: 'weather', response: { sky: 'grey' } } }] },
  ],
};

describe('the content of Gemini', () => {
  it('reads the messages of a request, without the data of media', () => {
    const read = new GeminiContent(LIMIT).readRequest(REQUEST);
    expect(read).toEqual({
      system: [{ type: 'text', content: 'Be brief.' }],
      input: [
        {
          role: 'user',
          parts: [
            { type: 'text', content: 'Weather?' },
            { type: 'blob', modality: 'image', mime_type: 'image/png' },
            { type: 'uri', modality: 'video', uri: 'gs://bucket/a.mp4' },
          ],
        },
        {
          role: 'model',
          parts: [{ type: 'tool_call', id: 'c1', name: 'weather', arguments: '{"city":"Oslo"}' }],
        },
        { role: 'user', parts: [{ type: 'tool_call_response', id: 'c1', response: '{"sky":"grey"}' }] },
      ],
    });
  });

  it('reads snake-case members and a request that Cloud Code wraps', () => {
    const request = {
      system_instruction: { parts: { text: 'Be brief.' } },
      contents: { parts: [{ inline_data: { mime_type: 'audio/wav', data: 'AAAA' } }] },
    };
    for (const body of [request, { model: 'm', request }])
      expect(new GeminiContent(LIMIT).readRequest(body)).toEqual({
        system: [{ type: 'text', content: 'Be brief.' }],
        input: [{ role: 'user', parts: [{ type: 'blob', modality: 'audio', mime_type: 'audio/wav' }] }],
      });
  });

  const chunk = (parts: object[], finishReason?: string): JsonObject => ({
    candidates: [{ content: { role: 'model', parts }, index: 0, ...(finishReason && { finishReason }) }],
  });

  it('joins the text of a stream and separates its thoughts', () => {
    const content = new GeminiContent(LIMIT);
    content.readEvent(chunk([{ text: 'Let me ', thought: true }]));
    content.readEvent(chunk([{ text: 'think.', thought: true }]));
    content.readEvent(chunk([{ text: 'Hel' }]));
    content.readEvent(chunk([{ text: 'lo' }, { functionCall: { name: 'f', args: {} } }], 'STOP'));
    expect(content.output()).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'Let me think.' },
          { type: 'text', content: 'Hello' },
          { type: 'tool_call', id: null, name: 'f', arguments: '{}' },
        ],
        finish_reason: 'STOP',
      },
    ]);
  });

  it('reads a tool call with streamed arguments once', () => {
    // Shape: types of @google/genai 3 (`PartialArg`).
    const content = new GeminiContent(LIMIT);
    content.readEvent(chunk([{ functionCall: { name: 'f', willContinue: true } }]));
    content.readEvent(
      chunk([{ functionCall: { partialArgs: [{ jsonPath: '$.a', stringValue: 'x' }], willContinue: true } }]),
    );
    content.readEvent(chunk([{ functionCall: {} }], 'STOP'));
    expect(content.output()[0]!.parts).toEqual([{ type: 'tool_call', id: null, name: 'f', arguments: '' }]);
  });

  it('reads the candidates of a response', () => {
    const content = new GeminiContent(LIMIT);
    const candidates = ['a', 'b'].map((text, index) => ({ content: { parts: [{ text }] }, index }));
    content.readResponse({ candidates });
    expect(content.output().map(({ parts }) => parts)).toEqual([
      [{ type: 'text', content: 'a' }],
      [{ type: 'text', content: 'b' }],
    ]);
  });

  it('cuts the text of a stream one character beyond the limit', () => {
    const content = new GeminiContent(3);
    for (let index = 0; index < 9; index++) content.readEvent(chunk([{ text: 'ab' }]));
    expect(content.output()[0]!.parts).toEqual([{ type: 'text', content: 'abab' }]);
  });

  it('reads the texts of embeddings', () => {
    const parts = [{ text: 'hello' }];
    for (const body of [
      { content: { parts } },
      { requests: [{ model: 'm', content: { parts } }] },
      { instances: [{ content: 'hello' }] },
    ])
      expect(new GeminiEmbeddingsContent().readRequest(body).input).toEqual([
        { role: 'user', parts: [{ type: 'text', content: 'hello' }] },
      ]);
  });

  it.each([null, 7, 'text', [], [null, 7], { parts: 7 }])(
    'reads nothing from contents that are %j',
    (contents) => {
      expect(() =>
        new GeminiContent(LIMIT).readRequest({ contents, systemInstruction: contents }),
      ).not.toThrow();
    },
  );
});

// Shapes: types of @google/genai 3 (`Step`, `InteractionSSEEvent`).
describe('the content of Gemini Interactions', () => {
  it('reads steps and contents of a request', () => {
    const input = [
      { type: 'user_input', content: [{ type: 'text', text: 'Weather?' }] },
      { type: 'thought', summary: [{ type: 'text', text: 'Hm.' }], signature: 'x' },
      { type: 'function_call', id: 'c1', name: 'weather', arguments: { city: 'Oslo' } },
      { type: 'function_result', call_id: 'c1', result: [{ type: 'text', text: 'grey' }] },
    ];
    const content = new InteractionsContent(LIMIT);
    expect(content.readRequest({ input, system_instruction: 'Be brief.' })).toEqual({
      system: [{ type: 'text', content: 'Be brief.' }],
      input: [
        { role: 'user', parts: [{ type: 'text', content: 'Weather?' }] },
        { role: 'assistant', parts: [{ type: 'reasoning', content: 'Hm.' }] },
        {
          role: 'assistant',
          parts: [{ type: 'tool_call', id: 'c1', name: 'weather', arguments: '{"city":"Oslo"}' }],
        },
        { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: 'grey' }] },
      ],
    });
    expect(content.readRequest({ input: 'hi' }).input).toEqual([
      { role: 'user', parts: [{ type: 'text', content: 'hi' }] },
    ]);
    expect(
      content.readRequest({ input: [{ type: 'image', data: 'A', mime_type: 'image/png' }] }).input,
    ).toEqual([{ role: 'user', parts: [{ type: 'blob', modality: 'image', mime_type: 'image/png' }] }]);
  });

  it('joins the deltas of a stream by step', () => {
    const content = new InteractionsContent(LIMIT);
    const events = [
      { event_type: 'step.start', index: 0, step: { type: 'thought' } },
      {
        event_type: 'step.delta',
        index: 0,
        delta: { type: 'thought_summary', content: { type: 'text', text: 'Hm.' } },
      },
      { event_type: 'step.start', index: 1, step: { type: 'model_output' } },
      { event_type: 'step.delta', index: 1, delta: { type: 'text', text: 'Hel' } },
      { event_type: 'step.delta', index: 1, delta: { type: 'text', text: 'lo' } },
      {
        event_type: 'step.start',
        index: 2,
        step: { type: 'function_call', id: 'c', name: 'f', arguments: {} },
      },
      { event_type: 'step.delta', index: 2, delta: { type: 'arguments_delta', arguments: '{"a":1}' } },
      { event_type: 'interaction.completed', interaction: { id: 'i', status: 'requires_action' } },
    ];
    for (const event of events) content.readEvent(event);
    expect(content.output()).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'Hm.' },
          { type: 'text', content: 'Hello' },
          { type: 'tool_call', id: 'c', name: 'f', arguments: '{"a":1}' },
        ],
        finish_reason: 'requires_action',
      },
    ]);
  });

  it('reads the steps of a response', () => {
    const content = new InteractionsContent(LIMIT);
    content.readResponse({
      status: 'completed',
      steps: [
        { type: 'google_search_call', id: 's', arguments: { queries: ['q'] } },
        { type: 'model_output', content: [{ type: 'text', text: 'Hello' }] },
      ],
    });
    expect(content.output()).toEqual([
      { role: 'assistant', parts: [{ type: 'text', content: 'Hello' }], finish_reason: 'completed' },
    ]);
  });
});
