import type { FaultSpec } from '../faults.js';

/** When to come back, in the header of the standard and in the finer one of both SDKs. */
export function retryHeaders({ retryAfter }: FaultSpec): Record<string, string> {
  if (retryAfter === undefined) return {};
  return {
    'retry-after': String(Math.ceil(retryAfter)),
    'retry-after-ms': String(Math.round(retryAfter * 1000)),
  };
}
