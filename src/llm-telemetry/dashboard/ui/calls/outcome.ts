import type { CallRow } from '../../api/index.js';

/** How something ended, as a state: an icon and a word. */
export interface Outcome {
  readonly tone: 'bad' | 'warn' | 'plain' | 'quiet';
  readonly icon: 'check' | 'cut' | 'cross' | 'dot';
  readonly text: string;
}

export type OutcomeFacts = Pick<CallRow, 'outcome' | 'failed' | 'truncated'>;

/** The API's own word where there is no better known one. */
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
  // One thing for a reader: the application stopped it, before or after the response began.
  aborted: CANCELLED,
  paused: { tone: 'quiet', icon: 'dot', text: 'Paused' },
  unread: { tone: 'quiet', icon: 'dot', text: 'Not read' },
};

/** What an outcome means, in a line. */
export function outcomeLine(outcome: string, maxTokens: number | undefined): string {
  if (outcome === 'length' && maxTokens !== undefined)
    return `hit max_tokens ${maxTokens.toLocaleString('en-US')}`;
  return LINES[outcome] ?? 'in the words of the provider';
}

const LINES: Readonly<Record<string, string>> = {
  stop: 'the model was done',
  ok: 'the model was done',
  length: 'hit the limit of tokens',
  context_window: 'hit the context window',
  tool_calls: 'it asks for tools',
  content_filter: 'blocked by a content filter',
  refusal: 'the model refused',
  paused: 'to be continued',
  error: 'the provider failed',
  cancelled: 'left before its end',
  budget_exceeded: 'the budget is used up',
  unread: 'nobody read the answer',
  aborted: 'by the application',
  timeout: 'took longer than it may',
  connection: 'the provider was not reached',
  quota_exhausted: 'no quota or credit is left',
  rate_limit: 'too many requests',
  overloaded: 'the provider has too much to do',
  context_window_exceeded: 'the prompt is too long',
  truncated: 'hit the limit of tokens',
  request_too_large: 'the request is too large',
  auth: 'the key is not accepted',
  permission: 'the key may not do that',
  not_found: 'no such model',
  bad_request: 'the request is not accepted',
  server_error: 'the provider failed',
  parse: 'the answer could not be parsed',
  stream_cut: 'the stream broke off',
  empty_response: 'the response has no content',
  unknown: 'for another reason',
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

/** The option that `name` of an address selects; `undefined`: it is no outcome. */
export function outcomeName(name: string): string | undefined {
  if (name === 'aborted') return 'cancelled';
  if (name === 'length' || name === 'context_window') return 'truncated';
  return OUTCOME_OPTIONS.find(([option]) => option === name)?.[0];
}

/** The API's outcomes of selected options. */
export function outcomeParameters(options: readonly string[]): readonly string[] {
  return options.flatMap((option) => (option === 'cancelled' ? ['cancelled', 'aborted'] : [option]));
}
