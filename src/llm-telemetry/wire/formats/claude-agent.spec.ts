import type { JsonObject } from '../json/json-value.js';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import { claudeAgent, wasInterrupted } from './claude-agent.js';
import { BUILT_IN_FORMATS } from './built-in-formats.js';

function ended(result: JsonObject): ResponseDraft {
  const response = emptyResponse();
  claudeAgent.readResponse({ subtype: 'success', is_error: false, num_turns: 2, ...result }, response);
  return response;
}

describe('results of the Claude Agent SDK', () => {
  it.each([
    ['end_turn', 'stop'],
    ['tool_use', 'tool_calls'],
    ['max_tokens', 'length'],
    ['refusal', 'refusal'],
    ['a_new_reason', 'a_new_reason'],
  ])('with stop reason %s have finish reason %s', (reason, finish) => {
    const response = ended({ stop_reason: reason });
    expect([response.finish, response.finishReasons, response.error]).toEqual([finish, [reason], null]);
    expect([response.complete, response.turns]).toEqual([true, 2]);
  });

  it('without a stop reason are finished', () => {
    expect(ended({ stop_reason: null })).toMatchObject({ finish: 'stop', finishReasons: [] });
  });

  it('that are refused are not errors', () => {
    expect(ended({ stop_reason: 'refusal', is_error: true })).toMatchObject({
      finish: 'refusal',
      error: null,
    });
  });

  it('that could not be continued after the token limit are truncated', () => {
    expect(ended({ is_error: true, assistant_error: 'max_output_tokens' })).toMatchObject({
      finish: 'length',
      error: null,
    });
  });

  it.each(['error_max_turns', 'error_max_budget_usd', 'error_max_structured_output_retries'])(
    'of %s are errors, in versions that do not mark them too',
    (subtype) => {
      const expected = { finish: 'error', finishReasons: [subtype], error: { type: subtype } };
      expect(ended({ subtype, is_error: true })).toMatchObject(expected);
      expect(ended({ subtype, is_error: false })).toMatchObject(expected);
    },
  );

  it('that the API refused have its status, its type and the condition in their text, without the text', () => {
    const response = ended({
      is_error: true,
      terminal_reason: 'api_error',
      api_error_status: 400,
      api_error_type: 'invalid_request_error',
      assistant_error: 'billing_error',
      result: 'API Error: 400 Your credit balance is too low. canary',
    });
    expect(response.error).toEqual({
      code: 'billing_error',
      type: 'invalid_request_error',
      hint: 'quota_exhausted',
      status: 400,
    });
    expect(response.finishReasons).toEqual(['api_error']);
  });

  it.each<[JsonObject, JsonObject]>([
    [{ result: 'API Error: 529 Overloaded.' }, { status: 529, type: null }],
    [{ terminal_reason: 'prompt_too_long', assistant_error: 'invalid_request' }, { code: 'prompt_too_long' }],
    [{ api_error: 'connection_failed', assistant_error: 'server_error' }, { code: 'connection_failed' }],
    [{ errors: ['prompt is too long'] }, { hint: 'context_window_exceeded' }],
    [
      { errors: 'none', result: 7, api_error_status: 'x' },
      { status: undefined, code: null },
    ],
  ])('with %j have error %j', (result, error) => {
    expect(ended({ is_error: true, ...result }).error).toMatchObject(error);
  });

  it.each([-1, 'many', 1e300, undefined])('with %p turns have an unknown number of turns', (turns) => {
    expect(ended({ num_turns: turns }).turns).toBeNull();
  });

  it.each<[JsonObject, boolean, boolean]>([
    [{ terminal_reason: 'aborted_streaming' }, false, true],
    [{ terminal_reason: 'completed', subtype: 'error_during_execution' }, true, false],
    [{ subtype: 'error_during_execution' }, true, true],
    [{ subtype: 'error_during_execution' }, false, false],
    [{ subtype: 'success' }, true, false],
  ])('%j with a call of interrupt %p were interrupted: %p', (result, calledInterrupt, expected) => {
    expect(wasInterrupted(result, calledInterrupt)).toBe(expected);
  });

  it('are never recognized as a request of this process', () => {
    const keys = new Set(['model', 'messages']);
    expect(claudeAgent.matches('/v1/messages')).toBe(false);
    expect(claudeAgent.accepts(keys, 'https://api.anthropic.com/v1/messages')).toBe(false);
    expect(claudeAgent.inputBytes({ messages: 'Hello' })).toBeNull();
    const response = emptyResponse();
    claudeAgent.readEvent('{"type":"result"}', response, null);
    expect(response).toEqual(emptyResponse());
    expect(BUILT_IN_FORMATS).not.toContain(claudeAgent);
  });
});
