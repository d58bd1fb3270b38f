import { boundedName } from '../../text/bounded-name.js';
import { asString } from '../json/json-value.js';

/** Words of Claude Code and of its Agent SDK. Source: types of @anthropic-ai/claude-agent-sdk 0.3. */

/** Providers by `ModelUsage.provider`. Claude Code sends the requests, so their hosts are not known. */
const PROVIDERS: ReadonlyMap<string, string> = new Map([
  ['firstParty', 'anthropic'],
  ['bedrock', 'aws.bedrock'],
  ['mantle', 'aws.bedrock'],
  ['vertex', 'gcp.vertex_ai'],
  ['foundry', 'azure.ai.inference'],
]);

/** Providers by the form of their names of models: `us.anthropic.claude-sonnet-4-5-20250929-v1:0`, `…@20250929`. */
const PROVIDERS_BY_MODEL: ReadonlyArray<readonly [form: RegExp, provider: string]> = [
  [/\banthropic\.claude-/, 'aws.bedrock'],
  [/^claude-[\w.-]+@\d{8}$/, 'gcp.vertex_ai'],
];

/**
 * Returns the provider of a model. Messages and older results do not name it: then it is recognized by the name of the
 * model. A gateway or an unknown provider has no price.
 */
export function agentProviderOf(word: unknown, model: string | null): string {
  const name = asString(word);
  if (name !== null) return PROVIDERS.get(name) ?? 'anthropic_compatible';
  const plain = model === null ? '' : withoutContext(model);
  return PROVIDERS_BY_MODEL.find(([form]) => form.test(plain))?.[1] ?? 'anthropic';
}

/** Model of messages that Claude Code writes itself, such as the text of an error. Their usage is 0. */
export const SYNTHETIC_MODEL = '<synthetic>';

/** `ModelUsage.costBasis` of a cost that is a guess at another model's price. */
export const GUESSED_COST = 'unknown';

/** `terminal_reason` of a turn that the application interrupted. Source: `TerminalReason`. */
export const ABORTED_REASONS: ReadonlySet<unknown> = new Set(['aborted_streaming', 'aborted_tools']);

/** `terminal_reason` of a turn that waits for the result of a tool, and can be resumed. Source: `TerminalReason`. */
export const DEFERRED_REASON = 'tool_deferred';

/** Endings that tell why a turn failed, whatever the API returned. Sources: `TerminalReason`, `SDKResultError`. */
export const DECISIVE_ENDINGS: ReadonlySet<unknown> = new Set([
  'error_max_turns',
  'max_turns',
  'error_max_budget_usd',
  'budget_exhausted',
  'error_max_structured_output_retries',
  'structured_output_retry_exhausted',
  'malformed_tool_use_exhausted',
  'prompt_too_long',
  'blocking_limit',
  'rapid_refill_breaker',
]);

const FAILED_REASONS: ReadonlySet<unknown> = new Set([
  'image_error',
  'model_error',
  'api_error',
  'tool_deferred_unavailable',
  'turn_setup_failed',
]);

/**
 * Returns whether a turn has no answer, even if its result is not marked as an error: its text is one of Claude Code.
 * https://github.com/pingdotgg/t3code/pull/9135
 */
export function isFailedReason(reason: unknown): boolean {
  return DECISIVE_ENDINGS.has(reason) || FAILED_REASONS.has(reason);
}

/** Error of a response that reached its token limit, and could not be continued. Source: `SDKAssistantMessageError`. */
export const TRUNCATED_ERROR = 'max_output_tokens';

/** Returns whether an error is the `AbortError` of the Agent SDK, whose class has no name in the published build. */
export function isAgentAbort(error: unknown): boolean {
  return ABORT_MESSAGES.has((error as { message?: unknown } | null | undefined)?.message);
}

/** Source: code of @anthropic-ai/claude-agent-sdk 0.3.332. */
const ABORT_MESSAGES: ReadonlySet<unknown> = new Set([
  'Operation aborted',
  'Claude Code process aborted by user',
  'Connection aborted by user',
]);

/** Returns the name of a model without the size of its context window, which Claude Code adds: `opus[1m]`. */
export function withoutContext(model: string): string {
  const name = boundedName(model);
  const at = name.endsWith(']') ? name.lastIndexOf('[') : -1;
  return at > 0 ? name.slice(0, at) : name;
}

/** Returns the name of a model without the size of its context window and without its version: `-20250929`. */
export function plainModel(model: string): string {
  return withoutContext(model).replace(/[-@]20\d{6}$/, '');
}
