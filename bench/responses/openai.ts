import {
  jsonResponse,
  STREAM_CHUNKS,
  streamResponse,
  TOKENS,
  words,
  type CannedResponse,
} from './canned-response.js';

/** Responses in the format of OpenAI Chat Completions. */

export const OPENAI_MODEL = 'gpt-4o-mini-2024-07-18';

/** @param cached - tokens read from the cache, which are part of the input */
function usage(cached: number): object {
  return {
    prompt_tokens: TOKENS.input,
    completion_tokens: TOKENS.output,
    total_tokens: TOKENS.input + TOKENS.output,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

const COMMON = {
  id: 'chatcmpl-CfN3mW8qkYxV5uTzLr0aBgHdEoJsP',
  created: 1_763_950_000,
  model: OPENAI_MODEL,
  service_tier: 'default',
  system_fingerprint: 'fp_560af6e559',
};

export function openaiCall(cached = 0): CannedResponse {
  const message = { role: 'assistant', content: words(40).join(''), refusal: null, annotations: [] };
  return jsonResponse({
    ...COMMON,
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
    usage: usage(cached),
  });
}

/** Stream with `include_usage`: each chunk has `usage: null`, and an extra chunk at the end has the usage. */
export function openaiStream(cached = 0): CannedResponse {
  return streamResponse([
    chunk({ role: 'assistant', content: '', refusal: null }),
    ...words(STREAM_CHUNKS - 4).map((content) => chunk({ content })),
    chunk({}, 'stop'),
    event({ ...COMMON, object: 'chat.completion.chunk', choices: [], usage: usage(cached), obfuscation: '' }),
    'data: [DONE]\n\n',
  ]);
}

function chunk(delta: object, finishReason: string | null = null): string {
  return event({
    ...COMMON,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    usage: null,
    obfuscation: 'q7Rk2vXw',
  });
}

function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
