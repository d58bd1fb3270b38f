import { readProviderError } from '../dialects/error-body.js';
import { messages } from '../formats/messages.js';
import { asObject, asString } from '../json/json-value.js';
import { ITEM_CANCELLED, ITEM_EXPIRED, unprocessed, type BatchApi } from './batch-api.js';

/**
 * Message Batches of Anthropic. Results are JSON lines under the id of the batch.
 *
 * Source: types of @anthropic-ai/sdk (`resources/messages/batches`).
 */
export const anthropicBatches: BatchApi = {
  readBatch(body) {
    const id = asString(body['id']);
    if (body['type'] !== 'message_batch' || id === null) return null;
    return { id, format: messages, resultIds: [], sum: null, items: null };
  },
  readItem(line) {
    const id = asString(line['custom_id']);
    const result = asObject(line['result']);
    const type = asString(result?.['type']);
    if (id === null || !result || type === null) return null;
    const body = asObject(result['message']);
    const code = UNPROCESSED.get(type);
    // `{ type: "error", error: {…}, request_id }`.
    const response = asObject(result['error']);
    const error = response && readProviderError(response['error'] ?? response);
    return {
      id,
      format: messages,
      model: null,
      status: 200,
      requestId: asString(response?.['request_id']),
      body,
      error: code === undefined ? error : unprocessed(code),
    };
  },
};

const UNPROCESSED: ReadonlyMap<string, string> = new Map([
  ['expired', ITEM_EXPIRED],
  ['canceled', ITEM_CANCELLED],
]);
