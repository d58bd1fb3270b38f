import type { AttemptRecord, CallRecord, LlmErrorType, Usage } from 'nestjs-llm-telemetry';
import { callRecord } from './call-records.js';

/** Fields of a call that alerts depend on. */
export interface EndedCall {
  readonly endedAt: number;
  readonly feature?: string;
  readonly operation?: string;
  readonly model?: string;
  readonly durationMs?: number;
  readonly costUsd?: number | 'unknown';
  readonly usage?: 'provider' | 'missing';
  readonly failure?: LlmErrorType;
  readonly truncated?: boolean;
  /** Number of rate-limited requests before the last request. */
  readonly rateLimited?: number;
}

/** Returns the record of a call that ended at `endedAt`. */
export function endedCall({
  endedAt,
  feature = 'support_chat',
  operation = 'reply',
  model = 'gpt-4o-mini',
  durationMs = 800,
  costUsd = 0.001,
  usage = 'provider',
  failure,
  truncated = false,
  rateLimited = 0,
}: EndedCall): CallRecord {
  const answered = { failure: null } as AttemptRecord;
  const refused = { failure: { type: 'rate_limit', errorClass: 'rate_limit' } } as AttemptRecord;
  return callRecord({
    feature,
    operation,
    startedAt: endedAt - durationMs,
    durationMs,
    model,
    requestModel: model,
    usage: { source: usage, inputTokens: 100, outputTokens: 50 } as Usage,
    cost: costUsd === 'unknown' ? { source: 'unknown', costUsd: null } : { source: 'table', costUsd },
    finishReason: truncated ? 'length' : 'stop',
    truncated,
    failure: failure ? { type: failure, errorClass: failure } : null,
    attempts: [...Array.from({ length: rateLimited }, () => refused), answered],
  });
}
