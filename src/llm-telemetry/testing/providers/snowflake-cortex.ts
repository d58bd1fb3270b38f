import {
  dataEvent,
  fullText,
  PLAIN_REQUEST,
  WITHOUT_TEXT,
  type EmulatedApi,
  type GeneratedResponse,
  type StreamEvent,
} from '../model/emulated-api.js';
import { otherPlatform, PLAIN_CHAT_FAULTS, readMessages, readTexts } from './other-platform.js';

const snowflake = otherPlatform(
  'snowflake',
  ({ message, code }) => ({ message, code: code ?? '390100', request_id: 'sf' }),
  (requestId) => ({ 'x-snowflake-request-id': requestId }),
);

/**
 * Snowflake Cortex `inference:complete`. Each event has the usage so far. Sources: Snowflake documentation, “Cortex LLM REST
 * API”; source of chatlas, `_provider_snowflake.py`; https://github.com/langchain-ai/langchain-snowflake/issues/40.
 */
const complete: EmulatedApi = {
  ...snowflake,
  idPrefix: '',
  faultReplacements: PLAIN_CHAT_FAULTS,
  matches: (path) => path.endsWith('/cortex/inference:complete'),
  read(body, tokenizer, path) {
    const messages = readMessages(body['messages'], tokenizer);
    if (typeof body['model'] !== 'string' || messages === null) return 'model and messages are required';
    const [tool] = Array.isArray(body['tools']) ? (body['tools'] as Array<{ tool_spec?: Spec }>) : [];
    const spec = tool?.tool_spec;
    return {
      ...PLAIN_REQUEST,
      ...messages,
      model: body['model'],
      path,
      body,
      stream: body['stream'] === true,
      maxTokens: Number(body['max_tokens'] ?? body['max_output_tokens'] ?? 4096),
      offeredTool: spec ? { name: spec.name, schema: spec.input_schema } : null,
    };
  },
  json: (generated) => ({
    ...headOf(generated),
    choices: [{ message: messageOf(generated) }],
    usage: usageOf(generated, generated.outputTokens),
  }),
  events,
  streamError: () => 'event: error\ndata: {"message":"internal error","code":"390100"}\n\n',
};

interface Spec {
  readonly name: string;
  readonly input_schema?: unknown;
}

function headOf({ id, created, model }: GeneratedResponse): object {
  return { id, created, model };
}

function usageOf({ request: { inputTokens } }: GeneratedResponse, outputTokens: number): object {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  };
}

function messageOf(generated: GeneratedResponse): object {
  const text = fullText(generated);
  if (!generated.tool) return { content: text, content_list: [{ type: 'text', text }] };
  const input: unknown = JSON.parse(text === '' ? '{}' : text);
  const use = { tool_use_id: 'tooluse_1', name: generated.tool.name, input };
  return { content_list: [{ type: 'tool_use', tool_use: use }] };
}

function* events(generated: GeneratedResponse): Iterable<StreamEvent> {
  const { tool, pieces } = generated;
  const chunk = (delta: object, outputTokens: number): string =>
    dataEvent({ ...headOf(generated), choices: [{ delta }], usage: usageOf(generated, outputTokens) });
  const callOf = (part: object): object => ({ type: 'tool_use', ...part, content_list: [part], text: '' });
  const textDelta = (text: string): object => ({
    type: 'text',
    content: text,
    content_list: [{ type: 'text', text }],
    text,
  });
  if (tool) yield { text: chunk(callOf({ tool_use_id: 'tooluse_1', name: tool.name }), 0), tokens: 0 };
  let outputTokens = 0;
  for (const { text, tokens } of pieces) {
    outputTokens += tokens;
    yield { text: chunk(tool ? callOf({ input: text }) : textDelta(text), outputTokens), tokens };
  }
}

/**
 * Snowflake Cortex `inference:embed`. Sources: Snowflake REST API reference, “Cortex Embed”; source of litellm,
 * `tests/test_litellm/llms/snowflake/embedding`.
 */
const embed: EmulatedApi = {
  ...snowflake,
  ...WITHOUT_TEXT,
  idPrefix: '',
  matches: (path) => path.endsWith('/cortex/inference:embed'),
  read: (body, tokenizer, path) => readTexts(body, 'text', tokenizer, path),
  json: ({ model, request: { body, inputTokens } }) => ({
    object: 'list',
    data: [body['text']].flat().map((_, index) => ({
      object: 'embedding',
      embedding: [[index / 10, 0.5]],
      index,
    })),
    model,
    usage: { total_tokens: inputTokens },
  }),
};

export const snowflakeApis: readonly EmulatedApi[] = [complete, embed];
