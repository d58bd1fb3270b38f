import { PlainTextContent } from '../content/plain-text.content.js';
import { errorIn } from '../dialects/error-body.js';
import { asArray, asCount, asNumber, asObject, type JsonObject } from '../json/json-value.js';
import { textBytes } from '../json/text-bytes.js';
import { chatCompletions } from './chat-completions.js';
import { envelopedChat } from './enveloped-chat.js';
import type { BuiltInFormat } from './format.js';
import { isNonEmpty } from './response-parts.js';
import { responses } from './responses.js';

/**
 * Cloudflare Workers AI, with the model in the path: `/ai/run/@cf/meta/llama-3.1-8b-instruct`, also through AI Gateway. The
 * result of a response, and the events of a stream, have the shape of Workers AI or that of OpenAI, depending on the
 * model. Sources: Workers AI documentation, “Get started with the Workers AI REST API”; AI Gateway documentation,
 * “Workers AI”; source of the package workers-ai-provider.
 */
const AT_MODEL = {
  provider: 'cloudflare.workers_ai',
  pathEndings: [],
  withinIds: '@',
  matches: (path) => PATH.test(path),
} as const satisfies Partial<BuiltInFormat>;

const PATH = /\/(?:ai\/run|workers-ai(?:\/run)?)\/(@(?:cf|hf)(?:\/|%2[Ff]).+)$/;

function modelIn(url: string): string | null {
  return PATH.exec(url)?.[1]?.replace(/%2F/gi, '/') ?? null;
}

const CHAT = {
  ...envelopedChat({ request: toMessages, response: toChat, event: toChunk }),
  ...AT_MODEL,
  requestKeys: new Set([...chatCompletions.requestKeys, 'top_k']),
  readRequest: (body, url, headers) => ({
    ...chatCompletions.readRequest({ ...body, model: modelIn(url) }, url, headers),
    topK: asNumber(body['top_k']) ?? undefined,
  }),
} as const satisfies Partial<BuiltInFormat>;

/** Models that generate text from messages. */
export const workersAiChat: BuiltInFormat = { ...CHAT, accepts: (keys) => keys.has('messages') };

/** Models that generate text from a prompt. */
export const workersAiPrompt: BuiltInFormat = {
  ...CHAT,
  operation: 'text_completion',
  accepts: (keys, url) => keys.has('prompt') && !OTHER_OUTPUT.test(url),
  inputBytes: (body) => textBytes(body['prompt']),
};

/** Models that generate images or speech from a prompt. Source: Workers AI documentation, “Models”. */
const OTHER_OUTPUT = /stable-diffusion|dreamshaper|flux|lucid-origin|phoenix|melotts|aura/;

/** Models with the API of OpenAI's Responses (`@cf/openai/gpt-oss-120b`). */
export const workersAiResponses: BuiltInFormat = {
  ...responses,
  ...AT_MODEL,
  rateLimitHeaders: undefined,
  accepts: (keys) => keys.has('input') && !keys.has('documents'),
  readRequest: (body, url, headers) => responses.readRequest({ ...body, model: modelIn(url) }, url, headers),
  readResponse: (body, response) => responses.readResponse(resultOf(body), response),
  skimResponse: undefined,
};

/** Models that embed texts. */
export const workersAiEmbeddings: BuiltInFormat = {
  ...AT_MODEL,
  operation: 'embeddings',
  accepts: (keys, url) => keys.has('text') && EMBEDDER.test(url),
  requestKeys: new Set(),
  content: (limit) => new PlainTextContent({ input: 'text', output: null }, limit),
  readRequest: (_, url) => ({ model: modelIn(url), stream: false }),
  inputBytes: (body) => textBytes(body['text']),
  readResponse: (body, response) => {
    response.error = errorIn(body);
    if (response.error !== null) return;
    const result = resultOf(body);
    response.hasContent = isNonEmpty(result['data']);
    response.usage.inputTokens = asCount(asObject(result['usage'])?.['prompt_tokens']);
    response.usage.outputTokens = 0;
    response.complete = true;
  },
  // Embeddings are never streamed.
  readEvent: () => {},
};

/** Models that classify and translate have a text, too. Source: Workers AI documentation, “Models”. */
const EMBEDDER = /\/bge-(?!reranker)|embedding/;

/** A response has its result in an envelope, unless AI Gateway or a binding has removed it. */
function resultOf(body: JsonObject): JsonObject {
  return asObject(body['result']) ?? body;
}

/** Returns the messages that a prompt stands for. */
function toMessages(body: JsonObject): JsonObject {
  return 'prompt' in body ? { messages: [{ role: 'user', content: body['prompt'] }] } : body;
}

function toChat(body: JsonObject): JsonObject {
  const { success, errors, result } = body;
  const { response, tool_calls: calls, ...rest } = resultOf(body);
  if (success === false || result === null) return { ...body, success, errors };
  if (Array.isArray(rest['choices'])) return rest;
  // With a JSON schema, the text is the parsed object.
  const content = typeof response === 'object' && response !== null ? JSON.stringify(response) : response;
  return { ...rest, choices: [{ message: { content, tool_calls: functionsOf(calls) } }] };
}

function toChunk({ response, tool_calls: calls, ...event }: JsonObject): JsonObject {
  if (Array.isArray(event['choices'])) return event;
  // Some models send numbers as numbers.
  const content = typeof response === 'number' ? String(response) : response;
  // `p` is padding.
  return { ...event, p: null, choices: [{ delta: { content, tool_calls: functionsOf(calls) } }] };
}

/** Returns tool calls in the shape of Chat Completions. Workers AI has names and arguments at the top. */
function functionsOf(calls: unknown): JsonObject[] | undefined {
  const list = asArray(calls).map((entry) => asObject(entry) ?? {});
  if (list.length === 0) return undefined;
  return list.map((call) => {
    const { name, arguments: input } = asObject(call['function']) ?? call;
    return {
      ...call,
      function: { name, arguments: typeof input === 'string' ? input : JSON.stringify(input) },
    };
  });
}
