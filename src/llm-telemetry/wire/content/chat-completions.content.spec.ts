import type OpenAI from 'openai';
import type { JsonObject } from '../json/json-value.js';
import { ChatCompletionsContent } from './chat-completions.content.js';

type Delta = OpenAI.Chat.Completions.ChatCompletionChunk.Choice.Delta;

function chunk(delta: Delta, finish: string | null = null, index = 0): JsonObject {
  return { choices: [{ index, delta, finish_reason: finish }] };
}

// Shapes: types of openai 7 (`resources/chat/completions`).
describe('content of Chat Completions', () => {
  it('is assembled per choice of a stream: reasoning, text and tool calls', () => {
    const content = new ChatCompletionsContent(1000);
    const call = (text: string, name?: string): Delta => ({
      tool_calls: [{ index: 0, ...(name ? { id: 'call_1' } : {}), function: { name, arguments: text } }],
    });
    for (const event of [
      chunk({ role: 'assistant', content: '' }),
      chunk({ reasoning_content: 'Hm, ' } as Delta),
      chunk({ reasoning_content: 'so.' } as Delta),
      chunk({ content: 'Sun' }),
      chunk({ content: 'No', refusal: null }, null, 1),
      chunk({ content: 'ny.' }),
      chunk(call('{"city":', 'weather')),
      chunk(call('"Lyon"}')),
      chunk({}, 'tool_calls'),
      chunk({}, 'length', 1),
      { choices: [], usage: {} },
    ])
      content.readEvent(event);
    expect(content.output()).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'Hm, so.' },
          { type: 'text', content: 'Sunny.' },
          { type: 'tool_call', id: 'call_1', name: 'weather', arguments: '{"city":"Lyon"}' },
        ],
        finish_reason: 'tool_calls',
      },
      { role: 'assistant', parts: [{ type: 'text', content: 'No' }], finish_reason: 'length' },
    ]);
  });

  it('contains the transcript of audio without its data', () => {
    const audio = { id: 'audio_1', data: 'aGVsbG8=', expires_at: 1, transcript: 'Hello!' };
    const whole = new ChatCompletionsContent(1000);
    whole.readResponse({ choices: [{ message: { content: null, audio }, finish_reason: 'stop' }] });
    const streamed = new ChatCompletionsContent(1000);
    for (const part of [{ data: 'aGVs' }, { transcript: 'Hel' }, { transcript: 'lo!' }])
      streamed.readEvent(chunk({ audio: part } as Delta));
    for (const content of [whole, streamed])
      expect(content.output()).toMatchObject([{ parts: [{ type: 'text', content: 'Hello!' }] }]);
  });

  it('contains the result of a tool as text, in one part or several', () => {
    const messages: OpenAI.Chat.Completions.ChatCompletionToolMessageParam[] = [
      { role: 'tool', tool_call_id: 'call_1', content: 'sunny' },
      {
        role: 'tool',
        tool_call_id: 'call_2',
        content: [
          { type: 'text', text: 'very' },
          { type: 'text', text: 'sunny' },
        ],
      },
    ];
    expect(new ChatCompletionsContent(1000).readRequest({ messages }).input).toEqual([
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_1', response: 'sunny' }] },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_2', response: 'very\nsunny' }] },
    ]);
  });
});
