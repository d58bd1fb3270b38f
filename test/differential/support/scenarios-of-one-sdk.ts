import { Readable } from 'node:stream';
import { toFile as toAnthropicFile } from '@anthropic-ai/sdk';
import { toFile } from 'openai';
import { chat } from '../../support/prompts.js';
import type { Scenario } from './side.js';
import { failure, SDKS } from './both-sdks.js';

const UPLOADS: Readonly<Record<string, () => unknown>> = {
  'a File': () => new File(['hello'], 'a.txt', { type: 'text/plain' }),
  'a Buffer': () => toFile(Buffer.from('hello'), 'a.txt'),
  'a Blob': () => toFile(new Blob(['hello']), 'a.txt'),
  'a response': () => toFile(new Response('hello'), 'a.txt'),
  'a response itself': () => new Response('hello'),
  'an async iterable': () => toFile(Readable.from([Buffer.from('hel'), Buffer.from('lo')]), 'a.txt'),
};

export const OWN: readonly Scenario[] = [
  ...Object.entries(UPLOADS).map(([kind, make]): Scenario => ({
    name: `openai: an upload of ${kind}`,
    replies: ['ok'],
    run: async ({ openai }) =>
      failure(SDKS.openai, async () =>
        openai.files.create({ file: (await make()) as File, purpose: 'assistants' }),
      ),
  })),
  {
    name: 'openai: an upload through a fetch with its own Response',
    replies: ['ok'],
    run: async ({ openai, fetch }) => {
      const own = Object.assign((...args: Parameters<typeof fetch>) => fetch(...args), { Response });
      const client = openai.withOptions({ fetch: own as typeof fetch });
      return client.files.create({
        file: await toFile(Buffer.from('hello'), 'a.txt'),
        purpose: 'assistants',
      });
    },
  },
  {
    name: 'openai: a transcription',
    replies: ['ok'],
    run: async ({ openai }) =>
      openai.audio.transcriptions.create({
        model: 'gpt-4o-mini-transcribe',
        file: await toFile(Buffer.from('audio'), 'a.wav'),
      }),
  },
  {
    name: 'openai: embeddings',
    replies: ['ok'],
    run: async ({ openai }) =>
      openai.embeddings.create({ model: 'text-embedding-3-small', input: 'hi', encoding_format: 'float' }),
  },
  {
    name: 'openai: all types of headers that the SDK accepts',
    replies: ['ok'],
    run: async ({ openai }) => {
      for (const headers of [
        { 'x-a': '1' },
        new Headers({ 'x-a': '1' }),
        [['x-a', '1']],
        new Map([['x-a', '1']]).entries(),
      ])
        await openai.chat.completions.create(chat(), { headers: headers as Headers });
    },
  },
  {
    name: 'anthropic: an upload',
    replies: ['ok'],
    run: async ({ anthropic }) =>
      anthropic.beta.files.upload({ file: await toAnthropicFile(Buffer.from('hello'), 'a.txt') }),
  },
];
