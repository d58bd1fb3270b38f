import { NO_HEADERS } from '../headers.js';
import type { JsonObject } from '../json/json-value.js';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import { toUsage } from '../to-usage.js';
import { interactions } from './interactions.js';

// Shapes: types of @google/genai 3 (`Interaction`, `InteractionSSEEvent`, `Usage`).
const URL_OF_API = 'https://generativelanguage.googleapis.com/v1beta/interactions';

const USAGE = {
  total_input_tokens: 90,
  total_cached_tokens: 40,
  total_output_tokens: 12,
  total_thought_tokens: 30,
  total_tool_use_tokens: 8,
  total_tokens: 140,
  grounding_tool_count: [
    { type: 'google_search', count: 3 },
    { type: 'google_maps', count: 1 },
  ],
};

function read(body: object): ResponseDraft {
  const response = emptyResponse();
  interactions.readResponse(body as JsonObject, response);
  return response;
}

function readStream(...events: object[]): ResponseDraft {
  const response = emptyResponse();
  for (const event of events) interactions.readEvent(JSON.stringify(event), response, null);
  return response;
}

describe('Gemini Interactions', () => {
  it('reads the parameters of a request', () => {
    const body = {
      model: 'models/gemini-3-flash-preview',
      input: 'hi',
      stream: true,
      previous_interaction_id: 'int_0',
      service_tier: 'priority',
      response_format: { type: 'text', mime_type: 'application/json', schema: {} },
      generation_config: {
        temperature: 0.2,
        top_p: 0.9,
        seed: 3,
        max_output_tokens: 64,
        stop_sequences: ['X'],
        thinking_level: 'low',
      },
    };
    expect(interactions.readRequest(body, URL_OF_API, NO_HEADERS)).toEqual({
      model: 'gemini-3-flash-preview',
      stream: true,
      temperature: 0.2,
      topP: 0.9,
      seed: 3,
      maxTokens: 64,
      stopSequences: ['X'],
      serviceTier: 'priority',
      reasoningEffort: 'low',
      outputType: 'json',
      previousResponseId: 'int_0',
    });
  });

  it.each([
    [['model', 'input'], true],
    [['agent', 'input'], true],
    [['model', 'continuation_token', 'previous_interaction_id'], true],
    [['model'], false],
    [['input'], false],
    [['type', 'token', 'data'], false],
  ])('decides by the keys %j whether a POST to /interactions is a model request', (keys, accepted) => {
    expect(interactions.accepts(new Set(keys), URL_OF_API)).toBe(accepted);
  });

  it.each(['/v1beta/interactions/int_1', '/v1beta/interactions/int_1/cancel'])('ignores %s', (path) => {
    expect(interactions.matches(path)).toBe(false);
  });

  it('reads usage, fees and finish of a response', () => {
    const response = read({
      id: 'int_1',
      model: 'gemini-3-flash-preview',
      status: 'completed',
      service_tier: 'standard',
      steps: [{ type: 'model_output', content: [{ type: 'text', text: 'Hello' }] }],
      usage: USAGE,
    });
    expect(response).toMatchObject({ id: 'int_1', finish: 'stop', hasContent: true, complete: true });
    expect(toUsage(response, true, () => null)).toMatchObject({
      inputTokens: 98,
      cachedInputTokens: 40,
      outputTokens: 42,
      reasoningTokens: 30,
      webSearchRequests: 3,
      toolUses: { google_maps: 1 },
      serviceTier: 'standard',
      clamped: false,
      source: 'provider',
    });
  });

  it('reads cached audio apart from cached text', () => {
    const usage = {
      ...USAGE,
      input_tokens_by_modality: [
        { modality: 'text', tokens: 50 },
        { modality: 'audio', tokens: 40 },
      ],
      cached_tokens_by_modality: [
        { modality: 'text', tokens: 10 },
        { modality: 'audio', tokens: 30 },
      ],
    };
    expect(toUsage(read({ id: 'int_1', status: 'completed', usage }), true, () => null)).toMatchObject({
      inputTokens: 98,
      cachedInputTokens: 10,
      cachedAudioInputTokens: 30,
      audioInputTokens: 10,
      clamped: false,
    });
  });

  it.each([
    ['requires_action', 'tool_calls'],
    ['incomplete', 'length'],
    ['budget_exceeded', 'length'],
    ['cancelled', 'cancelled'],
    ['requires_continuation', 'paused'],
    ['in_progress', 'paused'],
    ['queued', 'paused'],
    ['a_new_status', 'a_new_status'],
  ])('reads the status %s as %s', (status, finish) => {
    expect(read({ id: 'int_1', status })).toMatchObject({ finish, finishReasons: [status], complete: true });
  });

  it('reads a stream', () => {
    const response = readStream(
      {
        event_type: 'interaction.created',
        interaction: { id: 'int_1', model: 'gemini-3-flash-preview', status: 'in_progress' },
      },
      { event_type: 'step.start', index: 0, step: { type: 'model_output' } },
      { event_type: 'step.delta', index: 0, delta: { type: 'text', text: 'Hel' } },
      { event_type: 'step.delta', index: 0, delta: { type: 'text', text: 'lo' } },
      { event_type: 'step.delta', index: 0, delta: { type: 'thought_signature', signature: 'A' } },
      { event_type: 'step.stop', index: 0 },
    );
    expect(response).toMatchObject({
      id: 'int_1',
      model: 'gemini-3-flash-preview',
      finish: null,
      outputBytes: 5,
      outputChunks: 2,
      complete: false,
    });
    interactions.readEvent(
      JSON.stringify({
        event_type: 'interaction.completed',
        interaction: { id: 'int_1', status: 'completed', usage: USAGE },
      }),
      response,
      null,
    );
    expect(response).toMatchObject({
      finish: 'stop',
      complete: true,
      usage: { inputTokens: 98, outputTokens: 42 },
    });
  });

  it('reads a stream of a tool call as content', () => {
    const response = readStream({
      event_type: 'step.start',
      index: 0,
      step: { type: 'function_call', id: 'c', name: 'f', arguments: {} },
    });
    expect(response.hasContent).toBe(true);
  });

  it.each([
    ['a response', { error: { code: 'too_many_requests', message: 'm' } }],
    [
      'a failed interaction',
      { id: 'i', status: 'failed', errors: [{ code: 'too_many_requests', message: 'm' }] },
    ],
  ])('reads the error of %s', (_, body) => {
    expect(read(body)).toMatchObject({ error: { code: 'too_many_requests' }, complete: false });
  });

  it('reads an error event', () => {
    const event = { event_type: 'error', error: { code: 'too_many_requests', message: 'm' } };
    expect(readStream(event)).toMatchObject({ error: { code: 'too_many_requests' }, complete: false });
  });

  it('does not estimate input that the provider stores', () => {
    expect(interactions.inputBytes({ model: 'm', input: 'hello' })).toBe(5);
    expect(interactions.inputBytes({ model: 'm', input: 'hello', previous_interaction_id: 'i' })).toBeNull();
  });
});
