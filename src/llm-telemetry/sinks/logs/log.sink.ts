import { Logger } from '@nestjs/common';
import type { BatchSummary } from '../../calls/batches/batch-summary.js';
import { hasDuration } from '../../calls/outcome.js';
import type { CallRecord } from '../../calls/record.js';
import type { RecordSink } from '../../calls/ports.js';
import { LogLine } from './log-line.js';

const CONTEXT = 'LlmTelemetry';

/** Logs one structured line per call through Nest's logger, without content or identity. */
export class LogSink implements RecordSink {
  record(record: CallRecord): void {
    // One line per batch: it can have 100,000 items.
    if (record.batch !== undefined && record.batch.item !== null) return;
    const line = new CallLogLine(record);
    const type = record.failure?.type;
    if (type === 'rate_limit' || type === 'budget_exceeded' || (record.truncated && type === undefined))
      Logger.warn(line, CONTEXT);
    else if (type !== undefined && type !== 'aborted') Logger.error(line, undefined, CONTEXT);
    else Logger.log(line, CONTEXT);
  }

  batchRecorded(summary: BatchSummary): void {
    const line = new BatchLogLine(summary);
    if (summary.unreadable > 0) Logger.warn(line, CONTEXT);
    else Logger.log(line, CONTEXT);
  }
}

/** Fields of the log line of the results of a batch. */
export class BatchLogLine extends LogLine {
  readonly batch: string;
  readonly feature: string;
  readonly operation: string;
  /** Items that were recorded. */
  readonly items: number;
  readonly failed: number;
  /** Items that were recorded by an earlier download; omitted if 0. */
  readonly already_recorded?: number;
  /** Lines that could not be read; omitted if 0. */
  readonly unreadable?: number;
  readonly cost_usd: number | 'unknown';

  constructor({ id, feature, operation, items, failed, known, unreadable, costUsd }: BatchSummary) {
    super();
    this.batch = id;
    this.feature = feature;
    this.operation = operation;
    this.items = items;
    this.failed = failed;
    if (known > 0) this.already_recorded = known;
    if (unreadable > 0) this.unreadable = unreadable;
    this.cost_usd = costUsd ?? 'unknown';
  }
}

/** Fields of the log line of a call. */
export class CallLogLine extends LogLine {
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly feature: string;
  readonly operation: string;
  readonly provider?: string;
  readonly model?: string;
  readonly prompt_tokens?: number;
  readonly completion_tokens?: number;
  readonly usage_source?: string;
  /** `unknown` if a price is missing or no request was observed; omitted if nothing can have been billed. */
  readonly cost_usd?: number | 'unknown';
  readonly finish_reason?: string;
  readonly error_type?: string;
  /** Omitted for the sum of a batch. */
  readonly latency_ms?: number;
  readonly time_to_first_token_ms?: number;
  readonly attempts: number;
  /** Retry index of the decorator's `retry`; omitted for the first call. */
  readonly run?: number;

  constructor(record: CallRecord) {
    super();
    const { trace, usage, cost } = record;
    if (trace) {
      this.trace_id = trace.traceId;
      this.span_id = trace.spanId;
    }
    this.feature = record.feature;
    this.operation = record.operation;
    if (record.provider !== null) this.provider = record.provider;
    if (record.model !== null) this.model = record.model;
    if (usage) {
      if (usage.source !== 'missing') {
        this.prompt_tokens = usage.inputTokens;
        this.completion_tokens = usage.outputTokens;
      }
      this.usage_source = usage.source;
    }
    if (cost.source !== null || record.attempts.length > 0) this.cost_usd = cost.costUsd ?? 'unknown';
    if (record.finishReason !== null) this.finish_reason = record.finishReason;
    if (record.failure) this.error_type = record.failure.type;
    if (hasDuration(record)) this.latency_ms = Math.round(record.durationMs);
    if (record.timeToFirstTokenMs !== null)
      this.time_to_first_token_ms = Math.round(record.timeToFirstTokenMs);
    this.attempts = record.attempts.length;
    if (record.retryIndex > 0) this.run = record.retryIndex;
  }
}
