import type OpenAI from 'openai';
import { emptyResponse, type ResponseDraft } from '../../../src/llm-telemetry/wire/response-draft.js';
import type { JsonObject } from '../../../src/llm-telemetry/wire/json/json-value.js';
import { chatCompletions } from '../../../src/llm-telemetry/wire/formats/chat-completions.js';

/** Bodies and chunks of Chat Completions, and functions that read them. */

type ChatCompletion = OpenAI.Chat.Completions.ChatCompletion;
export type Choice = ChatCompletion['choices'][number];

// Shapes: types of openai 7 (`resources/chat/completions`, `resources/completions`), values as in the API reference,
// “The chat completion object” and “The chat completion chunk object”.
export const COMPLETION: ChatCompletion = {
  id: 'chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT',
  object: 'chat.completion',
  created: 1_741_569_952,
  model: 'gpt-4o-mini-2024-07-18',
  choices: [choice('stop')],
  usage: {
    prompt_tokens: 19,
    completion_tokens: 10,
    total_tokens: 29,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  },
  service_tier: 'default',
};

export function choice(finish: Choice['finish_reason'], message: Partial<Choice['message']> = {}): Choice {
  return {
    index: 0,
    message: { role: 'assistant', content: 'Hello!', refusal: null, annotations: [], ...message },
    logprobs: null,
    finish_reason: finish,
  };
}

/** Checks that skimming a response, if possible, gives the same result as parsing it. */
export function readBody(body: unknown): ResponseDraft {
  const answer = emptyResponse();
  chatCompletions.readResponse(body as JsonObject, answer);
  for (const indent of [0, 2]) {
    const skimmed = emptyResponse();
    const isSkimmed = chatCompletions.skimResponse!(JSON.stringify(body, null, indent), skimmed);
    expect(isSkimmed ? skimmed : answer).toEqual(answer);
  }
  return answer;
}
