import {
  jsonResponse,
  STREAM_CHUNKS,
  streamResponse,
  TOKENS,
  words,
  type CannedResponse,
} from './canned-response.js';

/** Responses in the format of Anthropic Messages. */

export const ANTHROPIC_MODEL = 'claude-haiku-4-5-20251001';

const MESSAGE = {
  id: 'msg_01XFDUDYJgAACzvnptvVoYEL',
  type: 'message',
  role: 'assistant',
  model: ANTHROPIC_MODEL,
};

/** @param cached - tokens read from the cache, which `input_tokens` leaves out */
function usage(cached: number): object {
  return {
    input_tokens: TOKENS.input - cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens: TOKENS.output,
    service_tier: 'standard',
  };
}

export function anthropicCall(cached = 0): CannedResponse {
  return jsonResponse({
    ...MESSAGE,
    content: [{ type: 'text', text: words(40).join('') }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: usage(cached),
  });
}

export function anthropicStream(cached = 0): CannedResponse {
  const start = { ...MESSAGE, content: [], stop_reason: null, stop_sequence: null };
  return streamResponse([
    event({ type: 'message_start', message: { ...start, usage: { ...usage(cached), output_tokens: 1 } } }),
    event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    event({ type: 'ping' }),
    ...words(STREAM_CHUNKS - 6).map((text) =>
      event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
    ),
    event({ type: 'content_block_stop', index: 0 }),
    event({
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: TOKENS.output },
    }),
    event({ type: 'message_stop' }),
  ]);
}

function event(data: Readonly<Record<string, unknown> & { type: string }>): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}
