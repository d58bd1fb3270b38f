import type Anthropic from '@anthropic-ai/sdk';
import type { BatchItemReply, EmulatedBatchApi, StoredBatch } from '../model/batch.js';
import type { Json } from '../model/emulated-api.js';

type Messages = Anthropic.Messages.MessageBatch;

const DAY_MS = 86_400_000;

/**
 * Anthropic Message Batches. Source: API reference, “Message Batches”; the compiler checks the objects against the SDK's
 * types.
 */
export function anthropicBatches(): EmulatedBatchApi {
  const batches = new Map<string, StoredBatch>();
  return {
    respond({ method, path, origin, body }, host) {
      if (method === 'POST' && path.endsWith('/messages/batches')) {
        const requests = (body?.['requests'] ?? []) as Json[];
        const replies = requests.map((request) =>
          host.process({
            id: String(request['custom_id']),
            path: '/v1/messages',
            body: request['params'] as Json,
          }),
        );
        const id = host.id('msgbatch_');
        const batch = { id, created: Date.now(), request: body ?? {}, replies, isEnded: false };
        batches.set(id, batch);
        return { status: 200, body: batchOf(batch, origin) };
      }
      const [, id = '', results] = /\/messages\/batches\/([^/]+)(\/results)?$/.exec(path) ?? [];
      const batch = batches.get(id);
      if (method !== 'GET' || !batch) return null;
      batch.isEnded = true;
      if (results === undefined) return { status: 200, body: batchOf(batch, origin) };
      return { lines: batch.replies.map(lineOf) };
    },
  };
}

function lineOf({ id, status, body }: BatchItemReply): Anthropic.Messages.MessageBatchIndividualResponse {
  const result: Anthropic.Messages.MessageBatchResult =
    status < 400
      ? { type: 'succeeded', message: withBatchTier(body as Anthropic.Message) }
      : { type: 'errored', error: body as Anthropic.ErrorResponse };
  return { custom_id: id, result };
}

function withBatchTier(message: Anthropic.Message): Anthropic.Message {
  return { ...message, usage: { ...message.usage, service_tier: 'batch' } };
}

function batchOf({ id, created, replies, isEnded }: StoredBatch, origin: string): Messages {
  const errored = replies.filter(({ status }) => status >= 400).length;
  const at = (ms: number): string => new Date(ms).toISOString();
  return {
    id,
    type: 'message_batch',
    processing_status: isEnded ? 'ended' : 'in_progress',
    request_counts: {
      processing: isEnded ? 0 : replies.length,
      succeeded: isEnded ? replies.length - errored : 0,
      errored: isEnded ? errored : 0,
      canceled: 0,
      expired: 0,
    },
    created_at: at(created),
    ended_at: isEnded ? at(created + 1000) : null,
    expires_at: at(created + DAY_MS),
    archived_at: null,
    cancel_initiated_at: null,
    results_url: isEnded ? `${origin}/v1/messages/batches/${id}/results` : null,
  };
}
