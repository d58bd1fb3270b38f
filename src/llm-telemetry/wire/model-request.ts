import type { ModelRequest } from './exchange.js';
import { formatOfPath } from './formats/index.js';
import { boundedParameters, type WireFormat } from './formats/format.js';
import { asObject, parseJson, type JsonObject } from './json-value.js';
import { endpointOf } from './endpoint.js';
import { scanTopLevel } from './top-level-scan.js';

/**
 * The format that a `fetch` may be in, by its URL alone: the one look that a request which is no model call costs.
 */
export function formatOf(input: unknown): WireFormat | null {
  const url = urlOf(input);
  if (url === null) return null;
  const query = url.indexOf('?');
  return formatOfPath(query < 0 ? url : url.slice(0, query));
}

/** Reads a `fetch` that may be a model request; `null` where it is none. Nothing of the application's is consumed. */
export function readModelRequest(
  format: WireFormat,
  input: unknown,
  init: RequestInit | undefined,
): ModelRequest | null {
  const request = input instanceof Request ? input : null;
  if ((init?.method ?? request?.method ?? 'GET').toUpperCase() !== 'POST') return null;

  const body = bodyText(init?.body);
  const scanned = scanBody(format, body, init?.body);
  if (scanned !== null && !format.accepts(scanned.keys)) return null;
  if (scanned === null && body !== null) return null;
  const header = headerReader(init?.headers ?? request?.headers);
  // Without a body that can be read (a Request, a stream), the credentials of an API are what tells it from a page.
  if (
    scanned === null &&
    header('authorization') === null &&
    header('x-api-key') === null &&
    header('api-key') === null
  ) {
    return null;
  }

  const endpoint = endpointOf(urlOf(input)!);
  // `fetch` is going to say so.
  if (endpoint === null) return null;
  return {
    format,
    provider: endpoint.provider ?? format.provider,
    host: endpoint.host,
    port: endpoint.port,
    url: endpoint.url,
    parameters: boundedParameters(format.readRequest(scanned?.members ?? {}, endpoint.url)),
    retryCount: wholeNumber(header('x-stainless-retry-count')),
    timeoutSeconds: () => wholeNumber(header('x-stainless-timeout')),
    body: body ?? (init?.body instanceof FormData ? formText(init.body) : null),
    signal: init?.signal ?? request?.signal ?? null,
  };
}

/** The top level of a body that can be looked at without being consumed; `null` where it cannot, or is no object. */
function scanBody(format: WireFormat, text: string | null, body: unknown): Scanned | null {
  if (text !== null)
    return (text.length <= SHORT_BODY ? parsed(text) : null) ?? scanTopLevel(text, format.requestKeys);
  return body instanceof FormData ? readForm(body, format.requestKeys) : null;
}

/** The top level of a body, as far as it was looked at. */
interface Scanned {
  readonly members: JsonObject;
  readonly keys: Pick<ReadonlySet<string>, 'has'>;
}

/** Up to so many characters, parsing all of a body is quicker than passing over most of it. */
const SHORT_BODY = 1024;

/** `null`: it is no JSON object. */
function parsed(text: string): Scanned | null {
  const members = asObject(parseJson(text));
  return members && { members, keys: { has: (key) => Object.hasOwn(members, key) } };
}

/** A form's fields are all text, so a number or a flag among them is read as JSON would have it. */
function readForm(form: FormData, wanted: ReadonlySet<string>): Scanned {
  const members: Record<string, unknown> = {};
  for (const key of wanted) {
    const value = form.get(key);
    if (typeof value !== 'string') continue;
    const json = parseJson(value);
    members[key] = typeof json === 'number' || typeof json === 'boolean' ? json : value;
  }
  return { members, keys: { has: (key) => form.has(key) } };
}

/** The text fields of a form, as the JSON that they would be. */
function formText(form: FormData): string {
  const fields: Record<string, string> = {};
  form.forEach((value, key) => {
    if (typeof value === 'string') fields[key] = value;
  });
  return JSON.stringify(fields);
}

function urlOf(input: unknown): string | null {
  if (typeof input === 'string') return input;
  if (input instanceof URL) return input.href;
  return input instanceof Request ? input.url : null;
}

function bodyText(body: unknown): string | null {
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array)
    return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  return null;
}

function headerReader(headers: RequestInit['headers']): (name: string) => string | null {
  if (headers === undefined || headers === null) return () => null;
  if (headers instanceof Headers) return (name) => headers.get(name);
  const entries: Iterable<readonly unknown[]> =
    Symbol.iterator in headers ? (headers as Iterable<readonly unknown[]>) : Object.entries(headers);
  const found = new Map<string, string>();
  for (const [name, value] of entries) found.set(String(name).toLowerCase(), String(value));
  return (name) => found.get(name) ?? null;
}

function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}
