import type Anthropic from '@anthropic-ai/sdk';
import { emptyResponse, type ResponseDraft } from '../../../src/llm-telemetry/wire/response-draft.js';
import type { JsonObject } from '../../../src/llm-telemetry/wire/json/json-value.js';
import { toUsage } from '../../../src/llm-telemetry/wire/to-usage.js';
import type { Usage } from '../../../src/llm-telemetry/wire/usage.js';
import { messages } from '../../../src/llm-telemetry/wire/formats/messages.js';

/** Bodies and events of Anthropic Messages, and functions that read them. */

export type Message = Anthropic.Messages.Message;
type Event = Anthropic.Messages.RawMessageStreamEvent;
export type Delta = Anthropic.Messages.RawContentBlockDeltaEvent['delta'];
type DeltaUsage = Anthropic.Messages.MessageDeltaUsage;

// Shapes: types of @anthropic-ai/sdk 1 (`resources/messages`), values as in the API reference, “Messages”,
// “Streaming Messages” and “Prompt caching”.
export const USAGE: Message['usage'] = {
  input_tokens: 12,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
  output_tokens: 6,
  output_tokens_details: null,
  server_tool_use: null,
  service_tier: 'standard',
  inference_geo: null,
  speed: null,
};

export const MESSAGE: Message = {
  id: 'msg_013Zva2CMHLNnXjNJJKqJ2EF',
  type: 'message',
  role: 'assistant',
  model: 'claude-haiku-4-5-20251001',
  content: [{ type: 'text', text: 'Hello!', citations: null }],
  container: null,
  stop_reason: 'end_turn',
  stop_sequence: null,
  stop_details: null,
  diagnostics: null,
  usage: USAGE,
};

export function start(usage: Partial<Message['usage']> = {}): Event {
  return {
    type: 'message_start',
    message: { ...MESSAGE, content: [], stop_reason: null, usage: { ...USAGE, output_tokens: 1, ...usage } },
  };
}

export function delta(content: Delta): Event {
  return { type: 'content_block_delta', index: 0, delta: content };
}

export function text(content: string): Event {
  return delta({ type: 'text_delta', text: content });
}

export function messageDelta(
  usage: Partial<DeltaUsage>,
  stopReason: Message['stop_reason'] = 'end_turn',
): Event {
  return {
    type: 'message_delta',
    delta: { container: null, stop_reason: stopReason, stop_sequence: null, stop_details: null },
    usage: {
      input_tokens: null,
      cache_creation_input_tokens: null,
      cache_read_input_tokens: null,
      output_tokens: 6,
      output_tokens_details: null,
      server_tool_use: null,
      ...usage,
    },
  };
}

export const STOP: Event = { type: 'message_stop' };

export function readBody(body: unknown): ResponseDraft {
  const answer = emptyResponse();
  messages.readResponse(body as JsonObject, answer);
  return answer;
}

export function readEvents(events: readonly unknown[]): ResponseDraft {
  const answer = emptyResponse();
  for (const event of events)
    messages.readEvent(typeof event === 'string' ? event : JSON.stringify(event), answer, null);
  return answer;
}

export function usageOf(answer: ResponseDraft, inputBytes: number | null = null): Usage {
  return toUsage(answer, true, () => inputBytes);
}
