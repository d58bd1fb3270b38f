import { STREAM_CHUNKS } from '../responses/canned-response.js';
import type { ResponseName } from '../responses/index.js';
import { anthropicCall, anthropicStream } from '../work/anthropic.js';
import { openaiCall, openaiStream } from '../work/openai.js';
import type { Work } from '../work/work.js';

export const SDKS = ['openai', 'anthropic'] as const;
export type Sdk = (typeof SDKS)[number];

/** Work that all contestants do in the same way. */
export interface Task {
  readonly name: string;
  readonly sdk: Sdk;
  /** Response of the measured calls. `<response>-cached` is that of the verified call. */
  readonly response: ResponseName & `${Sdk}-${'call' | 'stream'}`;
  /** Unit of the results: the whole call, or one chunk of its stream. */
  readonly unit: 'call' | 'chunk';
  readonly unitsPerCall: number;
  /** Calls in a block, and before the first block. */
  readonly callsPerBlock: number;
  readonly warmUpCalls: number;
  /** Calls the model with a client of the SDK. `never`: the contestants have versions of their own. */
  readonly work: (client: never) => Work;
}

const call = { unit: 'call', unitsPerCall: 1, callsPerBlock: 500, warmUpCalls: 20_000 } as const;
const stream = { unit: 'chunk', unitsPerCall: STREAM_CHUNKS, callsPerBlock: 30, warmUpCalls: 1_000 } as const;

export const TASKS: readonly Task[] = [
  {
    name: 'OpenAI call',
    sdk: 'openai',
    response: 'openai-call',
    ...call,
    work: openaiCall,
  },
  {
    name: 'OpenAI stream',
    sdk: 'openai',
    response: 'openai-stream',
    ...stream,
    work: openaiStream,
  },
  {
    name: 'Anthropic call',
    sdk: 'anthropic',
    response: 'anthropic-call',
    ...call,
    work: anthropicCall,
  },
  {
    name: 'Anthropic stream',
    sdk: 'anthropic',
    response: 'anthropic-stream',
    ...stream,
    work: anthropicStream,
  },
];
