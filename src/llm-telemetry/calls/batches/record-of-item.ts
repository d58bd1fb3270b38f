import type { Exchange } from '../../wire/exchanges/exchange.js';
import { isTruncated, type FinishReason } from '../../wire/finish-reason.js';
import type { CallName } from '../call-name.js';
import type { Pricer } from '../cost.js';
import { isAcceptedFinish } from '../failure-of-call.js';
import { recordOfExchange, sumOfCost } from '../record-of-call.js';
import type { AttemptRecord, BatchOrigin, CallRecord } from '../record.js';

/** The exchange of an item of a batch, or of its sum. */
export interface BatchedExchange {
  readonly exchange: Exchange;
  readonly name: CallName;
  readonly batch: BatchOrigin;
  /** When it was read, Unix milliseconds. */
  readonly at: number;
}

/** Builds the record of an item of a batch, or of its sum. `errorStatuses`: finish reasons that count as failures. */
export function recordOfItem(
  { exchange, name, batch, at: startedAt }: BatchedExchange,
  pricer: Pricer,
  errorStatuses: ReadonlySet<FinishReason>,
): CallRecord {
  const position = { attempt: 0, isRetry: false, startedAt, waitedMs: 0, waitAskedMs: null };
  const draft = recordOfExchange(exchange, position, pricer, null);
  const failure = isAcceptedFinish(draft, errorStatuses) ? null : draft.failure;
  // The exchange has the times of reading the file.
  const attempt: AttemptRecord = { ...draft, durationMs: 0, failure };
  const { finishReason } = attempt;
  return {
    feature: name.feature,
    operation: name.operation,
    retryIndex: 0,
    isRetry: false,
    startedAt,
    durationMs: 0,
    providerTimeMs: 0,
    waitingTimeMs: 0,
    timeToFirstTokenMs: null,
    trace: null,
    identity: {},
    route: null,
    attributes: {},
    provider: attempt.provider,
    model: attempt.responseModel ?? attempt.requestModel,
    requestModel: attempt.requestModel,
    parameters: attempt.parameters,
    usage: attempt.usage,
    cost: sumOfCost([attempt]),
    providerCostUsd: attempt.providerCostUsd,
    finishReason,
    truncated: isTruncated(finishReason),
    failure,
    batch,
    attempts: [attempt],
  };
}
