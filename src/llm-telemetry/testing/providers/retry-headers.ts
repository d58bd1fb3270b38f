import type { FaultSpec } from '../faults.js';

/** Builds the standard header in seconds, and the header of both SDKs in milliseconds. */
export function retryHeaders({ retryAfter }: FaultSpec): Record<string, string> {
  if (retryAfter === undefined) return {};
  return {
    'retry-after': String(Math.ceil(retryAfter)),
    'retry-after-ms': String(Math.round(retryAfter * 1000)),
  };
}
