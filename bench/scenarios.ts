import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { ResponseName } from './responses/index.js';
import { STREAM_CHUNKS } from './responses/canned-response.js';
import type { Plan } from './paired-runs.js';

/** Typical use of a model by an application. */
export interface Scenario {
  readonly name: string;
  readonly response: ResponseName;
  /** Unit of the results: the whole call, or one chunk of its stream. */
  readonly unit: 'call' | 'chunk';
  readonly unitsPerCall: number;
  /** Calls per variant in the long form, and calls per block. */
  readonly calls: number;
  readonly callsPerBlock: number;
  /** Runs the calls of a block at the same time instead of one after the other. */
  readonly isConcurrent?: boolean;
  /** Makes the call by `telemetry.run`, which returns the result of the work, instead of in an async method. */
  readonly byRun?: boolean;
  /** Creates the work with an SDK client that uses `fetch`. */
  work(fetch: typeof globalThis.fetch, origin: string): Work;
}

/** Calls the model. Returns a promise of the SDK, or of the text of the response. */
export type Work = () => PromiseLike<unknown>;

const call = { unit: 'call', unitsPerCall: 1 } as const;
const shortCall = { ...call, calls: 20_000, callsPerBlock: 200 } as const;
const stream = { unit: 'chunk', unitsPerCall: STREAM_CHUNKS, calls: 1_000, callsPerBlock: 20 } as const;
const concurrentStreams = { ...stream, calls: 4_000, callsPerBlock: 100, isConcurrent: true } as const;

export const SCENARIOS: readonly Scenario[] = [
  { name: 'OpenAI call', response: 'openai-call', ...shortCall, work: openaiCall() },
  { name: 'OpenAI promise', response: 'openai-call', ...shortCall, byRun: true, work: openaiPromise() },
  { name: 'OpenAI stream', response: 'openai-stream', ...stream, work: openaiStream },
  {
    name: '100 OpenAI streams',
    response: 'openai-stream',
    ...concurrentStreams,
    work: openaiStream,
  },
  { name: 'Anthropic call', response: 'anthropic-call', ...shortCall, work: anthropicCall },
  {
    name: 'Anthropic promise',
    response: 'anthropic-call',
    ...shortCall,
    byRun: true,
    work: anthropicPromise,
  },
  { name: 'Anthropic stream', response: 'anthropic-stream', ...stream, work: anthropicStream },
  {
    name: '100 Anthropic streams',
    response: 'anthropic-stream',
    ...concurrentStreams,
    work: anthropicStream,
  },
  {
    name: '500 kB prompt',
    response: 'openai-call',
    ...call,
    calls: 600,
    callsPerBlock: 10,
    work: openaiCall(() => [{ role: 'user', content: longText(500_000) }]),
  },
  {
    name: '10 MB image',
    response: 'openai-call',
    ...call,
    calls: 80,
    callsPerBlock: 1,
    work: openaiCall(imagePrompt),
  },
];

/** Returns the plan of a scenario. Both forms have the same warm-up, so that they measure the same compiled code. */
export function planOf({ calls, callsPerBlock, isConcurrent = false }: Scenario, quick: boolean): Plan {
  const rounds = Math.ceil(calls / callsPerBlock);
  return {
    callsPerBlock,
    isConcurrent,
    warmUpRounds: Math.ceil(rounds / 4),
    rounds: quick ? Math.ceil(rounds / 5) : rounds,
  };
}

const PROMPT = 'Summarize for the customer: Order #10457, 2 x Espresso cups (porcelain), 1 x Coffee grinder.';

type OpenAiMessages = OpenAI.Chat.ChatCompletionMessageParam[];

const REQUEST = { model: 'gpt-4o-mini', max_tokens: 300, temperature: 0.2 };

function shortPrompt(): OpenAiMessages {
  return [
    { role: 'system', content: 'You summarize orders.' },
    { role: 'user', content: PROMPT },
  ];
}

function openaiCall(messages = shortPrompt): Scenario['work'] {
  return (fetch, origin) => {
    const create = openaiPromise(messages)(fetch, origin);
    return async () => {
      const { choices } = await create();
      return choices[0]!.message.content ?? '';
    };
  };
}

/** Returns the SDK's `APIPromise`, which parses the response when it is awaited. */
function openaiPromise(messages = shortPrompt) {
  return (fetch: typeof globalThis.fetch, origin: string) => {
    const { chat } = openai(fetch, origin, 'openai-call');
    const prompt = messages();
    return () => chat.completions.create({ ...REQUEST, messages: prompt });
  };
}

function openaiStream(fetch: typeof globalThis.fetch, origin: string): Work {
  const { chat } = openai(fetch, origin, 'openai-stream');
  return async () => {
    const chunks = await chat.completions.create({
      ...REQUEST,
      messages: [{ role: 'user', content: PROMPT }],
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    for await (const chunk of chunks) text += chunk.choices[0]?.delta.content ?? '';
    return text;
  };
}

function anthropicCall(fetch: typeof globalThis.fetch, origin: string): Work {
  const create = anthropicPromise(fetch, origin);
  return async () => {
    const { content } = await create();
    return content[0]?.type === 'text' ? content[0].text : '';
  };
}

/** Returns the SDK's `APIPromise`. */
function anthropicPromise(fetch: typeof globalThis.fetch, origin: string) {
  const { messages } = anthropic(fetch, origin, 'anthropic-call');
  return () => messages.create(anthropicRequest());
}

function anthropicStream(fetch: typeof globalThis.fetch, origin: string): Work {
  const { messages } = anthropic(fetch, origin, 'anthropic-stream');
  return async () => {
    const events = await messages.create({ ...anthropicRequest(), stream: true });
    let text = '';
    for await (const event of events) {
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text;
    }
    return text;
  };
}

function anthropicRequest(): Anthropic.MessageCreateParamsNonStreaming {
  return {
    model: 'claude-haiku-4-5',
    max_tokens: 300,
    system: 'You summarize orders.',
    messages: [{ role: 'user', content: PROMPT }],
  };
}

function openai(fetch: typeof globalThis.fetch, origin: string, response: ResponseName): OpenAI {
  return new OpenAI({ apiKey: 'sk-bench', baseURL: `${origin}/${response}/v1`, maxRetries: 0, fetch });
}

/** Creates a client without the SDK's spans, which would be measured on both sides. */
function anthropic(fetch: typeof globalThis.fetch, origin: string, response: ResponseName): Anthropic {
  const baseURL = `${origin}/${response}`;
  return new Anthropic({ apiKey: 'sk-ant-bench', baseURL, maxRetries: 0, openTelemetry: false, fetch });
}

function imagePrompt(): OpenAiMessages {
  const url = `data:image/png;base64,${Buffer.alloc(7_500_000, 'image').toString('base64')}`;
  return [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is on it?' },
        { type: 'image_url', image_url: { url } },
      ],
    },
  ];
}

/** Returns text with quotes and line breaks, which JSON escapes. */
function longText(length: number): string {
  return 'The customer wrote: "Where is my order?"\nWe answered on Monday. '
    .repeat(length / 60)
    .slice(0, length);
}
