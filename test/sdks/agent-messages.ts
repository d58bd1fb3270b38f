import { randomUUID } from 'node:crypto';
import type {
  ModelUsage,
  SDKAssistantMessage,
  SDKMessage,
  SDKPartialAssistantMessage,
  SDKResultError,
  SDKResultSuccess,
  SDKSystemMessage,
} from '@anthropic-ai/claude-agent-sdk';

/**
 * Messages of a query, by the types of @anthropic-ai/claude-agent-sdk 0.3.332, and with the values that Claude Code
 * 2.1.332 sends.
 */

export const SONNET = 'claude-sonnet-4-5';
export const SONNET_RELEASE = 'claude-sonnet-4-5-20250929';
export const HAIKU = 'claude-haiku-4-5-20251001';
export const SESSION = '80566170-637d-46a9-bb11-4ee1b8da67c7';

type Message = SDKAssistantMessage['message'];
type ApiUsage = Message['usage'];
type MainLoop = SDKResultSuccess['usage'];

/** Not in the types, but sent by Claude Code. */
interface UntypedResult {
  readonly model_usage_since_last_result?: Readonly<Record<string, ModelUsage>>;
  readonly api_error_type?: string;
  readonly api_error?: string;
}
export type Success = Partial<SDKResultSuccess> & UntypedResult;
export type Failure = Partial<SDKResultError> & UntypedResult;

export function init(model: string = SONNET): SDKSystemMessage {
  return {
    type: 'system',
    subtype: 'init',
    apiKeySource: 'ANTHROPIC_API_KEY',
    claude_code_version: '2.1.332',
    cwd: '/srv',
    tools: ['Bash'],
    mcp_servers: [],
    model,
    permissionMode: 'default',
    slash_commands: ['clear'],
    output_style: 'default',
    skills: [],
    plugins: [],
    uuid: randomUUID(),
    session_id: SESSION,
  };
}

export function apiUsage(counts: Partial<ApiUsage> = {}): ApiUsage {
  return {
    input_tokens: 100,
    output_tokens: 1,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens_details: null,
    server_tool_use: null,
    service_tier: 'standard',
    inference_geo: null,
    iterations: null,
    speed: null,
    fallback_credit: null,
    ...counts,
  };
}

interface AssistantFacts {
  readonly id: string;
  readonly text?: string;
  readonly model?: string;
  readonly usage?: Partial<ApiUsage>;
  readonly stop?: Message['stop_reason'];
  readonly parent?: string | null;
  readonly error?: SDKAssistantMessage['error'];
}

/** One block of a response, as Claude Code sends it: without stop reason, and with a placeholder as output. */
export function assistant({
  id,
  text = 'Hello.',
  model = SONNET_RELEASE,
  ...facts
}: AssistantFacts): SDKAssistantMessage {
  return {
    type: 'assistant',
    message: {
      id,
      type: 'message',
      role: 'assistant',
      model,
      content: [{ type: 'text', text, citations: null }],
      container: null,
      context_management: null,
      diagnostics: null,
      stop_details: null,
      stop_reason: facts.stop ?? null,
      stop_sequence: null,
      usage: apiUsage(facts.usage),
    },
    parent_tool_use_id: facts.parent ?? null,
    ...(facts.error === undefined ? {} : { error: facts.error }),
    uuid: randomUUID(),
    session_id: SESSION,
  };
}

/** Text of an error that Claude Code writes in place of a response. */
export function apiError(error: SDKAssistantMessage['error']): SDKAssistantMessage {
  const usage = { input_tokens: 0, output_tokens: 0 };
  return assistant({ id: randomUUID(), model: '<synthetic>', stop: 'stop_sequence', usage, error });
}

export function partial(event: SDKPartialAssistantMessage['event']): SDKPartialAssistantMessage {
  return { type: 'stream_event', event, parent_tool_use_id: null, uuid: randomUUID(), session_id: SESSION };
}

export function modelUsage(counts: Partial<ModelUsage> = {}): ModelUsage {
  return {
    inputTokens: 100,
    outputTokens: 20,
    cacheReadInputTokens: 0,
    cacheCreationInputTokens: 0,
    webSearchRequests: 0,
    costUSD: 0.0006,
    contextWindow: 200_000,
    maxOutputTokens: 32_000,
    ...counts,
  };
}

export function success(facts: Success = {}): SDKResultSuccess {
  return { ...result('success'), result: 'Hello.', ...facts } as SDKResultSuccess;
}

export function failure(subtype: SDKResultError['subtype'], facts: Failure = {}): SDKResultError {
  return { ...result(subtype), is_error: true, errors: [], ...facts } as SDKResultError;
}

function result<Subtype extends string>(subtype: Subtype) {
  return {
    type: 'result' as const,
    subtype,
    duration_ms: 126,
    duration_api_ms: 73,
    is_error: false,
    num_turns: 1,
    stop_reason: 'end_turn',
    total_cost_usd: 0.0006,
    usage: apiUsage() as MainLoop,
    modelUsage: { [SONNET]: modelUsage() },
    permission_denials: [],
    uuid: randomUUID(),
    session_id: SESSION,
  };
}

/** A whole turn: the response comes in two messages, which repeat its usage. */
export function turn(facts: Success = {}, id = 'msg_1'): SDKMessage[] {
  return [init(), assistant({ id, text: 'Thinking.' }), assistant({ id }), success(facts)];
}
