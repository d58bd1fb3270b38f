import type { CallRecord } from 'nestjs-llm-telemetry';

/** Returns the record of a call of 800 ms and $0.0003 that ended now, with the given differences. */
export function callRecord(differences: Partial<CallRecord> = {}): CallRecord {
  const durationMs = 800;
  return {
    feature: 'order_dashboard',
    operation: 'summarize',
    retryIndex: 0,
    isRetry: false,
    startedAt: Date.now() - durationMs,
    durationMs,
    providerTimeMs: durationMs,
    waitingTimeMs: 0,
    timeToFirstTokenMs: null,
    trace: null,
    identity: {},
    route: null,
    attributes: {},
    provider: 'openai',
    model: 'gpt-4o-mini',
    requestModel: 'gpt-4o-mini',
    parameters: null,
    usage: null,
    cost: { source: 'table', costUsd: 0.0003 },
    providerCostUsd: null,
    finishReason: 'stop',
    truncated: false,
    failure: null,
    attempts: [],
    ...differences,
  };
}
