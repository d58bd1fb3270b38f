import { ConverseContent } from '../content/bedrock-converse.content.js';
import { asArray, asNumber, asObject, asString, parseJson, type JsonObject } from '../json/json-value.js';
import { textBytes } from '../json/text-bytes.js';
import type { ResponseDraft } from '../response-draft.js';
import {
  isBedrockModel,
  modelInPath,
  readBedrockHeaders,
  readErrorBody,
  readException,
  readLatency,
  readStopReason,
  readTokenUsage,
  stringsOf,
} from './bedrock-parts.js';
import { atPaths, type BuiltInFormat, type RequestParameters } from './format.js';
import { hasContent, isNonEmpty } from './response-parts.js';

const WHOLE = 'converse';
const STREAMED = 'converse-stream';

/** OpenAI's models on Bedrock. Source: https://github.com/earendil-works/pi/issues/8752. */
const OPENAI_MODEL = /(?:^|[./])openai\./;

/**
 * Amazon Bedrock Converse and ConverseStream. Model and stream are in the path. Source: Amazon Bedrock API reference,
 * “Converse” and “ConverseStream”; types of @aws-sdk/client-bedrock-runtime 3 (`models_0`).
 */
export const bedrockConverse: BuiltInFormat = converse({ mayIncludeCache: false });

/**
 * Converse for OpenAI's models: the counts of their streams include cached tokens in the input, unlike those of all other
 * models and of their own JSON responses. Sources: https://github.com/earendil-works/pi/issues/8752;
 * https://github.com/maximhq/bifrost/pull/6942.
 */
export const bedrockConverseOpenai: BuiltInFormat = {
  ...converse({ mayIncludeCache: true }),
  matches: (path) => OPENAI_MODEL.test(modelOf(path) ?? ''),
};

/** @param mayIncludeCache - streams report an input that includes the cache tokens */
function converse({ mayIncludeCache }: { readonly mayIncludeCache: boolean }): BuiltInFormat {
  return {
    operation: 'chat',
    provider: 'aws.bedrock',
    ...atPaths(`/${WHOLE}`, `/${STREAMED}`),
    matches: (path) => modelOf(path) !== null,
    // The messages of a stored prompt are not in the request.
    accepts: (keys, url) => keys.has('messages') || isBedrockModel(modelOf(url) ?? ''),
    requestKeys: new Set(['inferenceConfig', 'additionalModelRequestFields', 'serviceTier', 'outputConfig']),
    content: (limit) => new ConverseContent(limit),
    readRequest: (body, url) => readConverseRequest(body, modelOf(url), url.endsWith(STREAMED)),
    envelopeBytes: 200,
    inputBytes: (body) =>
      textBytes(body['system']) + textBytes(body['messages']) + textBytes(body['toolConfig']),
    readHeaders: readBedrockHeaders,
    readResponse: (body, response) => {
      if (!readErrorBody(body, response)) readConverseResponse(body, response);
    },
    readEvent: (data, response, type) => {
      if (readException(data, type, response)) return;
      const event = asObject(parseJson(data));
      if (event && type !== null) readConverseEvent(type, event, response, mayIncludeCache);
    },
  };
}

function modelOf(path: string): string | null {
  return modelInPath(path, WHOLE) ?? modelInPath(path, STREAMED);
}

/** Reads the parameters of a request to Converse; requests to Nova are a subset of it. */
export function readConverseRequest(
  body: JsonObject,
  model: string | null,
  stream: boolean,
): RequestParameters {
  const config = asObject(body['inferenceConfig']);
  const additional = asObject(body['additionalModelRequestFields']);
  const output = asObject(body['outputConfig']);
  return {
    model,
    stream,
    maxTokens: asNumber(config?.['maxTokens']) ?? asNumber(config?.['max_new_tokens']) ?? undefined,
    temperature: asNumber(config?.['temperature']) ?? undefined,
    topP: asNumber(config?.['topP']) ?? undefined,
    topK: topKOf(config) ?? topKOf(additional) ?? topKOf(asObject(additional?.['inferenceConfig'])),
    stopSequences: stringsOf(config?.['stopSequences']),
    serviceTier: asString(asObject(body['serviceTier'])?.['type']) ?? undefined,
    reasoningEffort: effortIn(output) ?? effortIn(additional) ?? effortIn(config),
    outputType: asObject(output?.['textFormat'])?.['type'] === 'json_schema' ? 'json' : undefined,
  };
}

function topKOf(fields: JsonObject | null): number | undefined {
  return asNumber(fields?.['topK']) ?? asNumber(fields?.['top_k']) ?? undefined;
}

/**
 * Returns the requested reasoning effort: of Converse, of OpenAI's models, of Anthropic's, of Nova 2. Sources: types of
 * @aws-sdk/client-bedrock-runtime 3 (`OutputConfig`); @ai-sdk/amazon-bedrock 5 (`reasoningConfig`).
 */
function effortIn(fields: JsonObject | null): string | undefined {
  const found =
    asString(fields?.['effort']) ??
    asString(fields?.['reasoning_effort']) ??
    asString(asObject(fields?.['output_config'])?.['effort']) ??
    asString(asObject(fields?.['reasoningConfig'])?.['maxReasoningEffort']);
  return found ?? undefined;
}

/** Reads a response of Converse, or of Nova. */
export function readConverseResponse(body: JsonObject, response: ResponseDraft): void {
  const message = asObject(asObject(body['output'])?.['message']);
  const blocks = asArray(message?.['content']);
  response.hasContent = message ? blocks.some(isContentBlock) : hasContent(body, ENVELOPE);
  for (const block of blocks) response.outputBytes += blockBytes(asObject(block));
  readStopReason(body['stopReason'], response);
  readMetadata(body, response, false);
  response.complete = true;
}

const ENVELOPE = new Set(['usage', 'metrics', 'stopReason', 'trace', 'performanceConfig', 'serviceTier']);

/**
 * Reads an event of ConverseStream. Only `metadata`, which follows `messageStop`, completes the response.
 *
 * @param type - name of the event
 */
export function readConverseEvent(
  type: string,
  event: JsonObject,
  response: ResponseDraft,
  mayIncludeCache = false,
): void {
  switch (type) {
    case 'contentBlockStart':
      if (isNonEmpty(event['start'])) response.hasContent = true;
      return;
    case 'contentBlockDelta': {
      const bytes = blockBytes(asObject(event['delta']));
      if (bytes === 0) return;
      response.outputChunks++;
      response.outputBytes += bytes;
      return;
    }
    case 'messageStop':
      response.hasContent ??= false;
      readStopReason(event['stopReason'], response);
      return;
    case 'metadata':
      readMetadata(event, response, mayIncludeCache);
      response.complete = true;
      return;
  }
}

function readMetadata(event: JsonObject, response: ResponseDraft, mayIncludeCache: boolean): void {
  readTokenUsage(event['usage'], response.usage, mayIncludeCache);
  readLatency(asObject(event['performanceConfig'])?.['latency'], response);
  response.usage.serviceTier =
    asString(asObject(event['serviceTier'])?.['type']) ?? response.usage.serviceTier;
  // A prompt router chooses the model.
  const router = asObject(asObject(event['trace'])?.['promptRouter']);
  response.model ??= asString(router?.['invokedModelId']);
}

/** Returns whether a block is content: anything but an empty text. */
function isContentBlock(value: unknown): boolean {
  const block = asObject(value);
  return block !== null && Object.values(block).some(isNonEmpty);
}

/** Returns the UTF-8 bytes of a block or of a delta: text, reasoning or arguments of a tool. */
function blockBytes(block: JsonObject | null): number {
  const reasoning = asObject(block?.['reasoningContent']);
  return (
    textBytes(block?.['text']) +
    textBytes(asObject(block?.['toolUse'])?.['input']) +
    textBytes(reasoning?.['text']) +
    textBytes(asObject(reasoning?.['reasoningText'])?.['text'])
  );
}
