import type { ModelRequest } from './exchange.js';
import { formatAfter } from './known-formats.js';
import { providerOf, unknownProviderOf } from './provider-of-request.js';
import { boundedParameters, type RequestParameters, type WireFormat } from '../formats/format.js';
import { asObject, parseJson, type JsonObject } from '../json/json-value.js';
import { endpointOf, plainPath, type Endpoint } from '../dialects/endpoint.js';
import type { HostProviders } from '../dialects/host-providers.js';
import type { HeaderGetter } from '../headers.js';
import { readFetchArguments } from './fetch-arguments.js';
import type { RequestHeaders } from './request-headers.js';
import { tryCall, isInstanceOf, textOfBody, urlOf } from '../readable.js';
import { scanTopLevel } from '../json/top-level-scan.js';

/** Returns a URL without its query, as `plainPath` does. */
export function plainUrl(url: string): string {
  return plainPath(before('?', before('#', url)));
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

/** Result of reading a request: `null` if it is not a model request. */
export type RequestReading = ModelRequest | typeof LOOK_ALIKE | null;

/**
 * Reads a model request from the arguments of a `fetch`; `null` if it is not one. Only reads what can be read twice:
 * getters, proxies, header iterators and body streams are treated as unknown.
 *
 * @param sentBody - the body of a `Request`, read while it was sent
 */
export function readModelRequest(
  format: WireFormat,
  input: unknown,
  init: unknown,
  hosts?: HostProviders,
  sentBody: string | null = null,
): RequestReading {
  const given = readFetchArguments(input, init);
  const { method, headers, signal } = given;
  if (method !== null && method.toUpperCase() !== 'POST') return null;
  const endpoint = endpointOf(urlOf(input)!);
  // `fetch` will reject it.
  if (endpoint === null) return null;

  const body = sentBody ?? textOfBody(given.body);
  const form = body === null && isForm(given.body) ? given.body : null;
  if (form === null) return modelRequestOf({ format, endpoint, headers, body, signal, hosts });
  return createRequest({ format, endpoint, headers, body: formText(form), signal, hosts }, (candidate) =>
    readForm(form, candidate.requestKeys),
  );
}

/** A POST to the path of a format, whichever transport sends it. */
export interface SentRequest {
  readonly format: WireFormat;
  readonly endpoint: Endpoint;
  readonly headers: RequestHeaders;
  /** The body if it is text. */
  readonly body: string | null;
  readonly signal: WeakRef<AbortSignal> | null;
  /** Providers at the hosts that the application maps. */
  readonly hosts?: HostProviders | undefined;
}

/**
 * Returns the model request that a POST is; `null` if it is not one. A body that cannot be read (a stream, a form of
 * another library, a compressed body) is a model request only if the host is known and the request has credentials.
 */
export function modelRequestOf(sent: SentRequest): RequestReading {
  const { body } = sent;
  const request = createRequest(sent, body === null ? null : (format) => scanText(format, body));
  if (request !== LOOK_ALIKE || !isFile(sent.headers, body)) return request;
  // Files, and forms that the application has written itself, are not parsed.
  return createRequest({ ...sent, body: null }, null) ?? LOOK_ALIKE;
}

/** Applications need not name the type of a file. */
function isFile(headers: HeaderGetter, body: string | null): boolean {
  const type = headers.get('content-type');
  if (type !== null)
    return /^(?:multipart\/form-data|application\/octet-stream|audio\/|image\/|video\/)/i.test(type);
  return body !== null && !/^\s*[[{]/.test(body);
}

/** @param scan - scans the body for the members that a format reads; `null` if the body cannot be read */
function createRequest(
  sent: SentRequest,
  scan: ((format: WireFormat) => Scanned | null) | null,
): RequestReading {
  const { endpoint, headers, body, signal, hosts } = sent;
  let { format } = sent;
  let scanned = scan && scan(format);
  if (scan !== null) {
    while (scanned === null || !format.accepts(scanned.keys, endpoint.url)) {
      const next = scanned && formatAfter(format, endpoint.url);
      if (!next) return LOOK_ALIKE;
      format = next;
      scanned = scan(format);
    }
  }
  const { provider, hasMappedHost } = providerOf(format, endpoint, hosts);
  if (scan === null && (provider === unknownProviderOf(format) || !mayHaveCredentials(headers))) return null;
  return {
    format,
    provider,
    hasMappedHost,
    host: endpoint.host,
    place: endpoint.place,
    port: endpoint.port,
    url: endpoint.url,
    parameters: parametersOf(format, scanned?.members ?? {}, endpoint, headers),
    retryCount: retryCountOf(headers),
    timeoutSeconds: wholeNumber(headers.get('x-stainless-timeout')),
    body,
    signal,
  };
}

function parametersOf(
  format: WireFormat,
  members: JsonObject,
  { url, deployment }: Endpoint,
  headers: HeaderGetter,
): RequestParameters {
  const parameters = boundedParameters(format.readRequest(members, url, headers));
  return parameters.model === null && deployment !== null ? { ...parameters, model: deployment } : parameters;
}

/**
 * Describes a request without an HTTP request of its own: for a response over a WebSocket, for an item of a batch, or of a
 * batch API.
 *
 * @param body - the body as text; `null` if it is not known
 */
export function requestWithoutHeaders(
  { format, endpoint, hosts }: Pick<SentRequest, 'format' | 'endpoint' | 'hosts'>,
  parameters: RequestParameters,
  body: string | null = null,
): ModelRequest {
  return {
    format,
    ...providerOf(format, endpoint, hosts),
    host: endpoint.host,
    place: endpoint.place,
    port: endpoint.port,
    url: endpoint.url,
    parameters: boundedParameters(parameters),
    retryCount: null,
    timeoutSeconds: null,
    body,
    signal: null,
  };
}

/** Headers that cannot be read may contain credentials. */
function mayHaveCredentials(headers: RequestHeaders): boolean {
  return !headers.complete || CREDENTIALS.some((name) => headers.get(name) !== null);
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
  const members = text.length <= SHORT_BODY ? asObject(parseJson(text)) : null;
  if (members) return { members, keys: { has: (key) => Object.hasOwn(members, key) } };
  const scanned = scanTopLevel(text, format.requestKeys);
  return scanned && { members: scanned.members, keys: { has: (key) => scanned.keys.includes(key) } };
}

/** Up to this many characters, parsing the whole body is faster than scanning it. */
const SHORT_BODY = 1024;

/** The scanned part of the top level of a body. */
interface Scanned {
  readonly members: JsonObject;
  readonly keys: Pick<ReadonlySet<string>, 'has'>;
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
