import {
  dataEvent,
  fullText,
  PLAIN_REQUEST,
  type EmulatedApi,
  type GeneratedResponse,
  type StreamEvent,
} from '../model/emulated-api.js';
import { otherPlatform, PLAIN_CHAT_FAULTS, readMessages } from './other-platform.js';

const snowflake = otherPlatform(
  'snowflake',
  ({ message, code }) => ({ message, code: code ?? '390100', request_id: 'sf' }),
  (requestId) => ({ 'x-snowflake-request-id': requestId }),
);

/**
 * Snowflake Cortex `inference:complete`. Each event has the usage so far. Sources: Snowflake documentation, “Cortex LLM REST
 * API”; https://github.com/BerriAI/litellm/issues/30762.
 */
export const snowflakeCortex: EmulatedApi = {
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
  if (tool)
    yield { text: chunk({ type: 'tool_use', tool_use_id: 'tooluse_1', name: tool.name }, 0), tokens: 0 };
  let outputTokens = 0;
  for (const { text, tokens } of pieces) {
    outputTokens += tokens;
    const delta = tool ? { type: 'tool_use', input: text } : { type: 'text', content: text };
    yield { text: chunk(delta, outputTokens), tokens };
  }
}
