import type OpenAI from 'openai';
import type {
  BatchHost,
  BatchItem,
  BatchItemReply,
  BatchRequest,
  BatchResponse,
  EmulatedBatchApi,
  StoredBatch,
} from '../model/batch.js';
import type { Json } from '../model/emulated-api.js';
import { openaiPlatform } from './openai-platform.js';

const DAY_SECONDS = 86_400;

/**
 * OpenAI files and batches. Source: API reference, “Batch” and “Files”; the compiler checks the objects against the SDK's
 * types.
 */
export function openaiBatches(): EmulatedBatchApi {
  /** Contents of files, by id. */
  const files = new Map<string, string>();
  const batches = new Map<string, StoredBatch>();
  return {
    respond(request, host) {
      const { method, path } = request;
      if (path.includes('/messages/') || !OPENAI_PATH.test(path)) return null;
      if (method === 'POST' && path.endsWith('/files')) return upload(request, host);
      if (method === 'POST' && path.endsWith('/batches')) return create(request, host);
      const [, file] = /\/files\/([^/]+)\/content$/.exec(path) ?? [];
      if (file !== undefined) return download(file);
      const batch = batches.get(/\/batches\/([^/]+)$/.exec(path)?.[1] ?? '');
      if (method !== 'GET' || !batch) return null;
      end(batch);
      return { status: 200, body: batchOf(batch) };
    },
  };

  function upload({ files: [text = ''] }: BatchRequest, host: BatchHost): BatchResponse {
    const id = host.id('file-');
    files.set(id, text);
    const file: OpenAI.FileObject = {
      id,
      object: 'file',
      bytes: Buffer.byteLength(text),
      created_at: Math.floor(Date.now() / 1000),
      filename: 'batch.jsonl',
      purpose: 'batch',
      status: 'processed',
    };
    return { status: 200, body: file };
  }

  function create({ body }: BatchRequest, host: BatchHost): BatchResponse {
    const input = files.get(String(body?.['input_file_id']));
    if (input === undefined || !body) return invalid('No such file object.');
    const replies = linesOf(input).map((line) => host.process(itemOf(line)));
    const id = host.id('batch_');
    const batch = { id, created: Math.floor(Date.now() / 1000), request: body, replies, isEnded: false };
    batches.set(id, batch);
    return { status: 200, body: batchOf(batch) };
  }

  function end(batch: StoredBatch): void {
    batch.isEnded = true;
    for (const [kind, replies] of [
      ['output', batch.replies.filter(succeeded)],
      ['error', batch.replies.filter((reply) => !succeeded(reply))],
    ] as const)
      if (replies.length > 0)
        files.set(fileOf(batch, kind), replies.map((reply) => JSON.stringify(lineOf(reply))).join('\n'));
  }

  function download(id: string): BatchResponse {
    const text = files.get(id);
    if (text === undefined)
      return { status: 404, body: openaiPlatform.notFound(`No such File object: ${id}`) };
    return { lines: linesOf(text) };
  }
}

const OPENAI_PATH = /\/v1\/(?:files|batches)(?:\/|$)/;

function succeeded({ status }: BatchItemReply): boolean {
  return status < 400;
}

function fileOf({ id }: StoredBatch, kind: 'output' | 'error'): string {
  return `file-${kind}-${id}`;
}

function invalid(message: string): BatchResponse {
  return { status: 400, body: openaiPlatform.notFound(message) };
}

function linesOf(text: string): Json[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Json);
}

function itemOf(line: Json): BatchItem {
  return { id: String(line['custom_id']), path: String(line['url']), body: line['body'] as Json };
}

function lineOf({ id, requestId, status, body }: BatchItemReply): object {
  return {
    id: `batch_req_${requestId}`,
    custom_id: id,
    response: { status_code: status, request_id: requestId, body },
    error: null,
  };
}

function batchOf(batch: StoredBatch): OpenAI.Batch {
  const { id, created, request, replies, isEnded } = batch;
  const failed = replies.filter((reply) => !succeeded(reply)).length;
  const completed = replies.length - failed;
  const common = {
    id,
    object: 'batch' as const,
    endpoint: String(request['endpoint']),
    input_file_id: String(request['input_file_id']),
    completion_window: '24h',
    created_at: created,
    expires_at: created + DAY_SECONDS,
    request_counts: {
      total: replies.length,
      completed: isEnded ? completed : 0,
      failed: isEnded ? failed : 0,
    },
  };
  if (!isEnded) return { ...common, status: 'validating' };
  return {
    ...common,
    status: 'completed',
    completed_at: created + 1,
    ...(completed > 0 && { output_file_id: fileOf(batch, 'output') }),
    ...(failed > 0 && { error_file_id: fileOf(batch, 'error') }),
    model: replies.find(({ model }) => model !== null)?.model ?? undefined,
    usage: usageOf(replies),
  };
}

function usageOf(replies: readonly BatchItemReply[]): OpenAI.BatchUsage {
  const sum = (of: 'input' | 'cached' | 'output' | 'reasoning'): number =>
    replies.reduce((all, { usage }) => all + (usage?.[of] ?? 0), 0);
  return {
    input_tokens: sum('input'),
    input_tokens_details: { cached_tokens: sum('cached') },
    output_tokens: sum('output'),
    output_tokens_details: { reasoning_tokens: sum('reasoning') },
    total_tokens: sum('input') + sum('output'),
  };
}
