import type { Span } from '@opentelemetry/api';
import type { AttributeValue } from '../../calls/record.js';

/**
 * Sets a span attribute; omits it without a value. Attributes are set one by one, which avoids allocating and iterating an
 * object.
 */
export function putAttribute(span: Span, name: string, value: AttributeValue | null | undefined): void {
  if (value !== undefined && value !== null) span.setAttribute(name, value);
}

/** Rounds milliseconds to microseconds, the resolution of the clock. */
export function roundMs(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
