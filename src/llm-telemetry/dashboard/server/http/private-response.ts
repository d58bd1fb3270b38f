import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { rawResponse, type PlatformResponse } from './platform.js';

/**
 * Headers of every response: no caching, framing, cross-origin reads, content sniffing or scripts. The page and its
 * assets override the policy and the caching.
 */
export const PRIVATE_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'same-origin',
};

const closed = new WeakSet<ServerResponse>();

/**
 * Removes headers that let other origins read a response, and ignores those that are set later: by hooks of Fastify that
 * run after the handler, by middleware that acts when the head is written, or for responses that bypass the platform.
 */
export function blockCrossOriginReads(response: PlatformResponse): void {
  const raw = rawResponse(response);
  if (closed.has(raw)) return;
  closed.add(raw);
  for (const name of raw.getHeaderNames()) if (isCrossOriginHeader(name)) raw.removeHeader(name);
  const { setHeader, appendHeader, writeHead } = raw;
  raw.setHeader = (name, value) => {
    if (!isCrossOriginHeader(name)) setHeader.call(raw, name, value);
    return raw;
  };
  raw.appendHeader = (name, value) => {
    if (!isCrossOriginHeader(name)) appendHeader.call(raw, name, value);
    return raw;
  };
  raw.writeHead = (status: number, reason?: string | WrittenHeaders, headers?: WrittenHeaders) => {
    const isReason = typeof reason === 'string';
    for (const [name, value] of pairsOf((isReason ? headers : (reason ?? headers)) ?? {}))
      raw.setHeader(name, value);
    if (isReason) raw.statusMessage = reason;
    return writeHead.call(raw, status);
  };
}

type WrittenHeaders = OutgoingHttpHeaders | readonly OutgoingHttpHeader[];

/** `writeHead` accepts headers as an object, or as a list in which names and values alternate. */
function pairsOf(
  headers: WrittenHeaders,
): Array<[string, OutgoingHttpHeader & (string | readonly string[])]> {
  const entries: Array<[string, unknown]> = Array.isArray(headers)
    ? headers.flatMap((name, index) => (index % 2 === 0 ? [[String(name), headers[index + 1]]] : []))
    : Object.entries(headers);
  return entries.filter(([, value]) => value !== undefined) as ReturnType<typeof pairsOf>;
}

function isCrossOriginHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return lower.startsWith('access-control-') || lower === 'timing-allow-origin';
}
