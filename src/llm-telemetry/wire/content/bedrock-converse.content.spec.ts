import { ConverseContent } from './bedrock-converse.content.js';

describe('the content of Bedrock Converse', () => {
  it('has the messages of a request, without binary data', () => {
    // Types of @aws-sdk/client-bedrock-runtime 3 (`ContentBlock`, `SystemContentBlock`).
    const body = {
      system: [{ text: 'Be brief.' }, { cachePoint: { type: 'default' } }],
      messages: [
        {
          role: 'user',
          content: [
            { text: 'Hi' },
            { image: { format: 'png', source: { bytes: 'aGk=' } } },
            { document: { name: 'd', format: 'pdf', source: { s3Location: { uri: 's3://b/d.pdf' } } } },
            { guardContent: { text: { text: 'guarded' } } },
          ],
        },
        { role: 'assistant', content: [{ toolUse: { toolUseId: 't1', name: 'find', input: { id: 7 } } }] },
        {
          role: 'user',
          content: [{ toolResult: { toolUseId: 't1', content: [{ text: 'late' }, { json: { days: 2 } }] } }],
        },
      ],
    };
    expect(new ConverseContent(100).readRequest(body)).toEqual({
      system: [{ type: 'text', content: 'Be brief.' }],
      input: [
        {
          role: 'user',
          parts: [
            { type: 'text', content: 'Hi' },
            { type: 'blob', modality: 'image', mime_type: null },
            { type: 'uri', modality: 'document', uri: 's3://b/d.pdf' },
            { type: 'text', content: 'guarded' },
          ],
        },
        {
          role: 'assistant',
          parts: [{ type: 'tool_call', id: 't1', name: 'find', arguments: '{"id":7}' }],
        },
        {
          role: 'user',
          parts: [{ type: 'tool_call_response', id: 't1', response: 'late\n{"days":2}' }],
        },
      ],
    });
  });

  it('has the blocks of a response', () => {
    const reader = new ConverseContent(100);
    reader.readResponse({
      output: {
        message: {
          role: 'assistant',
          content: [{ reasoningContent: { reasoningText: { text: 'Hm', signature: 's' } } }, { text: 'Hi' }],
        },
      },
      stopReason: 'end_turn',
    });
    expect(reader.output()).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'Hm' },
          { type: 'text', content: 'Hi' },
        ],
        finish_reason: 'end_turn',
      },
    ]);
  });

  it('collects the deltas of a stream, also if each event is named by its member, as in Nova', () => {
    const events = [
      ['contentBlockDelta', { contentBlockIndex: 0, delta: { reasoningContent: { text: 'Hm' } } }],
      ['contentBlockDelta', { contentBlockIndex: 1, delta: { text: 'He' } }],
      ['contentBlockDelta', { contentBlockIndex: 1, delta: { text: 'llo' } }],
      ['contentBlockStart', { contentBlockIndex: 2, start: { toolUse: { toolUseId: 't', name: 'find' } } }],
      ['contentBlockDelta', { contentBlockIndex: 2, delta: { toolUse: { input: '{"id":7}' } } }],
      ['messageStop', { stopReason: 'tool_use' }],
      ['metadata', { usage: {} }],
    ] as const;
    const [frames, named] = [new ConverseContent(100), new ConverseContent(100)];
    for (const [type, data] of events) {
      frames.readEvent(data);
      named.readEvent({ [type]: data });
    }
    expect(frames.output()).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'Hm' },
          { type: 'text', content: 'Hello' },
          { type: 'tool_call', id: 't', name: 'find', arguments: '{"id":7}' },
        ],
        finish_reason: 'tool_use',
      },
    ]);
    expect(named.output()).toEqual(frames.output());
  });

  it('is empty without a response, and ignores unexpected shapes', () => {
    const reader = new ConverseContent(100);
    reader.readResponse({ output: { message: 'x' } });
    reader.readEvent({ delta: 'x', start: 7 });
    expect(reader.output()).toEqual([]);
    expect(reader.readRequest({ messages: ['x', { content: 'x' }], system: 7 })).toEqual({
      system: [],
      input: [{ role: 'user', parts: [{ type: 'text', content: 'x' }] }],
    });
  });
});
