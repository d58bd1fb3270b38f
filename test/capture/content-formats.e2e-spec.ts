import type Anthropic from '@anthropic-ai/sdk';
import { LlmTelemetry, type ContentMessage, type ContentOptions } from 'nestjs-llm-telemetry';
import type OpenAI from 'openai';
import { toFile } from 'openai';
import { CollectedSpans } from '../support/spans.js';
import { clients, startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

const spans = new CollectedSpans();

interface Clients {
  readonly openai: OpenAI;
  readonly anthropic: Anthropic;
}

const SYSTEM = 'You are canary-system.';
const PROMPT = 'Please greet canary-user.';

const SOUND = (): Promise<File> => toFile(Buffer.alloc(48_000, 7), 'speech.mp3');
const PARAMETERS = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] };

/** Sends a request and returns the text that the application received, or `null` if the response has no text. */
type Use = (clients: Clients, prompt: string) => Promise<string | null>;

const responsesBody = { model: 'gpt-4o-mini', instructions: SYSTEM };
const messagesBody = { model: 'claude-haiku-4-5', max_tokens: 400, system: SYSTEM };
const input = (content: string) => [{ role: 'user' as const, content }];
const completionBody = { model: 'gpt-3.5-turbo-instruct', max_tokens: 100 };

const USES: Readonly<Record<string, { hasSystem: boolean; operation: string; use: Use }>> = {
  'a response': {
    hasSystem: true,
    operation: 'chat',
    use: async ({ openai }, prompt) =>
      (await openai.responses.create({ ...responsesBody, input: input(prompt) })).output_text,
  },
  'a response, streamed': {
    hasSystem: true,
    operation: 'chat',
    use: async ({ openai }, prompt) =>
      (await openai.responses.stream({ ...responsesBody, input: prompt }).finalResponse()).output_text,
  },
  'a response with a tool call, streamed': {
    hasSystem: true,
    operation: 'chat',
    use: async ({ openai }, prompt) => {
      const response = await openai.responses
        .stream({
          ...responsesBody,
          input: prompt,
          tools: [{ type: 'function', strict: false, name: 'weather', parameters: PARAMETERS }],
          tool_choice: 'required',
        })
        .finalResponse();
      const [item] = response.output;
      return item?.type === 'function_call' ? item.arguments : null;
    },
  },
  'a message with thinking': {
    hasSystem: true,
    operation: 'chat',
    use: async ({ anthropic }, prompt) =>
      thinkingAndTextOf(
        await anthropic.messages.create({
          ...messagesBody,
          thinking: { type: 'adaptive' },
          messages: input(prompt),
        }),
      ),
  },
  'a message with thinking, streamed': {
    hasSystem: true,
    operation: 'chat',
    use: async ({ anthropic }, prompt) =>
      thinkingAndTextOf(
        await anthropic.messages
          .stream({ ...messagesBody, thinking: { type: 'adaptive' }, messages: input(prompt) })
          .finalMessage(),
      ),
  },
  'a message with a tool call, streamed': {
    hasSystem: true,
    operation: 'chat',
    use: async ({ anthropic }, prompt) => {
      const { content } = await anthropic.messages
        .stream({
          ...messagesBody,
          messages: input(prompt),
          tools: [{ name: 'weather', input_schema: PARAMETERS }],
          tool_choice: { type: 'any' },
        })
        .finalMessage();
      const [block] = content;
      return block?.type === 'tool_use' ? JSON.stringify(block.input) : null;
    },
  },
  'a completion': {
    hasSystem: false,
    operation: 'text_completion',
    use: async ({ openai }, prompt) =>
      (await openai.completions.create({ ...completionBody, prompt })).choices[0]!.text,
  },
  'a completion, streamed': {
    hasSystem: false,
    operation: 'text_completion',
    use: async ({ openai }, prompt) => {
      let text = '';
      for await (const { choices } of await openai.completions.create({
        ...completionBody,
        prompt,
        stream: true,
      }))
        text += choices[0]?.text ?? '';
      return text;
    },
  },
  embeddings: {
    hasSystem: false,
    operation: 'embeddings',
    use: async ({ openai }, prompt) => {
      await openai.embeddings.create({ model: 'text-embedding-3-small', input: [prompt] });
      return null;
    },
  },
  'an image': {
    hasSystem: false,
    operation: 'image_generation',
    use: async ({ openai }, prompt) => {
      await openai.images.generate({ model: 'gpt-image-1', prompt });
      return null;
    },
  },
  'an image edit': {
    hasSystem: false,
    operation: 'image_generation',
    use: async ({ openai }, prompt) => {
      const image = await toFile(Buffer.from('png'), 'cat.png', { type: 'image/png' });
      await openai.images.edit({ model: 'gpt-image-1', prompt, image });
      return null;
    },
  },
  'a transcription': {
    hasSystem: false,
    operation: 'transcription',
    use: async ({ openai }, prompt) =>
      (await openai.audio.transcriptions.create({ model: 'gpt-4o-transcribe', file: await SOUND(), prompt }))
        .text,
  },
  'a transcription, streamed': {
    hasSystem: false,
    operation: 'transcription',
    use: async ({ openai }, prompt) => {
      const body = { model: 'gpt-4o-transcribe', file: await SOUND(), prompt, stream: true } as const;
      let text = '';
      for await (const event of await openai.audio.transcriptions.create(body))
        if (event.type === 'transcript.text.delta') text += event.delta;
      return text;
    },
  },
};

/** Returns the thinking and the text of a message. */
function thinkingAndTextOf({ content }: Anthropic.Messages.Message): string {
  return content
    .map((block) => (block.type === 'thinking' ? block.thinking : block.type === 'text' ? block.text : ''))
    .join('|');
}

const textsOf = (messages: readonly ContentMessage[]): string[] =>
  messages.flatMap(({ parts }) =>
    parts.map((part) => ('content' in part ? part.content : part.type === 'tool_call' ? part.arguments : '')),
  );

describe.each(Object.entries(USES))('content of %s', (_what, { hasSystem, operation, use }) => {
  let telemetry: TelemetryApp;
  beforeEach(() => spans.clear());
  afterEach(() => telemetry.stop());

  async function run(content?: ContentOptions, prompt = PROMPT): Promise<string | null> {
    telemetry = await startTelemetryApp({ options: { content } });
    const llm = telemetry.get(LlmTelemetry);
    const seen = await llm
      .run({ feature: 'content', operation: 'use' }, () => use(clients(telemetry.emulator), prompt))
      .catch(() => null);
    await llm.flush();
    return seen;
  }

  /** Returns everything that is exported: spans with events and status, records and log lines. */
  async function exportedText(): Promise<string> {
    const ended = (await spans.all()).map(({ name, attributes, events, status }) => [
      name,
      attributes,
      events,
      status,
    ]);
    expect(ended.length).toBeGreaterThanOrEqual(2);
    const logged = telemetry.logger.entries.map(({ text }) => text);
    return JSON.stringify([ended, telemetry.records, logged]);
  }

  const attributes = async (): Promise<Record<string, unknown>> =>
    (await spans.all()).find(({ name }) => name.startsWith(operation))!.attributes;

  it.each([PROMPT, `${PROMPT} [emulate bad_request]`])('is not exported by default: %s', async (prompt) => {
    const seen = await run(undefined, prompt);
    const out = await exportedText();
    expect(out).not.toContain('canary');
    expect(out).not.toContain('gen_ai.input.messages');
    if (seen) expect(out).not.toContain(JSON.stringify(seen).slice(1, -1));
  });

  it('is on the span of the attempt, with the input of the model and the output that the application received', async () => {
    const seen = await run({ capture: 'messages' });
    const { inputMessages, outputMessages, systemInstructions, truncated } =
      telemetry.records[0]!.attempts[0]!.content!;
    expect(systemInstructions).toEqual(hasSystem ? [{ type: 'text', content: SYSTEM }] : []);
    expect(inputMessages).toEqual([{ role: 'user', parts: [{ type: 'text', content: PROMPT }] }]);
    expect(textsOf(outputMessages).join('|')).toBe(seen ?? '');
    expect(truncated).toBe(false);
    const onSpan = await attributes();
    expect(onSpan['gen_ai.input.messages']).toBe(JSON.stringify(inputMessages));
    expect(onSpan['gen_ai.output.messages']).toBe(
      outputMessages.length === 0 ? undefined : JSON.stringify(outputMessages),
    );
  });

  it('is redacted in spans, records and log lines', async () => {
    await run({ capture: 'messages', redact: (text) => text.replaceAll(/canary-\w+/g, '[name]') });
    const out = await exportedText();
    expect(out).toContain('[name]');
    expect(out).not.toContain('canary');
  });

  it('is truncated to the byte limit and flagged', async () => {
    await run({ capture: 'messages', maxBytes: 8 });
    const { inputMessages } = telemetry.records[0]!.attempts[0]!.content!;
    expect(textsOf(inputMessages)).toEqual(['Please g… [cut off]']);
    expect((await attributes())['llm.content_truncated']).toBe(true);
  });
});
