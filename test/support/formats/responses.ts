import type OpenAI from 'openai';
import { emptyResponse, type ResponseDraft } from '../../../src/llm-telemetry/wire/response-draft.js';
import type { JsonObject } from '../../../src/llm-telemetry/wire/json/json-value.js';
import { toUsage } from '../../../src/llm-telemetry/wire/to-usage.js';
import type { Usage } from '../../../src/llm-telemetry/wire/usage.js';
import { responses } from '../../../src/llm-telemetry/wire/formats/responses.js';

/** Bodies and events of the Responses API, and functions that read them. */

export type Response = OpenAI.Responses.Response;
export type Item = OpenAI.Responses.ResponseOutputItem;
export type Event = OpenAI.Responses.ResponseStreamEvent;

// Shapes: types of openai 7 (`resources/responses`), values as in the API reference, “The response object” and
// “Streaming events”. `output_text` is added by the SDK and is not sent.
export const TEXT: Item = {
  type: 'message',
  id: 'msg_67ccd2bf17f0819081ff3bb2cf6508e6',
  status: 'completed',
  role: 'assistant',
  content: [{ type: 'output_text', text: 'Hello!', annotations: [], logprobs: [] }],
};

export const REFUSAL: Item = {
  ...TEXT,
  content: [{ type: 'refusal', refusal: "I'm sorry, but I can't help with that." }],
};

export const USAGE: OpenAI.Responses.ResponseUsage = {
  input_tokens: 36,
  input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
  output_tokens: 87,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 123,
};

export const RESPONSE = {
  id: 'resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b',
  object: 'response',
  created_at: 1_741_476_542,
  status: 'completed',
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  model: 'gpt-4.1-2025-04-14',
  output: [TEXT],
  parallel_tool_calls: true,
  access_programs: null,
  service_tier: 'default',
  temperature: 1,
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
  usage: USAGE,
} satisfies Omit<Response, 'output_text'>;

/** Returns a response object with some members replaced. */
export function response(part: Partial<Response>): Response {
  return { ...RESPONSE, ...part } as Response;
}

/** JSON text as written by OpenAI and by most other servers (Python's `json.dumps`). */
export const WRITERS = {
  'without spaces': (value: unknown) => JSON.stringify(value),
  'with spaces': (value: unknown) => JSON.stringify(value, null, 1).replaceAll(/\n\s*/g, ' '),
};

export function readBody(body: unknown): ResponseDraft {
  const answer = emptyResponse();
  responses.readResponse(body as JsonObject, answer);
  return answer;
}

export function readEvents(events: readonly unknown[], write = WRITERS['without spaces']): ResponseDraft {
  const answer = emptyResponse();
  for (const event of events)
    responses.readEvent(typeof event === 'string' ? event : write(event), answer, null);
  return answer;
}

export function usageOf(answer: ResponseDraft, inputBytes: number | null = null): Usage {
  return toUsage(answer, true, () => inputBytes);
}

let number = 0;
export const created = (): Event => ({
  type: 'response.created',
  sequence_number: number++,
  response: response({ status: 'in_progress', output: [], usage: undefined, service_tier: 'auto' }),
});
export const text = (delta: string): Event => ({
  type: 'response.output_text.delta',
  item_id: TEXT.id!,
  output_index: 0,
  content_index: 0,
  delta,
  logprobs: [],
  sequence_number: number++,
});
export const ended = (
  type: 'response.completed' | 'response.incomplete' | 'response.failed',
  part: Partial<Response> = {},
): Event => ({ type, sequence_number: number++, response: response(part) });
