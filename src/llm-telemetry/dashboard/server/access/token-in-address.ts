import type { Attributes, Span } from '@opentelemetry/api';
import { openTelemetry } from '../../../runtime/open-telemetry.js';
import { urlOf, type PlatformRequest } from '../http/platform.js';

/** Returns the value of `?token=`, or `null` without one. */
export function tokenInAddress(request: PlatformRequest): string | null {
  return urlOf(request).query.get('token');
}

/**
 * Returns the URL of a request without `?token=`, as a relative reference, so that it also works behind a proxy that
 * strips a prefix. All other parameters are kept byte for byte.
 */
export function addressWithoutToken(request: PlatformRequest): string {
  const url = request.originalUrl ?? request.url;
  const [path, query] = splitAt(url, '?');
  const kept = (query ?? '').split('&').filter((pair) => pair !== '' && !isToken(pair));
  const segment = path.slice(path.lastIndexOf('/') + 1);
  return `./${segment}${kept.length > 0 ? `?${kept.join('&')}` : ''}`;
}

/**
 * Redacts `?token=` in the attributes of the spans that instrumentations started for a request: the HTTP server span
 * and the span of a framework within it.
 */
export function redactTokenInSpans(request: PlatformRequest): void {
  if (tokenInAddress(request) === null) return;
  const spans = new Set([openTelemetry()?.trace.getActiveSpan(), httpServerSpan()]);
  for (const span of spans) if (span) redactSpan(span);
}

/** Returns the server span of an HTTP instrumentation, which `@opentelemetry/core` holds in the context (`getRPCMetadata`). */
function httpServerSpan(): Span | undefined {
  const api = openTelemetry();
  const key = api?.createContextKey('OpenTelemetry SDK Context Key RPC_METADATA');
  const metadata = key && api?.context.active().getValue(key);
  return (metadata as { readonly span?: Span } | undefined)?.span;
}

/** Span attributes that may contain a query, in current and earlier semantic conventions. */
const URL_ATTRIBUTES = ['url.query', 'url.full', 'url.path', 'http.url', 'http.target', 'http.route'];

/** Only spans of the OpenTelemetry SDK expose their attributes; others are skipped. */
function redactSpan(span: Span): void {
  const { attributes = {} } = span as { readonly attributes?: Attributes };
  for (const name of URL_ATTRIBUTES) {
    const value = attributes[name];
    if (typeof value === 'string') span.setAttribute(name, redacted(value, name === 'url.query'));
  }
}

function redacted(text: string, isQuery: boolean): string {
  const [before, query] = isQuery ? [null, text] : splitAt(text, '?');
  if (query === null) return text;
  const pairs = query.split('&').map((pair) => (isToken(pair) ? 'token=REDACTED' : pair));
  return `${before === null ? '' : `${before}?`}${pairs.join('&')}`;
}

/** Returns true for a pair that `URLSearchParams` reads as `token`, encoded characters included. */
function isToken(pair: string): boolean {
  if (!pair.startsWith('token') && !pair.includes('%')) return false;
  return new URLSearchParams(`?${pair}`).has('token');
}

function splitAt(text: string, mark: string): [string, string | null] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}
