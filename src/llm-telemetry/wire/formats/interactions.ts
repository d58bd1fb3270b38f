import { InteractionsContent } from '../content/interactions.content.js';
import { readProviderError } from '../dialects/error-body.js';
import type { ResponseDraft } from '../response-draft.js';
import type { FinishReason } from '../finish-reason.js';
import {
  asArray,
  asBoolean,
  asCount,
  asObject,
  asString,
  parseJson,
  type JsonObject,
} from '../json/json-value.js';
import { textBytes } from '../json/text-bytes.js';
import { isNonEmpty } from './response-parts.js';
import {
  applyCounts,
  mergeCounts,
  modalityCounts,
  modelName,
  noCounts,
  onVertex,
  outputTypeOf,
  readGenerationConfig,
  readTierHeader,
} from './google-parts.js';
import { atPaths, type BuiltInFormat, type RequestParameters } from './format.js';

const PATHS = atPaths('/interactions');

/**
 * Gemini Interactions: JSON, streamed and in background. An answer that exceeds the limit of one request is continued by
 * further requests, each billed by itself. Source: types of @google/genai 3 (`Interaction`, `InteractionSSEEvent`).
 */
export const interactions: BuiltInFormat = {
  operation: 'generate_content',
  provider: 'gcp.gemini',
  ...PATHS,
  // Other applications also have an `/interactions` path. A continuation has no input.
  accepts: (keys) =>
    (keys.has('model') || keys.has('agent')) && (keys.has('input') || keys.has('continuation_token')),
  requestKeys: new Set([
    'model',
    'agent',
    'stream',
    'generation_config',
    'service_tier',
    'previous_interaction_id',
    'response_format',
    'response_mime_type',
    'response_modalities',
  ]),
  content: (limit) => new InteractionsContent(limit),
  readRequest,
  envelopeBytes: 700,
  inputBytes,
  readHeaders: readTierHeader,
  readResponse,
  readEvent,
};

/** Interactions on Vertex AI. Source: as `interactions`. */
export const vertexInteractions: BuiltInFormat = onVertex(interactions);

function readRequest(body: JsonObject): RequestParameters {
  const config = asObject(body['generation_config']);
  return {
    model: modelName(body['model']) ?? asString(body['agent']),
    stream: asBoolean(body['stream']) ?? false,
    ...readGenerationConfig(config),
    serviceTier: asString(body['service_tier']) ?? undefined,
    reasoningEffort: asString(config?.['thinking_level']) ?? undefined,
    outputType: outputType(body),
    previousResponseId: asString(body['previous_interaction_id']) ?? undefined,
  };
}

/** The formats of a response have a type each, and text has a media type. */
function outputType(body: JsonObject): RequestParameters['outputType'] {
  const format = body['response_format'];
  const formats = (Array.isArray(format) ? (format as readonly unknown[]) : [format]).map(asObject);
  const types = formats.map((item) => item?.['type']);
  const mimeType = formats.map((item) => asString(item?.['mime_type'])).find((type) => type !== null);
  const modalities = Array.isArray(body['response_modalities']) ? body['response_modalities'] : types;
  return outputTypeOf(modalities, body['response_mime_type'] ?? mimeType);
}

/** Returns `null` if the provider stores a part of the input. */
function inputBytes(body: JsonObject): number | null {
  if (
    body['previous_interaction_id'] ||
    body['continuation_token'] ||
    body['cached_content'] ||
    body['agent']
  )
    return null;
  return textBytes(body['system_instruction']) + textBytes(body['input']) + textBytes(body['tools']);
}

function readResponse(body: JsonObject, draft: ResponseDraft): void {
  if (body['error']) {
    draft.error = readProviderError(body['error']);
    return;
  }
  readInteraction(body, draft);
  for (const entry of asArray(body['steps'])) {
    const step = asObject(entry);
    if (step) draft.outputBytes += stepBytes(step);
  }
  const status = asString(body['status']);
  if (status !== null && UNFINISHED.has(status)) {
    // Background mode: the answer is not finished and has no usage yet.
    draft.finish = 'paused';
    draft.finishReasons = [status];
  }
  draft.complete = draft.error === null;
}

function readEvent(data: string, draft: ResponseDraft): void {
  const event = asObject(parseJson(data));
  if (!event) return;
  switch (event['event_type']) {
    case 'error':
      draft.error = readProviderError(event['error']);
      return;
    case 'step.start': {
      const step = asObject(event['step']);
      if (step && isContentStep(step)) draft.hasContent = true;
      return;
    }
    case 'step.delta':
      readDelta(asObject(event['delta']), draft);
      return;
    case 'interaction.created':
    case 'interaction.completed': {
      const interaction = asObject(event['interaction']);
      if (interaction) readInteraction(interaction, draft);
      if (event['event_type'] === 'interaction.completed') draft.complete = draft.error === null;
      return;
    }
    // A continuation can be required without another event.
    case 'interaction.status_update':
      draft.id ??= asString(event['interaction_id']);
      readUsage(event['usage'], draft);
      readStatus(asString(event['status']), [], draft);
      return;
  }
}

/** Reads the delta of a step; signatures and encoded media are not text. */
function readDelta(delta: JsonObject | null, draft: ResponseDraft): void {
  if (!delta || delta['type'] === 'thought_signature') return;
  const bytes =
    textBytes(delta['text']) +
    textBytes(delta['arguments']) +
    textBytes(asObject(delta['content'])?.['text']);
  if (bytes === 0 && !isNonEmpty(delta['data']) && !isNonEmpty(delta['uri'])) return;
  draft.outputBytes += bytes;
  draft.outputChunks++;
}

function readInteraction(interaction: JsonObject, draft: ResponseDraft): void {
  draft.id ??= asString(interaction['id']);
  draft.model ??= modelName(interaction['model']) ?? asString(interaction['agent']);
  draft.usage.serviceTier = asString(interaction['service_tier']) ?? draft.usage.serviceTier;
  const steps = asArray(interaction['steps']).map(asObject);
  // Only a whole response lists its steps.
  if (draft.hasContent !== true && Array.isArray(interaction['steps']))
    draft.hasContent = steps.some((step) => step !== null && isContentStep(step));
  readUsage(interaction['usage'], draft);
  readStatus(asString(interaction['status']), asArray(interaction['errors']), draft);
}

function readUsage(value: unknown, draft: ResponseDraft): void {
  const usage = asObject(value);
  if (!usage) return;
  const counts = noCounts();
  mergeCounts(counts, {
    prompt: asCount(usage['total_input_tokens']),
    toolUse: asCount(usage['total_tool_use_tokens']),
    cached: asCount(usage['total_cached_tokens']),
    output: asCount(usage['total_output_tokens']),
    thoughts: asCount(usage['total_thought_tokens']),
    total: asCount(usage['total_tokens']),
    promptBy: modalityCounts(usage['input_tokens_by_modality']),
    toolUseBy: modalityCounts(usage['tool_use_tokens_by_modality']),
    cachedBy: modalityCounts(usage['cached_tokens_by_modality']),
    outputBy: modalityCounts(usage['output_tokens_by_modality']),
  });
  applyCounts(counts, true, draft.usage);
  readGroundingCounts(asArray(usage['grounding_tool_count']), draft);
}

/** Source: types of @google/genai 3, `GroundingToolCount`. Retrieval costs only tokens. */
function readGroundingCounts(entries: readonly unknown[], { usage }: ResponseDraft): void {
  for (const entry of entries) {
    const item = asObject(entry);
    const count = asCount(item?.['count']) ?? 0;
    if (item?.['type'] === 'google_search') usage.webSearchRequests = count;
    else if (item?.['type'] === 'google_maps' && count > 0) usage.toolUses = { google_maps: count };
  }
}

function readStatus(status: string | null, errors: readonly unknown[], draft: ResponseDraft): void {
  // The state of a stream that has just started.
  if (status === null || UNFINISHED.has(status)) return;
  draft.finish = FINISH.get(status) ?? status;
  draft.finishReasons = [status];
  if (status === 'failed') draft.error = readProviderError(errors[0]);
}

const UNFINISHED = new Set(['in_progress', 'queued']);

/** Source: types of @google/genai 3, `InteractionStatus`. */
const FINISH: ReadonlyMap<string, FinishReason> = new Map([
  ['completed', 'stop'],
  ['requires_action', 'tool_calls'],
  ['incomplete', 'length'],
  ['budget_exceeded', 'length'],
  ['failed', 'error'],
  ['cancelled', 'cancelled'],
  ['requires_continuation', 'paused'],
]);

/** Returns whether a step is content. A step of a stream is empty at its start. */
function isContentStep(step: JsonObject): boolean {
  switch (step['type']) {
    case 'user_input':
      return false;
    case 'model_output':
      return asArray(step['content']).some((entry) => {
        const part = asObject(entry);
        return part !== null && (part['type'] !== 'text' || isNonEmpty(part['text']));
      });
    case 'thought':
      return isNonEmpty(step['summary']);
    default:
      return true;
  }
}

function stepBytes(step: JsonObject): number {
  if (step['type'] === 'user_input') return 0;
  return (
    asArray(step['content']).reduce<number>((sum, entry) => sum + textBytes(asObject(entry)?.['text']), 0) +
    asArray(step['summary']).reduce<number>((sum, entry) => sum + textBytes(asObject(entry)?.['text']), 0) +
    (step['type'] === 'function_call' ? textBytes(step['arguments']) : 0)
  );
}
