import { readProviderError } from '../dialects/error-body.js';
import { readUsageMembers, RESPONSES_USAGE_MEMBERS } from '../dialects/usage-members.js';
import { formatOfPath } from '../exchanges/known-formats.js';
import { chatCompletions } from '../formats/chat-completions.js';
import { completions } from '../formats/completions.js';
import { embeddings } from '../formats/embeddings.js';
import type { WireFormat } from '../formats/format.js';
import { images } from '../formats/images.js';
import { responses } from '../formats/responses.js';
import { asArray, asNumber, asObject, asString, type JsonObject } from '../json/json-value.js';
import type { BatchApi, BatchSum } from './batch-api.js';

/**
 * Batches of OpenAI, and of others with its API (Azure OpenAI, Groq). Results are files of JSON lines, one with the
 * responses and one with the errors.
 *
 * Sources: types of openai 7 (`resources/batches`); OpenAI API reference, “Batch”, “The request output object”.
 */
export const openaiBatches: BatchApi = {
  readBatch(body) {
    const id = asString(body['id']);
    if (body['object'] !== 'batch' || id === null) return null;
    return {
      id,
      format: chatCompletions,
      resultIds: [asString(body['output_file_id']), asString(body['error_file_id'])].filter(
        (file) => file !== null,
      ),
      sum: FINAL_STATES.has(asString(body['status']) ?? '') ? sumOf(body) : null,
      items: null,
    };
  },
  readItem(line) {
    // A line without the id of the application is identified by that of the provider.
    const id = asString(line['custom_id']) ?? asString(line['id']);
    const response = asObject(line['response']);
    const error = asObject(line['error']);
    if (id === null || 'result' in line || (response === null && error === null)) return null;
    const body = asObject(response?.['body']);
    return {
      id,
      format: body ? formatOfBody(body) : chatCompletions,
      model: null,
      status: statusOf(response),
      requestId: asString(response?.['request_id']),
      body,
      error: body === null && error ? readProviderError(error) : null,
    };
  },
};

const FINAL_STATES: ReadonlySet<string> = new Set(['completed', 'expired', 'cancelled']);

/** The usage has the member names of Responses, whatever the endpoint. */
function sumOf(body: JsonObject): BatchSum | null {
  const usage = asObject(body['usage']);
  if (!usage || !asNumber(usage['total_tokens'])) return null;
  const endpoint = asString(body['endpoint']);
  return {
    format: (endpoint && formatOfPath(endpoint)) || chatCompletions,
    model: asString(body['model']),
    readUsage: (draft) => readUsageMembers(usage, draft, RESPONSES_USAGE_MEMBERS),
  };
}

/** Formats by the member `object` of their responses. */
const FORMATS: ReadonlyMap<string, WireFormat> = new Map<string, WireFormat>([
  ['chat.completion', chatCompletions],
  ['response', responses],
  ['list', embeddings],
  ['text_completion', completions],
]);

/** A status of 0 means that the request failed inside the provider. https://github.com/tidyverse/ellmer/issues/830 */
function statusOf(response: JsonObject | null): number {
  const status = asNumber(response?.['status_code']) ?? 200;
  return status < 100 ? 500 : status;
}

/** Returns `null` for a moderation, which is free. */
function formatOfBody(body: JsonObject): WireFormat | null {
  const known = FORMATS.get(asString(body['object']) ?? '');
  if (known) return known;
  if (asArray(body['results']).length > 0) return null;
  return asArray(body['data']).length > 0 ? images : chatCompletions;
}
