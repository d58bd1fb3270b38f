import { GatewayContent } from '../content/gateway.content.js';
import type { FinishReason } from '../finish-reason.js';
import type { HeaderGetter } from '../headers.js';
import { asArray, asNumber, asObject, asString, parseJson, type JsonObject } from '../json/json-value.js';
import { textBytes } from '../json/text-bytes.js';
import type { ResponseDraft } from '../response-draft.js';
import { atPaths, type BuiltInFormat, type RequestParameters } from './format.js';
import { readGatewayMetadata, readGatewayUsage } from './gateway-usage.js';
import { outputTypeOf, stopSequencesOf } from './request-parts.js';
import { readProviderError } from '../dialects/error-body.js';
import { addOutput } from './response-parts.js';

/**
 * Language models of the Vercel AI Gateway, as called by the AI SDK. Model and streaming are request headers. All versions
 * of the protocol (`/v1/ai`, `/v3/ai`, `/v4/ai`) have these paths; versions 1 and 2 have flat usage and finish reasons.
 * Source: source of @ai-sdk/gateway 4 (`GatewayLanguageModel`); types of @ai-sdk/provider 4 (`LanguageModelV4`).
 */
export const gatewayLanguage: BuiltInFormat = {
  operation: 'chat',
  provider: 'vercel',
  ...atPaths('/language-model'),
  accepts: (keys) => keys.has('prompt'),
  requestKeys: new Set([
    'maxOutputTokens',
    'temperature',
    'topP',
    'topK',
    'presencePenalty',
    'frequencyPenalty',
    'seed',
    'stopSequences',
    'responseFormat',
    'reasoning',
  ]),
  content: (limit) => new GatewayContent(limit),
  readRequest,
  inputBytes: (body) => textBytes(body['prompt']) + textBytes(body['tools']),
  readResponse,
  readEvent,
};

function readRequest(body: JsonObject, _url: string, headers: HeaderGetter): RequestParameters {
  const effort = asString(body['reasoning']);
  return {
    model: asString(headers.get('ai-language-model-id')),
    stream: headers.get('ai-language-model-streaming') === 'true',
    maxTokens: asNumber(body['maxOutputTokens']) ?? undefined,
    temperature: asNumber(body['temperature']) ?? undefined,
    topP: asNumber(body['topP']) ?? undefined,
    topK: asNumber(body['topK']) ?? undefined,
    presencePenalty: asNumber(body['presencePenalty']) ?? undefined,
    frequencyPenalty: asNumber(body['frequencyPenalty']) ?? undefined,
    seed: asNumber(body['seed']) ?? undefined,
    stopSequences: stopSequencesOf(body['stopSequences']),
    reasoningEffort: effort === null || effort === 'provider-default' ? undefined : effort,
    outputType: outputTypeOf(body['responseFormat']),
  };
}

function readResponse(body: JsonObject, response: ResponseDraft): void {
  if (body['error']) {
    readError(body['error'], response);
    return;
  }
  readResponseMetadata(asObject(body['response']), response);
  const content = asArray(body['content']);
  response.hasContent = content.length > 0;
  for (const entry of content) response.outputBytes += partBytes(asObject(entry));
  readEnd(body, response);
}

function readEvent(data: string, response: ResponseDraft): void {
  if (data === '[DONE]') return;
  const event = asObject(parseJson(data));
  if (!event) return;
  switch (event['type']) {
    case 'response-metadata':
      readResponseMetadata(event, response);
      return;
    case 'text-delta':
    case 'reasoning-delta':
    case 'tool-input-delta':
      addOutput(textBytes(event['delta']), response);
      return;
    case 'tool-call':
      response.hasContent = true;
      // Most models stream the input before.
      if (response.outputChunks === 0) addOutput(textBytes(event['input']), response);
      return;
    case 'file':
      response.hasContent = true;
      return;
    case 'finish':
      response.hasContent ??= false;
      readEnd(event, response);
      return;
    case 'error':
      readError(event['error'], response);
      return;
    case undefined:
      if (event['error']) readError(event['error'], response);
  }
}

/** The model is only taken if it has the name of the gateway, `vendor/model`: prices are found by it. */
function readResponseMetadata(metadata: JsonObject | null, response: ResponseDraft): void {
  response.id ??= asString(metadata?.['id']);
  const model = asString(metadata?.['modelId']);
  if (model?.includes('/')) response.model = model;
}

function readEnd(end: JsonObject, response: ResponseDraft): void {
  readGatewayUsage(asObject(end['usage']), response);
  readGatewayMetadata(end['providerMetadata'], response);
  const reason = asObject(end['finishReason']);
  const unified = asString(reason?.['unified']) ?? asString(end['finishReason']);
  if (unified !== null) {
    response.finish = FINISH.get(unified) ?? unified;
    response.finishReasons = [asString(reason?.['raw']) ?? unified];
  }
  response.complete = true;
}

/** Source: types of @ai-sdk/provider 4 (`LanguageModelV4FinishReason`). */
const FINISH: ReadonlyMap<string, FinishReason> = new Map([
  ['content-filter', 'content_filter'],
  ['tool-calls', 'tool_calls'],
]);

function partBytes(part: JsonObject | null): number {
  return textBytes(part?.['text']) + textBytes(part?.['input']);
}

function readError(error: unknown, response: ResponseDraft): void {
  response.error = readProviderError(asObject(error) ?? { message: error });
}
