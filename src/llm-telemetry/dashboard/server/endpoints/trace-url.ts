import type { CallRecord } from '../../../calls/record.js';

/** Where the trace of a call is to be seen; `null` where that is not known or there is none. */
export function traceUrlOf({ trace }: CallRecord, template: string | null): string | null {
  if (trace === null || template === null) return null;
  return template
    .replaceAll('{traceId}', encodeURIComponent(trace.traceId))
    .replaceAll('{spanId}', encodeURIComponent(trace.spanId));
}
