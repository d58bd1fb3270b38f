import {
  fullText,
  namedEvent,
  PLAIN_REQUEST,
  type EmulatedApi,
  type GeneratedResponse,
  type Json,
  type ModelRequest,
  type StreamEvent,
} from '../model/emulated-api.js';
import type { Tokenizer } from '../model/tokenizer.js';
import { mistralPlatform, STORED_MODEL } from './mistral-platform.js';
import { countTexts, offeredFunction, PLAIN_CHAT_FAULTS, readMessages } from './other-platform.js';

/** Mistral Conversations. Source: https://docs.mistral.ai/api/#tag/beta.conversations. */
export const mistralConversations: EmulatedApi = {
  ...mistralPlatform,
  idPrefix: 'conv_',
  faultReplacements: PLAIN_CHAT_FAULTS,
  matches: (path) => /\/conversations(?:\/[^/]+(?:\/restart)?)?$/.test(path),
  read,
  json: (generated) => ({
    object: 'conversation.response',
    conversation_id: generated.id,
    outputs: [output(generated, fullText(generated))],
    usage: usage(generated),
  }),
  events,
  streamError: () => namedEvent('conversation.response.error', { message: 'Internal error', code: 500 }),
};

function read(body: Json, tokenizer: Tokenizer, path: string): ModelRequest | string {
  const { inputs, instructions = '' } = body;
  const args = (body['completion_args'] ?? {}) as { max_tokens?: number };
  const messages =
    typeof inputs === 'string'
      ? { system: '', user: inputs, inputTokens: countTexts([inputs], tokenizer) }
      : readMessages(inputs, tokenizer);
  if (messages === null) return 'inputs is required';
  return {
    ...PLAIN_REQUEST,
    ...messages,
    system: String(instructions),
    inputTokens: messages.inputTokens + countTexts([String(instructions)], tokenizer),
    model: typeof body['model'] === 'string' ? body['model'] : STORED_MODEL,
    path,
    body,
    stream: body['stream'] === true,
    maxTokens: args.max_tokens ?? Infinity,
    offeredTool: offeredFunction(body['tools']),
  };
}

function output({ id, model, tool }: GeneratedResponse, text: string): object {
  if (tool)
    return {
      type: 'function.call',
      id: `fc_${id}`,
      tool_call_id: `call_${id}`,
      name: tool.name,
      arguments: text,
    };
  return { type: 'message.output', id: `msg_${id}`, model, role: 'assistant', content: text };
}

function usage({ request: { inputTokens }, outputTokens }: GeneratedResponse): object {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    connector_tokens: null,
    connectors: null,
  };
}

function* events(generated: GeneratedResponse): Iterable<StreamEvent> {
  const started = { conversation_id: generated.id };
  yield { text: namedEvent('conversation.response.started', started), tokens: 0 };
  const type = generated.tool ? 'function.call.delta' : 'message.output.delta';
  for (const { text, tokens } of generated.pieces) {
    const delta = { ...output(generated, text), type, output_index: 0, content_index: 0 };
    yield { text: namedEvent(type, delta), tokens };
  }
  yield { text: namedEvent('conversation.response.done', { usage: usage(generated) }), tokens: 0 };
}
