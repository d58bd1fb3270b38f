import type { CallRecord } from '../../../calls/record.js';

/** Returns the URL of the trace of a call, or `null` without a trace or a template. */
export function traceUrlOf({ trace }: CallRecord, template: string | null): string | null {
  if (trace === null || template === null) return null;
  return template
    .replaceAll('{traceId}', encodeURIComponent(trace.traceId))
    .replaceAll('{spanId}', encodeURIComponent(trace.spanId));
}
