import type { CallRow } from '../../api/index.js';

/** Outcome as an icon and a word. */
export interface Outcome {
  readonly tone: 'bad' | 'warn' | 'plain' | 'quiet';
  readonly icon: 'check' | 'cut' | 'cross' | 'dot';
  readonly text: string;
}

export type OutcomeFacts = Pick<CallRow, 'outcome' | 'failed' | 'truncated'>;

/** Returns the outcome of a call. Unlisted outcomes keep their API name. */
export function outcomeOf({ outcome, failed, truncated }: OutcomeFacts): Outcome {
  const known = KNOWN[outcome];
  if (known) return known;
  if (failed) return { tone: 'bad', icon: 'cross', text: outcome };
  return truncated ? TRUNCATED : { tone: 'quiet', icon: 'dot', text: outcome };
}

const CANCELLED: Outcome = { tone: 'quiet', icon: 'dot', text: 'Cancelled' };
const TRUNCATED: Outcome = { tone: 'warn', icon: 'cut', text: 'Truncated' };

const KNOWN: Readonly<Record<string, Outcome>> = {
  ok: { tone: 'plain', icon: 'check', text: 'OK' },
  tool_calls: { tone: 'plain', icon: 'check', text: 'Tool calls' },
  length: TRUNCATED,
  context_window: TRUNCATED,
  truncated: TRUNCATED,
  refusal: { tone: 'quiet', icon: 'dot', text: 'Refused' },
  cancelled: CANCELLED,
  // Shown as one outcome: the application stopped the call, before or after the response began.
  aborted: CANCELLED,
  paused: { tone: 'quiet', icon: 'dot', text: 'Paused' },
  unread: { tone: 'quiet', icon: 'dot', text: 'Not read' },
};

/** Explains an outcome in a few words. */
export function outcomeLine(outcome: string, maxTokens: number | undefined): string {
  if (outcome === 'length' && maxTokens !== undefined)
    return `hit max_tokens ${maxTokens.toLocaleString('en-US')}`;
  return LINES[outcome] ?? 'as reported by the provider';
}

const LINES: Readonly<Record<string, string>> = {
  stop: 'the model finished',
  ok: 'the model finished',
  length: 'hit the token limit',
  context_window: 'hit the context window',
  tool_calls: 'the model called tools',
  content_filter: 'blocked by a content filter',
  refusal: 'the model refused',
  paused: 'the model paused its turn',
  error: 'the provider failed',
  cancelled: 'the response was abandoned',
  budget_exceeded: 'the budget is used up',
  unread: 'the response was not read',
  aborted: 'by the application',
  timeout: 'exceeded the time limit',
  connection: 'the provider was unreachable',
  quota_exhausted: 'no quota or credit left',
  rate_limit: 'too many requests',
  overloaded: 'the provider is overloaded',
  context_window_exceeded: 'the prompt is too long',
  truncated: 'hit the token limit',
  request_too_large: 'the request is too large',
  auth: 'the API key was rejected',
  permission: 'the API key lacks permission',
  not_found: 'model not found',
  bad_request: 'the provider rejected the request',
  server_error: 'the provider failed',
  parse: 'the response could not be parsed',
  stream_cut: 'the stream ended early',
  empty_response: 'the response has no content',
  agent_limit: 'the agent reached its limit of turns or cost',
  unknown: 'unknown reason',
};

/** Options of the outcome filter. The first two stand for several outcomes, `cancelled` for `aborted` too. */
export const OUTCOME_OPTIONS = [
  ['failed', 'Failed, any error'],
  ['truncated', 'Truncated'],
  ['ok', 'OK'],
  ['tool_calls', 'Tool calls'],
  ['refusal', 'Refused'],
  ['cancelled', 'Cancelled'],
  ['paused', 'Paused'],
  ['unread', 'Not read'],
  ...(
    [
      'content_filter',
      'rate_limit',
      'overloaded',
      'timeout',
      'connection',
      'stream_cut',
      'empty_response',
      'agent_limit',
      'quota_exhausted',
      'budget_exceeded',
      'context_window_exceeded',
      'request_too_large',
      'auth',
      'permission',
      'not_found',
      'bad_request',
      'server_error',
      'parse',
      'unknown',
    ] as const
  ).map((type) => [type, type] as const),
] as const;

/** Maps an outcome in the URL to an option; `undefined` for an unknown one. */
export function outcomeName(name: string): string | undefined {
  if (name === 'aborted') return 'cancelled';
  if (name === 'length' || name === 'context_window') return 'truncated';
  return OUTCOME_OPTIONS.find(([option]) => option === name)?.[0];
}

/** Returns the API parameters of selected options. */
export function outcomeParameters(options: readonly string[]): readonly string[] {
  return options.flatMap((option) => (option === 'cancelled' ? ['cancelled', 'aborted'] : [option]));
}
