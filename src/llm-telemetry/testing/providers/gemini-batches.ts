import type { BatchItemReply, EmulatedBatchApi, StoredBatch } from '../model/batch.js';
import type { Json } from '../model/emulated-api.js';

/**
 * Batches of the Gemini API with inlined requests. Source: Gemini API documentation, “Batch API”; types of @google/genai 3
 * (`BatchJob`, `InlinedResponse`).
 */
export function geminiBatches(): EmulatedBatchApi {
  const batches = new Map<string, StoredBatch>();
  return {
    respond({ method, path, body }, host) {
      const [, model] = /\/models\/([^/:]+):batchGenerateContent$/.exec(path) ?? [];
      if (method === 'POST' && model !== undefined) {
        const replies = requestsIn(body).map((entry, index) =>
          host.process({
            id: keyOf(entry) ?? String(index),
            path: `/v1beta/models/${model}:generateContent`,
            body: entry['request'] as Json,
          }),
        );
        const batch = {
          id: host.id('batches/'),
          created: Date.now(),
          request: { ...body, model },
          replies,
          isEnded: false,
        };
        batches.set(batch.id, batch);
        return { status: 200, body: batchOf(batch) };
      }
      const batch = batches.get(/\/(batches\/[^/]+)$/.exec(path)?.[1] ?? '');
      if (method !== 'GET' || !batch) return null;
      batch.isEnded = true;
      return { status: 200, body: batchOf(batch) };
    },
  };
}

/** The client writes names in snake case, as the documentation does. */
function requestsIn(body: Json | null): Json[] {
  const batch = (body?.['batch'] ?? {}) as Json;
  const input = (batch['inputConfig'] ?? batch['input_config'] ?? {}) as { requests?: { requests?: Json[] } };
  return input.requests?.requests ?? [];
}

function keyOf({ metadata }: Json): string | null {
  const key = (metadata as { key?: unknown } | undefined)?.key;
  return typeof key === 'string' ? key : null;
}

function batchOf({ id, created, request, replies, isEnded }: StoredBatch): object {
  return {
    name: id,
    metadata: {
      '@type': 'type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch',
      model: `models/${String(request['model'])}`,
      createTime: new Date(created).toISOString(),
      state: isEnded ? 'BATCH_STATE_SUCCEEDED' : 'BATCH_STATE_PENDING',
      ...(isEnded && { output: { inlinedResponses: { inlinedResponses: replies.map(inlined) } } }),
    },
    ...(isEnded && { done: true }),
  };
}

function inlined({ id, status, body }: BatchItemReply): object {
  const result = status < 400 ? { response: body } : (body as object);
  return { ...result, metadata: { key: id } };
}
