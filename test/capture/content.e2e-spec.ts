import { LlmTelemetry, type ContentOptions } from 'nestjs-llm-telemetry';
import type OpenAI from 'openai';
import { CollectedSpans } from '../support/spans.js';
import { clients, startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

const spans = new CollectedSpans();
const NAME = { feature: 'content', operation: 'ask' };

const WEATHER: OpenAI.Chat.Completions.ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};

/** Returns the parsed content attributes of the last attempt's span. */
async function contentOfLast(): Promise<Record<string, unknown>> {
  const { attributes } = (await spans.attempts()).at(-1)!;
  const content: Record<string, unknown> = {};
  for (const name of ['gen_ai.system_instructions', 'gen_ai.input.messages', 'gen_ai.output.messages']) {
    const value = attributes[name];
    if (value !== undefined) content[name] = JSON.parse(value as string) as unknown;
  }
  if (attributes['llm.content_truncated'] !== undefined) content['cut'] = attributes['llm.content_truncated'];
  return content;
}

describe('content', () => {
  let telemetry: TelemetryApp | undefined;
  beforeEach(() => spans.clear());
  afterEach(async () => {
    await telemetry?.stop();
    telemetry = undefined;
  });

  async function start(
    content?: ContentOptions,
  ): Promise<ReturnType<typeof clients> & { run: <T>(work: () => Promise<T>) => Promise<T> }> {
    const started = await startTelemetryApp({ options: { content } });
    telemetry = started;
    const service = started.get(LlmTelemetry);
    return {
      ...clients(started.emulator),
      run: async (work) => {
        const result = await service.run(NAME, work);
        await service.flush();
        return result;
      },
    };
  }

  it('is not captured by default', async () => {
    const { openai, run } = await start();
    await run(() =>
      openai.chat.completions.create({
        model: 'gpt-4o-mini',
        messages: [
          { role: 'system', content: 'canary-system' },
          { role: 'user', content: 'canary-user' },
        ],
      }),
    );
    expect(await contentOfLast()).toEqual({});
    expect(JSON.stringify(telemetry!.records)).not.toContain('canary');
    expect(telemetry!.records[0]!.attempts[0]!.content).toBeNull();
  });

  it('of a chat completion includes instructions, history with tools and the response, but no images', async () => {
    const { openai, run } = await start({ capture: 'messages' });
    const completion = await run(() =>
      openai.chat.completions.create({
        model: 'gpt-4o-mini',
        messages: [
          { role: 'system', content: 'Be brief.' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'What is this?' },
              { type: 'image_url', image_url: { url: 'data:image/png;base64,aGVsbG8=' } },
              // anthropics/anthropic-sdk-python#1068, londonaicentre/FLIP#426: presigned URLs in logs.
              {
                type: 'image_url',
                image_url: { url: 'https://me:secret@example.com/cat.png?X-Amz-Signature=canary#part' },
              },
            ],
          },
          {
            role: 'assistant',
            tool_calls: [
              { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Lyon"}' } },
            ],
          },
          { role: 'tool', tool_call_id: 'call_1', content: 'sunny' },
          { role: 'user', content: 'Say hello.' },
        ],
      }),
    );
    expect(await contentOfLast()).toEqual({
      'gen_ai.system_instructions': [{ type: 'text', content: 'Be brief.' }],
      'gen_ai.input.messages': [
        {
          role: 'user',
          parts: [
            { type: 'text', content: 'What is this?' },
            { type: 'blob', modality: 'image', mime_type: 'image/png' },
            { type: 'uri', modality: 'image', uri: 'https://example.com/cat.png' },
          ],
        },
        {
          role: 'assistant',
          parts: [{ type: 'tool_call', id: 'call_1', name: 'weather', arguments: '{"city":"Lyon"}' }],
        },
        { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_1', response: 'sunny' }] },
        { role: 'user', parts: [{ type: 'text', content: 'Say hello.' }] },
      ],
      'gen_ai.output.messages': [
        {
          role: 'assistant',
          parts: [{ type: 'text', content: completion.choices[0]!.message.content }],
          finish_reason: 'stop',
        },
      ],
    });
  });

  it('of a streamed chat completion is assembled from its chunks', async () => {
    const { openai, run } = await start({ capture: 'messages' });
    const text = await run(async () => {
      let all = '';
      const stream = await openai.chat.completions.create({
        model: 'gpt-4o-mini',
        stream: true,
        messages: [{ role: 'user', content: 'Order #1: 2 x Grüße €€ 急須. Total: €12.00' }],
      });
      for await (const chunk of stream) all += chunk.choices[0]?.delta.content ?? '';
      return all;
    });
    expect(text).not.toBe('');
    expect(await contentOfLast()).toMatchObject({
      'gen_ai.output.messages': [
        { role: 'assistant', parts: [{ type: 'text', content: text }], finish_reason: 'stop' },
      ],
    });
  });

  it('of a streamed tool call is assembled from its chunks', async () => {
    const { openai, run } = await start({ capture: 'messages' });
    const given = await run(async () => {
      let all = '';
      const stream = await openai.chat.completions.create({
        model: 'gpt-4o-mini',
        stream: true,
        messages: [{ role: 'user', content: 'Weather in Lyon?' }],
        tools: [WEATHER],
        tool_choice: { type: 'function', function: { name: 'weather' } },
      });
      for await (const chunk of stream) {
        all += chunk.choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? '';
      }
      return all;
    });
    expect(await contentOfLast()).toMatchObject({
      'gen_ai.output.messages': [
        { parts: [{ type: 'tool_call', name: 'weather', arguments: given }], finish_reason: 'tool_calls' },
      ],
    });
  });

  it.each([false, true])(
    'of an Anthropic message includes input and output (streamed: %s)',
    async (streamed) => {
      const { anthropic, run } = await start({ capture: 'messages' });
      const body = {
        model: 'claude-haiku-4-5',
        max_tokens: 100,
        system: [{ type: 'text' as const, text: 'Be brief.' }],
        messages: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Say hello.' }] }],
      };
      const message = await run(() =>
        streamed ? anthropic.messages.stream(body).finalMessage() : anthropic.messages.create(body),
      );
      const block = message.content[0]!;
      expect(await contentOfLast()).toEqual({
        'gen_ai.system_instructions': [{ type: 'text', content: 'Be brief.' }],
        'gen_ai.input.messages': [{ role: 'user', parts: [{ type: 'text', content: 'Say hello.' }] }],
        'gen_ai.output.messages': [
          {
            role: 'assistant',
            parts: [{ type: 'text', content: block.type === 'text' ? block.text : null }],
            finish_reason: 'end_turn',
          },
        ],
      });
    },
  );

  it('is redacted before it is stored, and redact receives the role of each text', async () => {
    const places = new Set<string>();
    const { openai, run } = await start({
      capture: 'messages',
      redact: (text, where) => {
        places.add(where);
        return text.replaceAll(/canary-\w+/g, '[name]');
      },
    });
    await run(() =>
      openai.chat.completions.create({
        model: 'gpt-4o-mini',
        messages: [
          { role: 'system', content: 'You are canary-system.' },
          { role: 'user', content: 'Order #1: 1 x canary-lamp. Total: €3.00' },
        ],
      }),
    );
    expect(places).toEqual(new Set(['system', 'input', 'output']));
    const written = JSON.stringify([await contentOfLast(), telemetry!.records]);
    expect(written).toContain('[name]');
    expect(written).not.toContain('canary');
  });

  it.each<[string, ContentOptions['redact']]>([
    [
      'throws',
      () => {
        throw new Error('canary-redact');
      },
    ],
    ['does not return a string', () => undefined as never],
  ])('is omitted if redact %s', async (_what, redact) => {
    const { openai, run } = await start({ capture: 'messages', redact });
    await run(() =>
      openai.chat.completions.create({
        model: 'gpt-4o-mini',
        messages: [{ role: 'user', content: 'canary-user' }],
      }),
    );
    const written = JSON.stringify([(await spans.all()).map((span) => span.attributes), telemetry!.records]);
    expect(written).toContain('[omitted: redaction failed]');
    expect(written).not.toContain('canary');
  });

  it('is truncated between characters at the byte limit, and flagged', async () => {
    const { openai, run } = await start({ capture: 'messages', maxBytes: 10 });
    await run(() =>
      openai.chat.completions.create({
        model: 'gpt-4o-mini',
        messages: [
          { role: 'user', content: 'héé' },
          { role: 'user', content: 'ab€€€€' },
          { role: 'user', content: 'never kept' },
        ],
      }),
    );
    const content = await contentOfLast();
    // 5 bytes, 2 bytes and the first euro sign of 3 bytes. Another euro sign would exceed the limit of 10 bytes.
    expect(content['gen_ai.input.messages']).toEqual([
      { role: 'user', parts: [{ type: 'text', content: 'héé' }] },
      { role: 'user', parts: [{ type: 'text', content: 'ab€… [cut off]' }] },
    ]);
    expect(content['cut']).toBe(true);
  });

  it('of an abandoned stream includes the part that the application received', async () => {
    const { anthropic, run } = await start({ capture: 'messages' });
    let first = '';
    await run(async () => {
      const stream = await anthropic.messages.create({
        model: 'claude-haiku-4-5',
        max_tokens: 100,
        stream: true,
        messages: [{ role: 'user', content: 'Tell me about the sea. [emulate stall after=5]' }],
      });
      for await (const event of stream) {
        if (event.type !== 'content_block_delta' || event.delta.type !== 'text_delta') continue;
        first = event.delta.text;
        break;
      }
    });
    const [output] = (await contentOfLast())['gen_ai.output.messages'] as [{ parts: [{ content: string }] }];
    expect(output.parts[0].content.startsWith(first)).toBe(true);
  });
});
