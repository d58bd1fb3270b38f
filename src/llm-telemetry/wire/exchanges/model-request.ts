import type { ModelRequest } from './exchange.js';
import { formatAfter, formatOfPath } from './known-formats.js';
import { providerOf } from './provider-of-request.js';
import { boundedParameters, type WireFormat } from '../formats/format.js';
import { asObject, parseJson, type JsonObject } from '../json/json-value.js';
import { endpointOf } from '../dialects/endpoint.js';
import type { HostProviders } from '../dialects/host-providers.js';
import type { HeaderGetter } from '../headers.js';
import { readFetchArguments } from './fetch-arguments.js';
import { tryCall, isInstanceOf, textOfBody, urlOf } from '../readable.js';
import { scanTopLevel } from '../json/top-level-scan.js';

/** Returns the candidate format of a `fetch` by its URL. The only cost for a request that is not a model request. */
export function formatOf(input: unknown): WireFormat | null {
  const url = urlOf(input);
  return url === null ? null : formatOfPath(before('?', before('#', url)));
}

/** Removes the query, and the fragment by which Mistral's client marks streams. */
function before(mark: string, url: string): string {
  const end = url.indexOf(mark);
  return end < 0 ? url : url.slice(0, end);
}

/**
 * Stands for a request that only looks like a model request, because its body belongs to another application. It makes no
 * record, and is not reported as missed.
 */
export const LOOK_ALIKE: unique symbol = Symbol('look-alike');

/**
 * Reads a model request from the arguments of a `fetch`; `null` if it is not one. Only reads what can be read twice:
 * getters, proxies, header iterators and body streams are treated as unknown.
 *
 * @param hosts - providers of hosts, as named by the application
 */
export function readModelRequest(
  format: WireFormat,
  input: unknown,
  init: unknown,
  hosts?: HostProviders,
): ModelRequest | typeof LOOK_ALIKE | null {
  const given = readFetchArguments(input, init);
  const { method, headers } = given;
  if (method !== null && method.toUpperCase() !== 'POST') return null;
  const endpoint = endpointOf(urlOf(input)!);
  // `fetch` will reject it.
  if (endpoint === null) return null;

  const body = textOfBody(given.body);
  const form = body === null && isForm(given.body) ? given.body : null;
  const scanned = body !== null ? scanText(format, body) : form && readForm(form, format.requestKeys);
  if (scanned !== null && !format.accepts(scanned.keys, endpoint.url)) {
    const next = formatAfter(format, endpoint.url);
    return next ? readModelRequest(next, input, init, hosts) : LOOK_ALIKE;
  }
  if (scanned === null && body !== null) return LOOK_ALIKE;
  // If the body cannot be read (a Request, a stream), API credentials distinguish a model request from a page. Headers
  // that cannot be read may contain credentials.
  if (scanned === null && headers.complete && CREDENTIALS.every((name) => headers.get(name) === null))
    return null;

  return {
    format,
    ...providerOf(format, endpoint, hosts),
    host: endpoint.host,
    place: endpoint.place,
    port: endpoint.port,
    url: endpoint.url,
    parameters: boundedParameters(format.readRequest(scanned?.members ?? {}, endpoint.url, headers)),
    retryCount: retryCountOf(headers),
    timeoutSeconds: wholeNumber(headers.get('x-stainless-timeout')),
    body: body ?? (form && formText(form)),
    signal: given.signal,
  };
}

/** Headers with credentials. AWS requests are signed in `authorization`. */
const CREDENTIALS = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'];

/** Returns how often the SDK has repeated the request; `null` if it does not say. */
function retryCountOf(headers: HeaderGetter): number | null {
  const stainless = headers.get('x-stainless-retry-count');
  if (stainless !== null) return wholeNumber(stainless);
  // AWS SDK: `attempt=2; max=3`. Source: AWS SDKs reference guide, “Retry behavior”.
  const attempt = /^attempt=(\d{1,6})\b/.exec(headers.get('amz-sdk-request') ?? '')?.[1];
  return attempt === undefined ? null : Math.max(0, Number(attempt) - 1);
}

/** Scans the top level of a JSON body; `null` if it is not an object. */
function scanText(format: WireFormat, text: string): Scanned | null {
  return (text.length <= SHORT_BODY ? parsed(text) : null) ?? scanTopLevel(text, format.requestKeys);
}

/** The scanned part of the top level of a body. */
interface Scanned {
  readonly members: JsonObject;
  readonly keys: Pick<ReadonlySet<string>, 'has'>;
}

/** Up to this many characters, parsing the whole body is faster than scanning it. */
const SHORT_BODY = 1024;

/** Parses a JSON object; `null` for anything else. */
function parsed(text: string): Scanned | null {
  const members = asObject(parseJson(text));
  return members && { members, keys: { has: (key) => Object.hasOwn(members, key) } };
}

/** Reads text fields of a form. Numbers and booleans are converted. */
function readForm(form: FormData, wanted: ReadonlySet<string>): Scanned {
  const { get, has } = FormData.prototype;
  const members: Record<string, unknown> = {};
  for (const key of wanted) {
    const value = tryCall(get, form, key);
    if (typeof value !== 'string') continue;
    const json = parseJson(value);
    members[key] = typeof json === 'number' || typeof json === 'boolean' ? json : value;
  }
  return { members, keys: { has: (key) => tryCall(has, form, key) === true } };
}

/** Converts the text fields of a form to JSON. */
function formText(form: FormData): string {
  const fields: Record<string, string> = {};
  tryCall(FormData.prototype.forEach, form, (value: unknown, key: string) => {
    if (typeof value === 'string') fields[key] = value;
  });
  return JSON.stringify(fields);
}

function isForm(body: unknown): body is FormData {
  return isInstanceOf(body, FormData.prototype);
}

function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}
