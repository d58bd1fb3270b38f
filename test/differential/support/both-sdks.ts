import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { chat, message } from '../../support/prompts.js';
import { Side } from './side.js';

interface Options {
  readonly signal?: AbortSignal;
  readonly timeout?: number;
  readonly maxRetries?: number;
}

/** Uniform access to the API that both SDKs have. */
export const SDKS = {
  openai: {
    create: ({ openai }: Side, options?: Options) => openai.chat.completions.create(chat(), options),
    stream: ({ openai }: Side, options?: Options) =>
      openai.chat.completions.create({ ...chat(), stream: true }, options),
    helper: ({ openai }: Side, options?: Options) =>
      openai.chat.completions.stream({ ...chat(), stream: true }, options),
    final: (helper: unknown) => (helper as { finalChatCompletion(): Promise<unknown> }).finalChatCompletion(),
    events: ['connect', 'chunk', 'content', 'content.delta', 'finalContent', 'error', 'abort', 'end'],
    errors: OpenAI as unknown as Record<string, unknown>,
  },
  anthropic: {
    create: ({ anthropic }: Side, options?: Options) => anthropic.messages.create(message(), options),
    stream: ({ anthropic }: Side, options?: Options) =>
      anthropic.messages.create({ ...message(), stream: true }, options),
    helper: ({ anthropic }: Side, options?: Options) => anthropic.messages.stream(message(), options),
    final: (helper: unknown) => (helper as { finalMessage(): Promise<unknown> }).finalMessage(),
    events: ['connect', 'streamEvent', 'text', 'message', 'finalMessage', 'error', 'abort', 'end'],
    errors: Anthropic as unknown as Record<string, unknown>,
  },
} as const;

export type Sdk = (typeof SDKS)['openai' | 'anthropic'];

export interface AnyStream extends AsyncIterable<unknown> {
  readonly controller: AbortController;
  tee(): [AsyncIterable<unknown>, AsyncIterable<unknown>];
  toReadableStream(): ReadableStream;
}

interface AnyHelper extends AsyncIterable<unknown> {
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  abort(): void;
  done(): Promise<void>;
}

export const streamOf = async (sdk: Sdk, side: Side, options?: Options): Promise<AnyStream> =>
  (await sdk.stream(side, options)) as unknown as AnyStream;
export const helperOf = (sdk: Sdk, side: Side, options?: Options): AnyHelper => {
  const helper = sdk.helper(side, options) as unknown as AnyHelper;
  for (const event of sdk.events) helper.on(event, (value) => side.note(event, value));
  return helper;
};

export async function all(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Returns the error of `work` and the SDK's error classes that it is an instance of. */
export async function failure(sdk: Sdk, work: () => Promise<unknown>): Promise<unknown> {
  try {
    return { value: await work() };
  } catch (error) {
    const classes = Object.entries(sdk.errors)
      .filter(([name, type]) => name.endsWith('Error') && typeof type === 'function' && error instanceof type)
      .map(([name]) => name);
    return { error, classes };
  }
}
