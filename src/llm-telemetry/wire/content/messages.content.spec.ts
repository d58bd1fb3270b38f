import type Anthropic from '@anthropic-ai/sdk';
import type { JsonObject } from '../json/json-value.js';
import type { ContentMessage } from './content.js';
import { MessagesContent } from './messages.content.js';

type Block = Anthropic.Beta.Messages.BetaContentBlock;

// Shapes: types of @anthropic-ai/sdk 1 (`resources/beta/messages`).
const BLOCKS: Block[] = [
  { type: 'thinking', thinking: 'Hm, so.', signature: 'c2lnbmF0dXJl' },
  { type: 'redacted_thinking', data: 'ZW5jcnlwdGVk' },
  {
    type: 'server_tool_use',
    id: 'srvtoolu_1',
    name: 'web_search',
    input: { query: 'sea' },
    caller: { type: 'direct' },
  },
  {
    type: 'web_search_tool_result',
    tool_use_id: 'srvtoolu_1',
    caller: { type: 'direct' },
    content: [
      {
        type: 'web_search_result',
        title: 'An example',
        url: 'https://example.com/',
        page_age: null,
        encrypted_content: 'ZW5jcnlwdGVk',
      },
    ],
  },
  { type: 'text', text: 'Salt.', citations: null },
  { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Lyon' }, caller: { type: 'direct' } },
];

const PARTS = [
  { type: 'reasoning', content: 'Hm, so.' },
  { type: 'tool_call', id: 'srvtoolu_1', name: 'web_search', arguments: '{"query":"sea"}' },
  { type: 'tool_call_response', id: 'srvtoolu_1', response: 'https://example.com/' },
  { type: 'text', content: 'Salt.' },
  { type: 'tool_call', id: 'toolu_1', name: 'weather', arguments: '{"city":"Lyon"}' },
];

/** Yields the start and the deltas of a block. */
function* eventsOf(block: Block, index: number): Generator<object> {
  const start = { type: 'content_block_start', index };
  const deltas = (type: string, key: string, ...pieces: string[]): object[] =>
    pieces.map((piece) => ({ type: 'content_block_delta', index, delta: { type, [key]: piece } }));
  switch (block.type) {
    case 'thinking':
      yield { ...start, content_block: { ...block, thinking: '', signature: '' } };
      yield* deltas('thinking_delta', 'thinking', 'Hm, ', 'so.');
      yield* deltas('signature_delta', 'signature', block.signature);
      break;
    case 'text':
      yield { ...start, content_block: { ...block, text: '' } };
      yield {
        type: 'content_block_delta',
        index,
        delta: { type: 'citations_delta', citation: { cited_text: 'x' } },
      };
      yield* deltas('text_delta', 'text', 'Sa', 'lt.');
      break;
    case 'tool_use':
    case 'server_tool_use':
      yield { ...start, content_block: { ...block, input: {} } };
      yield* deltas('input_json_delta', 'partial_json', '', ...JSON.stringify(block.input).match(/.{1,5}/g)!);
      break;
    default:
      yield { ...start, content_block: block };
  }
  yield { type: 'content_block_stop', index };
}

function read(events: Iterable<object>, limit = 1000): readonly ContentMessage[] {
  const content = new MessagesContent(limit);
  for (const event of events) content.readEvent(event as JsonObject);
  return content.output();
}

const pieces = (): object[] => BLOCKS.flatMap((block, index) => [...eventsOf(block, index)]);

describe('content of Anthropic Messages', () => {
  it('contains text, thinking, tool calls and tool results without signed or encrypted data', () => {
    const content = new MessagesContent(1000);
    content.readResponse({ content: BLOCKS, stop_reason: 'tool_use' });
    expect(content.output()).toEqual([{ role: 'assistant', parts: PARTS, finish_reason: 'tool_use' }]);
  });

  it('is assembled from a stream', () => {
    const end = { type: 'message_delta', delta: { stop_reason: 'tool_use' } };
    expect(read([...pieces(), end])).toEqual([
      { role: 'assistant', parts: PARTS, finish_reason: 'tool_use' },
    ]);
  });

  it('is assembled from a stream that the application abandoned', () => {
    expect(read(pieces())).toEqual([{ role: 'assistant', parts: PARTS }]);
  });

  it('is limited in size while it is assembled', () => {
    const [start, , piece] = [...eventsOf(BLOCKS[4]!, 0)];
    const long = { ...piece, delta: { type: 'text_delta', text: 'x'.repeat(60) } };
    const [{ parts }] = read([start!, ...Array.from({ length: 1000 }, () => long)], 100) as [ContentMessage];
    expect(parts).toEqual([{ type: 'text', content: 'x'.repeat(101) }]);
  });

  it('is empty for an error and for an empty stream', () => {
    const content = new MessagesContent(1000);
    content.readResponse({ type: 'error', error: { message: 'About the prompt.' } });
    expect(content.output()).toEqual([]);
    expect(read([{ type: 'ping' }, { type: 'error', error: { message: 'About the prompt.' } }])).toEqual([]);
  });

  it('contains the instructions and the input without the data of images, files and tool results', () => {
    const request: Anthropic.Beta.Messages.MessageCreateParams = {
      model: 'claude-haiku-4-5',
      max_tokens: 100,
      system: 'Be brief.',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGVsbG8=' } },
            { type: 'image', source: { type: 'url', url: 'https://example.com/cat.png' } },
            { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'A text.' } },
            { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'aGVsbG8=' } },
          ],
        },
        { role: 'assistant', content: 'A cat.' },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'toolu_1', content: 'sunny' },
            {
              type: 'tool_result',
              tool_use_id: 'toolu_2',
              content: [
                { type: 'text', text: 'a picture' },
                { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGVsbG8=' } },
              ],
            },
            {
              type: 'web_fetch_tool_result',
              tool_use_id: 'srvtoolu_1',
              content: {
                type: 'web_fetch_result',
                url: 'https://example.com/a.pdf',
                content: {
                  type: 'document',
                  source: { type: 'base64', media_type: 'application/pdf', data: 'aGVsbG8=' },
                },
              },
            },
            { type: 'tool_result', tool_use_id: 'toolu_3' },
          ],
        },
      ],
    };
    const { system, input } = new MessagesContent(1000).readRequest(request as unknown as JsonObject);
    expect(system).toEqual([{ type: 'text', content: 'Be brief.' }]);
    expect(input.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(input.flatMap(({ parts }) => parts)).toEqual([
      { type: 'text', content: 'What is this?' },
      { type: 'blob', modality: 'image', mime_type: 'image/png' },
      { type: 'uri', modality: 'image', uri: 'https://example.com/cat.png' },
      { type: 'text', content: 'A text.' },
      { type: 'blob', modality: 'document', mime_type: 'application/pdf' },
      { type: 'text', content: 'A cat.' },
      { type: 'tool_call_response', id: 'toolu_1', response: 'sunny' },
      { type: 'tool_call_response', id: 'toolu_2', response: 'a picture' },
      {
        type: 'tool_call_response',
        id: 'srvtoolu_1',
        response: expect.stringContaining('example.com/a.pdf'),
      },
      { type: 'tool_call_response', id: 'toolu_3', response: '' },
    ]);
    expect(JSON.stringify(input)).not.toContain('aGVsbG8');
  });
});
