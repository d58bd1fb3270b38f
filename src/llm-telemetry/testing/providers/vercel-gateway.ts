import {
  dataEvent,
  fullText,
  PLAIN_REQUEST,
  type EmulatedApi,
  type GeneratedResponse,
  type StreamEvent,
} from '../model/emulated-api.js';
import { offeredFunction, otherPlatform, PLAIN_CHAT_FAULTS, readMessages } from './other-platform.js';

/** Error types by OpenAI's codes and types. Source: source of @ai-sdk/gateway 4 (`createGatewayErrorFromResponse`). */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['rate_limit_exceeded', 'rate_limit_exceeded'],
  ['invalid_api_key', 'authentication_error'],
  ['model_not_found', 'model_not_found'],
  ['server_error', 'internal_server_error'],
]);

export const vercel = otherPlatform(
  'vercel',
  ({ message, type, code }) => ({
    error: { message, type: TYPES.get(code ?? type) ?? type, param: null },
    generationId: 'gen_emu',
  }),
  (requestId) => ({ 'x-vercel-id': requestId }),
);

/** Language models of the Vercel AI Gateway, version 4. Source: types of @ai-sdk/provider 4 (`LanguageModelV4`). */
export const vercelLanguageModel: EmulatedApi = {
  ...vercel,
  idPrefix: 'gen_',
  faultReplacements: PLAIN_CHAT_FAULTS,
  matches: (path) => path.endsWith('/language-model'),
  read(body, tokenizer, path, headers) {
    const model = headers['ai-language-model-id'];
    const messages = readMessages(body['prompt'], tokenizer);
    if (typeof model !== 'string' || messages === null)
      return 'Invalid request: model and prompt are required';
    const tool = offeredFunction(body['tools']);
    return {
      ...PLAIN_REQUEST,
      ...messages,
      model,
      path,
      body,
      stream: headers['ai-language-model-streaming'] === 'true',
      maxTokens: Number(body['maxOutputTokens'] ?? Infinity),
      offeredTool: tool,
      tool: (body['toolChoice'] as { type?: string } | undefined)?.type === 'required' ? tool : null,
    };
  },
  json: (generated) => ({
    content: [generated.tool ? toolCall(generated) : { type: 'text', text: fullText(generated) }],
    warnings: [],
    response: { id: generated.id, modelId: generated.model },
    ...end(generated),
  }),
  events,
  streamError: () =>
    dataEvent({ type: 'error', error: { message: 'Upstream failed', type: 'internal_server_error' } }),
};

function toolCall(generated: GeneratedResponse): object {
  const { id, tool } = generated;
  return { type: 'tool-call', toolCallId: `call_${id}`, toolName: tool!.name, input: fullText(generated) };
}

/** Builds the metadata of the gateway. */
export function gatewayMetadata({ id, proxyCostUsd }: GeneratedResponse): object {
  const cost = proxyCostUsd === null ? {} : { cost: String(proxyCostUsd) };
  return { gateway: { generationId: id, routing: {}, ...cost } };
}

function end(generated: GeneratedResponse): object {
  const { finish, outputTokens, request } = generated;
  const { inputTokens } = request;
  return {
    finishReason: { unified: finish === 'tool_calls' ? 'tool-calls' : finish, raw: finish },
    usage: {
      inputTokens: { total: inputTokens, noCache: inputTokens, cacheRead: 0 },
      outputTokens: { total: outputTokens, text: outputTokens, reasoning: 0 },
    },
    providerMetadata: gatewayMetadata(generated),
  };
}

function* events(generated: GeneratedResponse): Iterable<StreamEvent> {
  const { id, model, tool } = generated;
  const [name, member] = tool ? (['tool-input', `call_${id}`] as const) : (['text', '0'] as const);
  yield { text: dataEvent({ type: 'stream-start', warnings: [] }), tokens: 0 };
  yield { text: dataEvent({ type: 'response-metadata', id, modelId: model }), tokens: 0 };
  const start = { type: `${name}-start`, id: member, ...(tool && { toolName: tool.name }) };
  yield { text: dataEvent(start), tokens: 0 };
  for (const { text, tokens } of generated.pieces)
    yield { text: dataEvent({ type: `${name}-delta`, id: member, delta: text }), tokens };
  yield { text: dataEvent({ type: `${name}-end`, id: member }), tokens: 0 };
  if (tool) yield { text: dataEvent(toolCall(generated)), tokens: 0 };
  yield { text: dataEvent({ type: 'finish', ...end(generated) }), tokens: 0 };
  yield { text: 'data: [DONE]\n\n', tokens: 0 };
}
