import {
  dataEvent,
  fullText,
  PLAIN_REQUEST,
  type EmulatedApi,
  type GeneratedResponse,
  type StreamEvent,
} from '../model/emulated-api.js';
import {
  countTexts,
  offeredFunction,
  otherPlatform,
  PLAIN_CHAT_FAULTS,
  readMessages,
} from './other-platform.js';

/** Errors are a list. Source: https://developers.cloudflare.com/workers-ai/platform/errors/. */
export const workersAi = otherPlatform(
  'cloudflare.workers_ai',
  ({ message }) => ({
    errors: [{ message: `AiError: ${message}`, code: 5000 }],
    success: false,
    result: {},
    messages: [],
  }),
  (requestId) => ({ 'cf-ai-req-id': requestId }),
);

export const PATH = /\/(?:ai\/run|workers-ai(?:\/run)?)\/(@(?:cf|hf)\/.+)$/;

/** Returns the members that the responses of all models have. */
export function envelope(result: object): object {
  return { result, success: true, errors: [], messages: [] };
}

/**
 * Workers AI, text generation. Sources: https://developers.cloudflare.com/workers-ai/get-started/rest-api/;
 * source of the package workers-ai-provider.
 */
export const workersAiText: EmulatedApi = {
  ...workersAi,
  idPrefix: '',
  faultReplacements: PLAIN_CHAT_FAULTS,
  matches: (path) => PATH.test(path),
  read(body, tokenizer, path) {
    const { prompt } = body;
    const messages =
      typeof prompt === 'string'
        ? { system: '', user: prompt, inputTokens: countTexts([prompt], tokenizer) }
        : readMessages(body['messages'], tokenizer);
    if (messages === null) return 'Invalid input: prompt or messages';
    return {
      ...PLAIN_REQUEST,
      ...messages,
      model: PATH.exec(path)![1]!,
      path,
      body,
      stream: body['stream'] === true,
      maxTokens: Number(body['max_tokens'] ?? 256),
      offeredTool: offeredFunction(body['tools']),
    };
  },
  json: (generated) => envelope({ ...outputOf(generated), usage: usageOf(generated) }),
  events: function* (generated): Iterable<StreamEvent> {
    const { pieces, tool, outputTokens } = generated;
    if (tool) yield { text: dataEvent(outputOf(generated)), tokens: outputTokens };
    else
      for (const { text, tokens } of pieces) yield { text: dataEvent({ response: text, p: 'ab' }), tokens };
    yield { text: dataEvent({ response: '', usage: usageOf(generated) }), tokens: 0 };
    yield { text: 'data: [DONE]\n\n', tokens: 0 };
  },
  streamError: () => dataEvent({ errors: [{ message: 'AiError: internal', code: 5000 }], success: false }),
};

function outputOf(generated: GeneratedResponse): object {
  const text = fullText(generated);
  if (!generated.tool) return { response: text };
  const args: unknown = JSON.parse(text === '' ? '{}' : text);
  return { response: null, tool_calls: [{ name: generated.tool.name, arguments: args }] };
}

function usageOf({ request: { inputTokens }, outputTokens }: GeneratedResponse): object {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  };
}
