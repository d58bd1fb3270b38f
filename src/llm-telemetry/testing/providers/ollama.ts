import {
  fullText,
  PLAIN_REQUEST,
  WITHOUT_TEXT,
  type EmulatedApi,
  type GeneratedResponse,
  type Json,
  type ModelRequest,
  type StreamEvent,
} from '../model/emulated-api.js';
import {
  countTexts,
  offeredFunction,
  otherPlatform,
  PLAIN_CHAT_FAULTS,
  readMessages,
  readTexts,
} from './other-platform.js';

/** Errors are texts, and responses have no request id. Source: https://github.com/ollama/ollama/blob/main/docs/api.md. */
const ollama = otherPlatform(
  'ollama',
  ({ message }) => ({ error: message }),
  () => ({}),
);

const GENERATION = {
  ...ollama,
  idPrefix: '',
  faultReplacements: PLAIN_CHAT_FAULTS,
  eventStream: { contentType: 'application/x-ndjson', encode: (line: string) => Buffer.from(line) },
  streamError: () => line({ error: 'an error was encountered while running the model' }),
} satisfies Partial<EmulatedApi>;

/** Ollama's chat. Source: docs/api.md, “Generate a chat completion”. */
export const ollamaChat: EmulatedApi = {
  ...GENERATION,
  matches: (path) => path.endsWith('/api/chat'),
  read(body, tokenizer, path) {
    const messages = readMessages(body['messages'], tokenizer);
    if (typeof body['model'] !== 'string' || messages === null) return 'model is required';
    return { ...optionsOf(body, path), ...messages, offeredTool: offeredFunction(body['tools']) };
  },
  json: (generated) => last(generated, { message: messageOf(generated, fullText(generated)) }),
  events: (generated) => lines(generated, (text) => ({ message: messageOf(generated, text) })),
};

/** Ollama's generate. Source: docs/api.md, “Generate a completion”. */
export const ollamaGenerate: EmulatedApi = {
  ...GENERATION,
  matches: (path) => path.endsWith('/api/generate'),
  read(body, tokenizer, path) {
    const { prompt, system = '' } = body;
    if (typeof body['model'] !== 'string' || typeof prompt !== 'string') return 'model is required';
    const inputTokens = countTexts([prompt, system], tokenizer);
    return { ...optionsOf(body, path), system: String(system), user: prompt, inputTokens };
  },
  json: (generated) => last(generated, { response: fullText(generated) }),
  events: (generated) => lines(generated, (text) => ({ response: text })),
};

function optionsOf(body: Json, path: string): Omit<ModelRequest, 'user' | 'inputTokens'> {
  const limit = (body['options'] as { num_predict?: number } | undefined)?.num_predict;
  return {
    ...PLAIN_REQUEST,
    model: body['model'] as string,
    path,
    body,
    stream: body['stream'] !== false,
    maxTokens: limit ?? Infinity,
  };
}

function messageOf({ tool }: GeneratedResponse, text: string): object {
  if (!tool) return { role: 'assistant', content: text };
  const args = JSON.parse(text === '' ? '{}' : text) as unknown;
  return {
    role: 'assistant',
    content: '',
    tool_calls: [{ function: { name: tool.name, arguments: args } }],
  };
}

function base({ model, created }: GeneratedResponse): object {
  return { model, created_at: new Date(created * 1000).toISOString() };
}

/** The response, or the last line of a stream. */
function last(generated: GeneratedResponse, content: object): object {
  return {
    ...base(generated),
    ...content,
    done: true,
    done_reason: generated.finish === 'length' ? 'length' : 'stop',
    total_duration: 4_883_583_458,
    load_duration: 1_334_875,
    prompt_eval_count: generated.request.inputTokens,
    prompt_eval_duration: 342_546_000,
    eval_count: generated.outputTokens,
    eval_duration: 4_535_599_000,
  };
}

/** Tool calls are sent whole, because their arguments are an object. */
function* lines(generated: GeneratedResponse, contentOf: (text: string) => object): Iterable<StreamEvent> {
  const { pieces, tool } = generated;
  if (tool) {
    const text = line({ ...base(generated), ...contentOf(fullText(generated)), done: false });
    yield { text, tokens: pieces.reduce((sum, { tokens }) => sum + tokens, 0) };
  } else {
    for (const { text, tokens } of pieces)
      yield { text: line({ ...base(generated), ...contentOf(text), done: false }), tokens };
  }
  const end = tool ? { message: { role: 'assistant', content: '' } } : contentOf('');
  yield { text: line(last(generated, end)), tokens: 0 };
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

/** Ollama's embeddings. Source: docs/api.md, “Generate Embeddings”. */
export const ollamaEmbed: EmulatedApi = {
  ...ollama,
  ...WITHOUT_TEXT,
  idPrefix: '',
  matches: (path) => path.endsWith('/api/embed'),
  read: (body, tokenizer, path) => readTexts(body, 'input', tokenizer, path),
  json: ({ model, request: { body, inputTokens } }) => ({
    model,
    embeddings: [body['input']].flat().map((_, index) => [index / 10, 0.5]),
    total_duration: 14_143_917,
    load_duration: 1_019_500,
    prompt_eval_count: inputTokens,
  }),
};

/** Ollama's old embeddings, of one text and without counts. Source: docs/api.md, “Generate Embedding”. */
export const ollamaEmbeddings: EmulatedApi = {
  ...ollama,
  ...WITHOUT_TEXT,
  idPrefix: '',
  matches: (path) => path.endsWith('/api/embeddings'),
  read: (body, tokenizer, path) => readTexts(body, 'prompt', tokenizer, path),
  json: (): SentOllamaEmbedding => ({ embedding: [0.1, 0.5] }),
};

/** A test compares it with the types of the SDK. */
export interface SentOllamaEmbedding {
  readonly embedding: number[];
}
