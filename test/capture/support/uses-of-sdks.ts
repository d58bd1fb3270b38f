import Anthropic from '@anthropic-ai/sdk';
import OpenAI, { toFile } from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { chat, message } from '../../support/prompts.js';

/** Ways to use the SDKs. Each sends requests of one or more formats. */

export interface Clients {
  readonly openai: OpenAI;
  readonly anthropic: Anthropic;
}

export async function all<T>(stream: PromiseLike<AsyncIterable<T>>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of await stream) items.push(item);
  return items;
}

export const ASK = { model: 'gpt-4o-mini', input: 'Say hello.' };
export const SOUND = (): Promise<File> => toFile(Buffer.alloc(48_000, 7), 'speech.mp3');
const WEATHER = {
  name: 'weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

/** Requests of the SDKs, with the finish reason of the last response. */
export const USES: Readonly<
  Record<string, [use: (clients: Clients) => Promise<unknown>, finish: string | null]>
> = {
  'a chat completion': [({ openai }) => openai.chat.completions.create(chat()), 'stop'],
  'a chat completion, streamed': [
    ({ openai }) =>
      all(
        openai.chat.completions.create({ ...chat(), stream: true, stream_options: { include_usage: true } }),
      ),
    'stop',
  ],
  'a chat completion of a reasoning model': [
    ({ openai }) => openai.chat.completions.create({ ...chat(), model: 'o4-mini' }),
    'stop',
  ],
  'a response': [({ openai }) => openai.responses.create(ASK), 'stop'],
  'a response, streamed': [({ openai }) => all(openai.responses.create({ ...ASK, stream: true })), 'stop'],
  'a response, by stream()': [({ openai }) => openai.responses.stream(ASK).finalResponse(), 'stop'],
  'a response, parsed': [
    ({ openai }) =>
      openai.responses.parse({
        ...ASK,
        text: { format: zodTextFormat(z.object({ ok: z.boolean() }), 'answer') },
      }),
    'stop',
  ],
  'a response of a reasoning model': [
    ({ openai }) => all(openai.responses.create({ ...ASK, model: 'gpt-5-mini', stream: true })),
    'stop',
  ],
  'a response with web search': [
    ({ openai }) => openai.responses.create({ ...ASK, tools: [{ type: 'web_search' }] }),
    'stop',
  ],
  'a response with a tool call, streamed': [
    ({ openai }) =>
      all(
        openai.responses.create({
          ...ASK,
          stream: true,
          tools: [{ type: 'function', strict: false, ...WEATHER }],
          tool_choice: 'required',
        }),
      ),
    'tool_calls',
  ],
  'a response that follows another': [
    async ({ openai }) => {
      const first = await openai.responses.create(ASK);
      await openai.responses.create({ ...ASK, previous_response_id: first.id });
    },
    'stop',
  ],
  'a truncated response': [
    ({ openai }) => openai.responses.create({ ...ASK, max_output_tokens: 5 }),
    'length',
  ],
  'a refusal of the Responses API': [
    ({ openai }) => openai.responses.create({ ...ASK, input: '[emulate refuse]' }),
    'refusal',
  ],
  'a filtered response, streamed': [
    ({ openai }) => all(openai.responses.create({ ...ASK, input: '[emulate filter]', stream: true })),
    'content_filter',
  ],
  embeddings: [
    ({ openai }) => openai.embeddings.create({ model: 'text-embedding-3-small', input: ['one', 'two'] }),
    null,
  ],
  'a completion': [
    ({ openai }) =>
      openai.completions.create({ model: 'gpt-3.5-turbo-instruct', prompt: 'Hi', max_tokens: 99 }),
    'stop',
  ],
  'a completion, streamed': [
    ({ openai }) =>
      all(
        openai.completions.create({
          model: 'gpt-3.5-turbo-instruct',
          prompt: ['One', 'Two'],
          stream: true,
          stream_options: { include_usage: true },
        }),
      ),
    'length',
  ],
  'an image': [({ openai }) => openai.images.generate({ model: 'gpt-image-1', prompt: 'A cat', n: 2 }), null],
  'an image, streamed': [
    ({ openai }) =>
      all(openai.images.generate({ model: 'gpt-image-1', prompt: 'A cat', stream: true, partial_images: 2 })),
    null,
  ],
  'an image edit': [
    async ({ openai }) =>
      openai.images.edit({
        model: 'gpt-image-1',
        prompt: 'Add a hat',
        image: await toFile(Buffer.from('png'), 'cat.png', { type: 'image/png' }),
      }),
    null,
  ],
  'a transcription': [
    async ({ openai }) =>
      openai.audio.transcriptions.create({ model: 'gpt-4o-transcribe', file: await SOUND() }),
    null,
  ],
  'a transcription, streamed': [
    async ({ openai }) =>
      all(
        openai.audio.transcriptions.create({ model: 'gpt-4o-transcribe', file: await SOUND(), stream: true }),
      ),
    null,
  ],
  'a transcription billed by the second': [
    async ({ openai }) => openai.audio.transcriptions.create({ model: 'whisper-1', file: await SOUND() }),
    null,
  ],
  'a translation': [
    async ({ openai }) => openai.audio.translations.create({ model: 'whisper-1', file: await SOUND() }),
    null,
  ],
  'a message': [({ anthropic }) => anthropic.messages.create(message()), 'stop'],
  'a message, streamed': [
    ({ anthropic }) => all(anthropic.messages.create({ ...message(), stream: true })),
    'stop',
  ],
  ...Object.fromEntries(
    [false, true].flatMap((streamed) => {
      type Body = Anthropic.Beta.Messages.MessageCreateParamsNonStreaming;
      const named = streamed ? ', streamed' : '';
      const send =
        (body: Partial<Body>, text?: string) =>
        ({ anthropic }: Clients): Promise<unknown> => {
          const whole = { ...message(text), max_tokens: 400, ...body } as Body;
          return streamed
            ? anthropic.beta.messages.stream(whole).finalMessage()
            : anthropic.beta.messages.create(whole);
        };
      return Object.entries({
        'a message with thinking': [send({ thinking: { type: 'enabled', budget_tokens: 1024 } }), 'stop'],
        'a message with web search': [
          send({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] }),
          'stop',
        ],
        'a message with a tool call': [
          send({
            tools: [{ name: WEATHER.name, input_schema: WEATHER.parameters as { type: 'object' } }],
            tool_choice: { type: 'any' },
          }),
          'tool_calls',
        ],
        'a message with several iterations': [send({}, 'Say hello. [emulate iterations]'), 'stop'],
        'a message with an advisor': [send({}, 'Say hello. [emulate advisor]'), 'stop'],
        'a message of a fallback model': [send({}, 'Say hello. [emulate fallback]'), 'stop'],
        'a paused message': [send({}, 'Say hello. [emulate pause]'), 'paused'],
        'a refused message': [send({}, 'Say hello. [emulate refuse]'), 'refusal'],
      } satisfies Record<string, [ReturnType<typeof send>, string]>).map(([what, use]) => [
        what + named,
        use,
      ]);
    }),
  ),
};
