import { Agent } from 'node:http';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { ResponseName } from './responses/index.js';
import { STREAM_CHUNKS, TOKENS } from './responses/canned-response.js';
import type { Plan } from './paired-runs.js';
import type { Transport } from './transports/transport.js';
import { anthropicCall, anthropicPromise, anthropicStream } from './work/anthropic.js';
import {
  embeddingsCall,
  imagePrompt,
  openaiCall,
  openaiPromise,
  openaiStream,
  responsesCall,
  responsesStream,
} from './work/openai.js';
import { fetchedJson, fetchedStream, requestedJson, REQUESTS } from './work/requests.js';
import { longText, type Work } from './work/work.js';

/** Typical use of a model by an application. */
export interface Scenario {
  readonly name: string;
  /** Unit of the results: the whole call, or one chunk of its stream. */
  readonly unit: 'call' | 'chunk';
  readonly unitsPerCall: number;
  /** Calls per variant in the long form, and calls per block. */
  readonly calls: number;
  readonly callsPerBlock: number;
  /** Calls per variant before the measured ones. Default: a quarter of `calls`. */
  readonly warmUpCalls?: number;
  /** Token counts of the response. Default: `TOKENS`. */
  readonly tokens?: { readonly input: number; readonly output: number };
  /** Runs the calls of a block at the same time instead of one after the other. */
  readonly isConcurrent?: boolean;
  /** Makes the call by `telemetry.run`, which returns the result of the work, instead of in an async method. */
  readonly byRun?: boolean;
  /**
   * Uses `node:http` instead of `fetch`. Needs a server, and is measured for annotated methods only: all requests of the
   * process are observed, and only an annotated method says by which application.
   */
  readonly byNodeHttp?: boolean;
  /** Creates the work with a client that uses `fetch`. */
  work(fetch: typeof globalThis.fetch, origin: string): Work;
}

const call = { unit: 'call', unitsPerCall: 1 } as const;
/** After 30,000 calls, the added time no longer decreases: V8 has compiled and recompiled all of the code. */
const shortCall = { ...call, calls: 20_000, callsPerBlock: 200, warmUpCalls: 30_000 } as const;
const otherCall = { ...call, calls: 6_000, callsPerBlock: 200 } as const;
/** Streams of 600,000 chunks come before the measured ones, for the same reason. */
const stream = {
  unit: 'chunk',
  unitsPerCall: STREAM_CHUNKS,
  calls: 3_000,
  callsPerBlock: 30,
  warmUpCalls: 3_000,
} as const;
const otherStream = { ...stream, calls: 400, callsPerBlock: 20, warmUpCalls: 100 } as const;
const concurrentStreams = {
  ...stream,
  calls: 4_000,
  callsPerBlock: 100,
  warmUpCalls: 1_000,
  isConcurrent: true,
} as const;

export const SCENARIOS: readonly Scenario[] = [
  { name: 'OpenAI call', ...shortCall, work: openai('openai-call', openaiCall) },
  { name: 'OpenAI promise', ...shortCall, byRun: true, work: openai('openai-call', openaiPromise) },
  { name: 'OpenAI stream', ...stream, work: openai('openai-stream', openaiStream) },
  { name: '100 OpenAI streams', ...concurrentStreams, work: openai('openai-stream', openaiStream) },
  { name: 'Anthropic call', ...shortCall, work: anthropic('anthropic-call', anthropicCall) },
  {
    name: 'Anthropic promise',
    ...shortCall,
    byRun: true,
    work: anthropic('anthropic-call', anthropicPromise),
  },
  { name: 'Anthropic stream', ...stream, work: anthropic('anthropic-stream', anthropicStream) },
  {
    name: '100 Anthropic streams',
    ...concurrentStreams,
    work: anthropic('anthropic-stream', anthropicStream),
  },
  { name: 'Responses call', ...otherCall, work: openai('responses-call', responsesCall) },
  { name: 'Responses stream', ...otherStream, work: openai('responses-stream', responsesStream) },
  {
    name: 'Embeddings call',
    ...otherCall,
    tokens: { input: TOKENS.input, output: 0 },
    work: openai('embeddings-call', embeddingsCall),
  },
  { name: 'Gemini call', ...otherCall, work: fetched('gemini-call', 'geminiCall') },
  { name: 'Gemini stream', ...otherStream, work: fetched('gemini-stream', 'geminiStream') },
  { name: 'Converse call', ...otherCall, work: fetched('converse-call', 'converseCall') },
  { name: 'Converse stream', ...otherStream, work: fetched('converse-stream', 'converseStream') },
  { name: 'Ollama call', ...otherCall, work: fetched('ollama-call', 'ollamaCall') },
  { name: 'Ollama stream', ...otherStream, work: fetched('ollama-stream', 'ollamaStream') },
  { name: 'node:http call', ...otherCall, byNodeHttp: true, work: requested('openai-call', 'chatCall') },
  {
    name: '500 kB prompt',
    ...call,
    calls: 600,
    callsPerBlock: 10,
    work: openai('openai-call', (client) =>
      openaiCall(client, [{ role: 'user', content: longText(500_000) }]),
    ),
  },
  {
    name: '10 MB image',
    ...call,
    calls: 80,
    callsPerBlock: 1,
    work: openai('openai-call', (client) => openaiCall(client, imagePrompt())),
  },
];

/** Returns the scenarios that a transport can carry. */
export function scenariosOf({ name }: Pick<Transport, 'name'>): readonly Scenario[] {
  return SCENARIOS.filter(({ byNodeHttp }) => !byNodeHttp || name === 'http');
}

/** Returns the plan of a scenario. Both forms have the same warm-up, so that they measure the same compiled code. */
export function planOf(scenario: Scenario, quick: boolean): Plan {
  const { calls, callsPerBlock, warmUpCalls = calls / 4, isConcurrent = false } = scenario;
  const rounds = Math.ceil(calls / callsPerBlock);
  return {
    callsPerBlock,
    isConcurrent,
    warmUpRounds: Math.ceil(warmUpCalls / callsPerBlock),
    rounds: quick ? Math.ceil(rounds / 5) : rounds,
  };
}

function openai(response: ResponseName, work: (client: OpenAI) => Work): Scenario['work'] {
  return (fetch, origin) =>
    work(new OpenAI({ apiKey: 'sk-bench', baseURL: `${origin}/${response}/v1`, maxRetries: 0, fetch }));
}

/** Creates a client without the SDK's spans, which would be measured on both sides. */
function anthropic(response: ResponseName, work: (client: Anthropic) => Work): Scenario['work'] {
  return (fetch, origin) => {
    const baseURL = `${origin}/${response}`;
    return work(
      new Anthropic({ apiKey: 'sk-ant-bench', baseURL, maxRetries: 0, openTelemetry: false, fetch }),
    );
  };
}

function fetched(response: ResponseName, sent: keyof typeof REQUESTS): Scenario['work'] {
  const work = response.endsWith('-stream') ? fetchedStream : fetchedJson;
  return (fetch, origin) => work(fetch, `${origin}/${response}`, REQUESTS[sent]);
}

function requested(response: ResponseName, sent: keyof typeof REQUESTS): Scenario['work'] {
  const agent = new Agent({ keepAlive: true });
  return (_, origin) => requestedJson(agent, `${origin}/${response}`, REQUESTS[sent]);
}
