import { PlainTextContent } from '../content/plain-text.content.js';
import type { PlainTextFields } from '../content/plain-text.content.js';
import { asNumber, asObject, asQuantity, asString, parseJson, type JsonObject } from '../json/json-value.js';
import { textBytes } from '../json/text-bytes.js';
import { scanTopLevel } from '../json/top-level-scan.js';
import type { ResponseDraft } from '../response-draft.js';
import { atPaths, type BuiltInFormat, type RequestParameters } from './format.js';
import { readGatewayMetadata, readGatewayUsage } from './gateway-usage.js';
import { readProviderError } from '../dialects/error-body.js';
import { hasContent } from './response-parts.js';

/**
 * Models of the Vercel AI Gateway other than language models. The model is a request header; responses are JSON with large
 * members (vectors, encoded images and audio), which are skipped.
 * Source: source of @ai-sdk/gateway 4 (`GatewayEmbeddingModel`, `GatewayImageModel`, `GatewaySpeechModel`,
 * `GatewayTranscriptionModel`, `GatewayRerankingModel`, `GatewayVideoModel`).
 */
function gatewayModel(
  operation: string,
  endings: readonly string[],
  key: string,
  content: PlainTextFields,
  outputType?: RequestParameters['outputType'],
): BuiltInFormat {
  return {
    operation,
    provider: 'vercel',
    ...atPaths(...endings),
    accepts: (keys) => keys.has(key),
    requestKeys: new Set(['dimensions', 'n', 'seed']),
    content: (limit) => new PlainTextContent(content, limit),
    readRequest: (body, _url, headers) => ({
      model: asString(headers.get('ai-model-id')),
      stream: false,
      dimensions: asNumber(body['dimensions']) ?? undefined,
      choiceCount: asNumber(body['n']) ?? undefined,
      seed: asNumber(body['seed']) ?? undefined,
      ...(outputType === undefined ? {} : { outputType }),
    }),
    // Only embeddings have text that is billed by tokens.
    inputBytes: (body) => (operation === 'embeddings' ? textBytes(body['values']) : null),
    readResponse,
    skimResponse: (json, response) => {
      const scanned = scanTopLevel(json, SCANNED_MEMBERS);
      if (!scanned?.complete || scanned.members['error']) return false;
      readResponse(scanned.members, response);
      response.hasContent = true;
      response.complete = true;
      return true;
    },
    // Videos are sent as one event, after pings.
    readEvent: (data, response) => {
      const event = asObject(parseJson(data));
      if (event?.['type'] === 'error')
        response.error = readProviderError({ ...event, type: event['errorType'] });
      else if (event) readResponse(event, response);
    },
  };
}

export const gatewayEmbedding = gatewayModel('embeddings', ['/embedding-model'], 'values', {
  input: 'values',
  output: null,
});
export const gatewayImage = gatewayModel(
  'image_generation',
  ['/image-model'],
  'prompt',
  { input: 'prompt', output: null },
  'image',
);
export const gatewaySpeech = gatewayModel(
  'speech',
  ['/speech-model'],
  'text',
  { input: 'text', output: null },
  'speech',
);
export const gatewayTranscription = gatewayModel('transcription', ['/transcription-model'], 'audio', {
  input: 'prompt',
  output: 'text',
});
export const gatewayReranking = gatewayModel('rerank', ['/reranking-model'], 'query', {
  input: 'query',
  output: null,
});
/** A video is generated at once, or started and polled: polls are no calls. */
export const gatewayVideo = gatewayModel(
  'video_generation',
  ['/video-model', '/video-model/start'],
  'prompt',
  {
    input: 'prompt',
    output: null,
  },
);

const SCANNED_MEMBERS = new Set(['usage', 'providerMetadata', 'durationInSeconds', 'error']);

function readResponse(body: JsonObject, response: ResponseDraft): void {
  const { error } = body;
  if (error) {
    response.error = readProviderError(asObject(error) ?? { message: error });
    return;
  }
  if (response.hasContent !== true) response.hasContent = hasContent(body, ENVELOPE);
  const { usage } = response;
  readGatewayUsage(asObject(body['usage']), response);
  readGatewayMetadata(body['providerMetadata'], response);
  const seconds = asQuantity(body['durationInSeconds']);
  if (seconds !== null && usage.inputTokens === null && usage.outputTokens === null) {
    usage.inputTokens = 0;
    usage.outputTokens = 0;
    usage.audioSeconds = seconds;
  }
  // Pings precede a video.
  if (response.hasContent) response.complete = true;
}

const ENVELOPE = new Set(['type', 'usage', 'providerMetadata', 'durationInSeconds', 'warnings', 'response']);
