import type OpenAI from 'openai';
import type { JsonObject } from '../json/json-value.js';
import type { ContentMessage } from './content.js';
import { ResponsesContent } from './responses.content.js';

type Event = OpenAI.Responses.ResponseStreamEvent;
type Output = OpenAI.Responses.ResponseOutputItem[];

// Shapes: types of openai 7 (`resources/responses`).
const OUTPUT: Output = [
  { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm, so.' }] },
  {
    type: 'message',
    id: 'msg_1',
    role: 'assistant',
    status: 'completed',
    content: [
      { type: 'output_text', text: 'Sunny.', annotations: [], logprobs: [] },
      { type: 'refusal', refusal: 'No more.' },
    ],
  },
  { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'weather', arguments: '{"city":"Lyon"}' },
  { type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_2', name: 'shell', input: 'ls' },
  { type: 'mcp_call', id: 'mcp_1', server_label: 'docs', name: 'find', arguments: '{"q":"x"}' },
];
const PARTS = [
  { type: 'reasoning', content: 'Hm, so.' },
  { type: 'text', content: 'Sunny.' },
  { type: 'text', content: 'No more.' },
  { type: 'tool_call', id: 'call_1', name: 'weather', arguments: '{"city":"Lyon"}' },
  { type: 'tool_call', id: 'call_2', name: 'shell', arguments: 'ls' },
  { type: 'tool_call', id: 'mcp_1', name: 'find', arguments: '{"q":"x"}' },
];

function read(events: readonly unknown[], limit = 1000): readonly ContentMessage[] {
  const content = new ResponsesContent(limit);
  for (const event of events) content.readEvent(event as JsonObject);
  return content.output();
}

/** The events of `OUTPUT` without the last one, which repeats the complete output. */
const PIECES: Event[] = [
  { type: 'response.output_item.added', output_index: 0, item: OUTPUT[0]!, sequence_number: 0 },
  ...['Hm, ', 'so.'].map((delta): Event => ({
    type: 'response.reasoning_summary_text.delta',
    item_id: 'rs_1',
    output_index: 0,
    summary_index: 0,
    delta,
    sequence_number: 1,
  })),
  ...['Sun', 'ny.'].map((delta): Event => ({
    type: 'response.output_text.delta',
    item_id: 'msg_1',
    output_index: 1,
    content_index: 0,
    delta,
    logprobs: [],
    sequence_number: 2,
  })),
  {
    type: 'response.refusal.delta',
    item_id: 'msg_1',
    output_index: 1,
    content_index: 1,
    delta: 'No more.',
    sequence_number: 3,
  },
  {
    type: 'response.output_item.added',
    output_index: 2,
    item: { ...OUTPUT[2]!, arguments: '' } as Output[0],
    sequence_number: 4,
  },
  ...['{"city":', '"Lyon"}'].map((delta): Event => ({
    type: 'response.function_call_arguments.delta',
    item_id: 'fc_1',
    output_index: 2,
    delta,
    sequence_number: 5,
  })),
  {
    type: 'response.output_item.added',
    output_index: 3,
    item: { ...OUTPUT[3]!, input: '' } as Output[0],
    sequence_number: 6,
  },
  {
    type: 'response.custom_tool_call_input.delta',
    item_id: 'ctc_1',
    output_index: 3,
    delta: 'ls',
    sequence_number: 7,
  },
  {
    type: 'response.output_item.added',
    output_index: 4,
    item: { ...OUTPUT[4]!, arguments: '' } as Output[0],
    sequence_number: 8,
  },
  {
    type: 'response.mcp_call_arguments.delta',
    item_id: 'mcp_1',
    output_index: 4,
    delta: '{"q":"x"}',
    sequence_number: 9,
  },
];

describe('content of OpenAI Responses', () => {
  it('contains text, reasoning and tool calls', () => {
    const content = new ResponsesContent(1000);
    content.readResponse({ status: 'completed', output: OUTPUT });
    expect(content.output()).toEqual([{ role: 'assistant', parts: PARTS, finish_reason: 'completed' }]);
  });

  it('is assembled from a stream that the application abandoned', () => {
    expect(read(PIECES)).toEqual([{ role: 'assistant', parts: PARTS }]);
  });

  it.each(['completed', 'incomplete', 'failed'])('is taken from the last event, response.%s', (status) => {
    const end = { type: `response.${status}`, response: { status, output: OUTPUT } };
    expect(read([...PIECES, end])).toEqual([{ role: 'assistant', parts: PARTS, finish_reason: status }]);
  });

  it('contains the reason of an incomplete response', () => {
    const content = new ResponsesContent(1000);
    content.readResponse({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [],
    });
    expect(content.output()).toEqual([{ role: 'assistant', parts: [], finish_reason: 'max_output_tokens' }]);
  });

  it('is limited in size while it is assembled', () => {
    const piece = { ...PIECES[3]!, delta: 'x'.repeat(60) };
    const [{ parts }] = read(
      Array.from({ length: 1000 }, () => piece),
      100,
    ) as [ContentMessage];
    // One character beyond the limit indicates that the text was cut.
    expect(parts).toEqual([{ type: 'text', content: 'x'.repeat(101) }]);
  });

  it('is empty for an empty stream', () => {
    expect(read([])).toEqual([]);
    expect(read([{ type: 'error', message: 'About the prompt.' }, {}, { type: 7 }])).toEqual([]);
  });

  it('contains the instructions and the input: text, tool calls, tool results, images and files without data', () => {
    const request: OpenAI.Responses.ResponseCreateParams = {
      model: 'gpt-4.1',
      instructions: 'Be brief.',
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'What is this?' },
            { type: 'input_image', detail: 'auto', image_url: 'data:image/png;base64,aGVsbG8=' },
            { type: 'input_image', detail: 'auto', image_url: 'https://example.com/cat.png' },
            { type: 'input_file', file_data: 'data:application/pdf;base64,aGVsbG8=' },
          ],
        },
        { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{}' },
        { type: 'function_call_output', call_id: 'call_1', output: 'sunny' },
        {
          type: 'function_call_output',
          call_id: 'call_2',
          output: [
            { type: 'input_text', text: 'a picture' },
            { type: 'input_image', image_url: 'data:image/png;base64,aGVsbG8=' },
          ],
        },
        { type: 'item_reference', id: 'msg_1' },
      ],
    };
    const { system, input } = new ResponsesContent(1000).readRequest(request as unknown as JsonObject);
    expect(system).toEqual([{ type: 'text', content: 'Be brief.' }]);
    expect(input).toEqual([
      {
        role: 'user',
        parts: [
          { type: 'text', content: 'What is this?' },
          { type: 'blob', modality: 'image', mime_type: 'image/png' },
          { type: 'uri', modality: 'image', uri: 'https://example.com/cat.png' },
          { type: 'blob', modality: 'document', mime_type: null },
        ],
      },
      { role: 'assistant', parts: [{ type: 'tool_call', id: 'call_1', name: 'weather', arguments: '{}' }] },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_1', response: 'sunny' }] },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_2', response: 'a picture' }] },
    ]);
  });

  it.each([[undefined], [null], [7], [[null, 'x', {}]]])('contains no input for %j', (input) => {
    const read = new ResponsesContent(1000).readRequest({ input });
    expect(read.input.flatMap(({ parts }) => parts)).toEqual([]);
  });
});
