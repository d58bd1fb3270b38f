import type { Span } from '@opentelemetry/api';
import type { AttributeValue } from '../../calls/record.js';

/**
 * Puts an attribute on a span where there is one: what has nothing true to say is absent. One by one, since an object of
 * them would have to be made first and walked through afterwards.
 */
export function putAttribute(span: Span, name: string, value: AttributeValue | null | undefined): void {
  if (value !== undefined && value !== null) span.setAttribute(name, value);
}

/** Milliseconds to the microsecond: what the clock resolves. */
export function roundMs(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
