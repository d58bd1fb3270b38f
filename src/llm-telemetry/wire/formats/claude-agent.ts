import {
  ABORTED_REASONS,
  DECISIVE_ENDINGS,
  DEFERRED_REASON,
  isFailedReason,
  TRUNCATED_ERROR,
} from '../dialects/agent-words.js';
import { hintIn } from '../dialects/error-words.js';
import { asArray, asBoolean, asCount, asNumber, asString, type JsonObject } from '../json/json-value.js';
import type { FinishReason } from '../finish-reason.js';
import type { ResponseDraft } from '../response-draft.js';
import type { RequestParameters, WireFormat } from './format.js';
import { FINISH } from './messages.js';

/**
 * Turns of the Claude Agent SDK. No path matches: a child process sends the requests, and `transports/agent/` reads its
 * messages. `readResponse` reads how a turn ended.
 *
 * Source: types of @anthropic-ai/claude-agent-sdk 0.3 (`SDKResultMessage`); messages of Claude Code 2.1.332.
 */
export const claudeAgent: WireFormat = {
  // Not `invoke_agent`: backends do not count the usage of such spans, because it is that of inner spans (docs/backends.md).
  operation: 'chat',
  provider: 'anthropic',
  matches: () => false,
  accepts: () => false,
  requestKeys: new Set(['model', 'session_id']),
  readRequest,
  inputBytes: () => null,
  readResponse,
  readEvent: () => undefined,
};

function readRequest(body: JsonObject): RequestParameters {
  return {
    model: asString(body['model']),
    stream: true,
    conversationId: asString(body['session_id']) ?? undefined,
  };
}

/** Returns whether the turn of a result ended because the application interrupted it. */
export function wasInterrupted(result: JsonObject, calledInterrupt: boolean): boolean {
  const reason = result['terminal_reason'];
  // Versions without `terminal_reason` report an interruption as this error.
  if (reason === undefined) return calledInterrupt && result['subtype'] === 'error_during_execution';
  return ABORTED_REASONS.has(reason);
}

/**
 * Reads how a turn ended. `result`: a result message, with the error of the last assistant message in
 * `assistant_error`.
 */
function readResponse(result: JsonObject, response: ResponseDraft): void {
  const stopReason = asString(result['stop_reason']);
  const subtype = asString(result['subtype']);
  const turns = asCount(result['num_turns']);
  response.turns = turns !== null && turns >= 0 ? turns : null;
  response.complete = true;
  const reason = asString(result['terminal_reason']);
  if (reason === DEFERRED_REASON) return finish(response, reason);
  if (!isFailure(result) || stopReason === 'refusal') return finish(response, stopReason);
  const error = asString(result['assistant_error']);
  if (error === TRUNCATED_ERROR) return finish(response, 'max_tokens');
  const failed = endingOf(subtype, reason);
  response.finish = 'error';
  response.finishReasons = [failed ?? 'error'];
  const text = asString(result['result']) ?? asString(asArray(result['errors'])[0]) ?? '';
  response.error = {
    code:
      asString(result['api_error']) ??
      asString(result['startup_failure_reason']) ??
      (DECISIVE_ENDINGS.has(failed) ? failed : error),
    type: asString(result['api_error_type']) ?? failed,
    hint: hintIn(text),
    status: asNumber(result['api_error_status']) ?? statusIn(text),
  };
}

/** Returns the most precise word for how a turn failed: `success` and `error_during_execution` only say that it did. */
function endingOf(subtype: string | null, reason: string | null): string | null {
  if (subtype === 'success' || subtype === null) return reason;
  return subtype === 'error_during_execution' && isFailedReason(reason) ? reason : subtype;
}

/** A limit of the agent (`error_max_turns`) is not marked as an error by all versions; an answer without errors is not one either. */
function isFailure(result: JsonObject): boolean {
  if (isFailedReason(result['terminal_reason'])) return true;
  const isError = asBoolean(result['is_error']);
  const subtype = asString(result['subtype']);
  if (isError !== null && (isError || asString(result['result']) !== null)) return isError;
  return subtype?.startsWith('error') === true;
}

/** Returns the status in the text of an error, where older versions report it: `API Error: 529 …`. */
function statusIn(text: string): number | undefined {
  const status = /^API Error: ([45]\d\d)\b/.exec(text)?.[1];
  return status === undefined ? undefined : Number(status);
}

/** The finish reasons of the API, and that of a turn that waits. */
const FINISHES: ReadonlyMap<string, FinishReason> = new Map([...FINISH, [DEFERRED_REASON, 'paused']]);

function finish(response: ResponseDraft, stopReason: string | null): void {
  response.finish = stopReason === null ? 'stop' : (FINISHES.get(stopReason) ?? stopReason);
  response.finishReasons = stopReason === null ? [] : [stopReason];
}
