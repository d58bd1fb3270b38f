import { InvokeContent } from '../content/bedrock-invoke.content.js';
import type { HeaderGetter } from '../headers.js';
import { asNumber, asObject, asString, parseJson, type JsonObject } from '../json/json-value.js';
import { textBytes } from '../json/text-bytes.js';
import type { ResponseDraft } from '../response-draft.js';
import { readBedrockMembers, readMaker } from './bedrock-makers.js';
import {
  isBedrockModel,
  modelInPath,
  readBedrockHeaders,
  readErrorBody,
  readException,
  stringsOf,
} from './bedrock-parts.js';
import { atPaths, type BuiltInFormat, type RequestParameters } from './format.js';
import { messages } from './messages.js';

const WHOLE = 'invoke';
const STREAMED = 'invoke-with-response-stream';

/**
 * Operations by model; the first that matches applies. The body does not tell them apart. The name of an application
 * inference profile does not either: its operation is `chat`.
 */
const OPERATIONS: ReadonlyArray<readonly [operation: string, models: RegExp]> = [
  ['embeddings', /embed/i],
  ['rerank', /rerank/i],
  ['image_generation', /image|canvas|stability\./i],
  ['chat', /^/],
];

/**
 * Parameters by the names of the makers: Anthropic, Nova, Llama, Titan, Cohere, Mistral, OpenAI. A path of two names is a
 * member of an object. Source: see `bedrock-makers.ts`.
 */
const NUMBERS = {
  maxTokens: [
    'max_tokens',
    'inferenceConfig.maxTokens',
    'inferenceConfig.max_new_tokens',
    'max_gen_len',
    'textGenerationConfig.maxTokenCount',
    'max_completion_tokens',
    'max_tokens_to_sample',
  ],
  temperature: ['temperature', 'inferenceConfig.temperature', 'textGenerationConfig.temperature'],
  topP: ['top_p', 'inferenceConfig.topP', 'inferenceConfig.top_p', 'textGenerationConfig.topP', 'p'],
  topK: ['top_k', 'inferenceConfig.topK', 'inferenceConfig.top_k', 'k'],
  frequencyPenalty: ['frequency_penalty'],
  presencePenalty: ['presence_penalty'],
  seed: ['seed'],
  choiceCount: ['n', 'num_generations'],
  dimensions: ['dimensions', 'output_dimension', 'embeddingConfig.outputEmbeddingLength'],
} as const satisfies Partial<Record<keyof RequestParameters, readonly string[]>>;

const STOP_SEQUENCES = [
  'stop_sequences',
  'stop',
  'inferenceConfig.stopSequences',
  'textGenerationConfig.stopSequences',
];

/** Anthropic, Nova 2, OpenAI. */
const EFFORTS = ['output_config.effort', 'reasoningConfig.maxReasoningEffort', 'reasoning_effort'];

const REQUEST_KEYS: ReadonlySet<string> = new Set(
  [...Object.values(NUMBERS).flat(), ...STOP_SEQUENCES, ...EFFORTS].map((path) => path.split('.', 1)[0]!),
);

/**
 * Amazon Bedrock InvokeModel and InvokeModelWithResponseStream: bodies and events of the model's maker. Model and stream
 * are in the path. Source: Amazon Bedrock API reference, “InvokeModel” and “InvokeModelWithResponseStream”; types of
 * @aws-sdk/client-bedrock-runtime 3; @anthropic-ai/bedrock-sdk 1 (`client`).
 */
export const bedrockInvoke: readonly BuiltInFormat[] = OPERATIONS.map(([operation, models]) => ({
  operation,
  provider: 'aws.bedrock',
  ...atPaths(`/${WHOLE}`, `/${STREAMED}`),
  matches: (path) => {
    const model = modelOf(path);
    return model !== null && models.test(model);
  },
  // Other applications have such paths, too.
  accepts: (keys, url) => isBedrockModel(modelOf(url) ?? '') || keys.has('anthropic_version'),
  requestKeys: REQUEST_KEYS,
  content: (limit) => new InvokeContent(limit),
  readRequest,
  envelopeBytes: 300,
  inputBytes: operation === 'image_generation' ? () => null : inputBytes,
  readHeaders: readBedrockHeaders,
  readResponse,
  readEvent,
}));

function modelOf(path: string): string | null {
  return modelInPath(path, WHOLE) ?? modelInPath(path, STREAMED);
}

function readRequest(body: JsonObject, url: string, headers: HeaderGetter): RequestParameters {
  const numbers: Partial<Record<keyof typeof NUMBERS, number>> = {};
  for (const [name, paths] of Object.entries(NUMBERS)) {
    const value = firstAt(paths, body, asNumber);
    if (value !== undefined) numbers[name as keyof typeof NUMBERS] = value;
  }
  return {
    model: modelOf(url),
    stream: url.endsWith(STREAMED),
    ...numbers,
    stopSequences: firstAt(STOP_SEQUENCES, body, (value) => stringsOf(value) ?? null),
    reasoningEffort: firstAt(EFFORTS, body, asString),
    serviceTier: headers.get('x-amzn-bedrock-service-tier') ?? undefined,
  };
}

/** Returns the first value at one of the paths. */
function firstAt<T>(
  paths: readonly string[],
  body: JsonObject,
  read: (value: unknown) => T | null,
): T | undefined {
  for (const path of paths) {
    const [name = '', inner] = path.split('.');
    const value = read(inner === undefined ? body[name] : asObject(body[name])?.[inner]);
    if (value !== null) return value;
  }
  return undefined;
}

/** Members with text, by the names of the makers. */
const TEXTS = [
  'system',
  'messages',
  'tools',
  'toolConfig',
  'prompt',
  'inputText',
  'message',
  'chat_history',
  'preamble',
  'texts',
  'query',
  'documents',
];

function inputBytes(body: JsonObject): number | null {
  let bytes: number | null = null;
  for (const name of TEXTS) if (body[name] !== undefined) bytes = (bytes ?? 0) + textBytes(body[name]);
  return bytes;
}

function readResponse(body: JsonObject, response: ResponseDraft): void {
  if (readErrorBody(body, response)) return;
  readMaker(body, response, null);
  readBedrockMembers(body, response);
  response.complete = response.error === null;
}

/** Reads a chunk, which contains the event of the maker in base64, or the event itself, as gateways relay it. */
function readEvent(data: string, response: ResponseDraft, type: string | null): void {
  if (readException(data, type, response)) return;
  const json = eventIn(data);
  // Nearly all events are text deltas. Anthropic's are counted without parsing them.
  if (response.outputChunks > 0 && json.startsWith('{"type":"content_block_delta"')) {
    messages.readEvent(json, response, null);
    return;
  }
  const event = asObject(parseJson(json));
  if (event === null) return;
  readMaker(event, response, json);
  readBedrockMembers(event, response);
}

/** Returns the event in a chunk, `{"bytes":"eyJ0eXBlI…","p":"abcd"}`, or the data itself. */
function eventIn(data: string): string {
  if (!data.includes('"bytes":')) return data;
  const bytes = asString(asObject(parseJson(data))?.['bytes']);
  return bytes === null ? data : Buffer.from(bytes, 'base64').toString('utf8');
}
