import type { ModelRequest } from './exchange.js';
import { formatOfPath } from './known-formats.js';
import { boundedParameters, type WireFormat } from '../formats/format.js';
import { asObject, parseJson, type JsonObject } from '../json/json-value.js';
import { endpointOf } from '../dialects/endpoint.js';
import { readFetchArguments } from './fetch-arguments.js';
import { call, isInstanceOf, textOfBody, urlOf } from '../readable.js';
import { scanTopLevel } from '../json/top-level-scan.js';

/**
 * The format that a `fetch` may be in, by its URL alone: the one look that a request which is no model call costs.
 */
export function formatOf(input: unknown): WireFormat | null {
  const url = urlOf(input);
  if (url === null) return null;
  const query = url.indexOf('?');
  return formatOfPath(query < 0 ? url : url.slice(0, query));
}

/**
 * Reads a `fetch` that may be a model request; `null` if it is not one. Looks only at what can be read twice: what cannot
 * (a getter, a proxy, an iterator of headers, a stream as the body) is unknown.
 */
export function readModelRequest(format: WireFormat, input: unknown, init: unknown): ModelRequest | null {
  const given = readFetchArguments(input, init);
  const { method, headers } = given;
  if (method !== null && method.toUpperCase() !== 'POST') return null;

  const body = textOfBody(given.body);
  const form = body === null && isForm(given.body) ? given.body : null;
  const scanned = body !== null ? scanText(format, body) : form && readForm(form, format.requestKeys);
  if (scanned !== null && !format.accepts(scanned.keys)) return null;
  if (scanned === null && body !== null) return null;
  // Without a body that can be read (a Request, a stream), the credentials of an API tell it from a page. Headers that
  // cannot be read may hold some.
  if (scanned === null && headers.complete && CREDENTIALS.every((name) => headers.get(name) === null))
    return null;

  const endpoint = endpointOf(urlOf(input)!);
  // `fetch` is going to refuse it.
  if (endpoint === null) return null;
  return {
    format,
    provider: endpoint.provider ?? format.provider,
    host: endpoint.host,
    port: endpoint.port,
    url: endpoint.url,
    parameters: boundedParameters(format.readRequest(scanned?.members ?? {}, endpoint.url)),
    retryCount: wholeNumber(headers.get('x-stainless-retry-count')),
    timeoutSeconds: wholeNumber(headers.get('x-stainless-timeout')),
    body: body ?? (form && formText(form)),
    signal: given.signal,
  };
}

const CREDENTIALS = ['authorization', 'x-api-key', 'api-key'];

/** The top level of a JSON body; `null` if it is no object. */
function scanText(format: WireFormat, text: string): Scanned | null {
  return (text.length <= SHORT_BODY ? parsed(text) : null) ?? scanTopLevel(text, format.requestKeys);
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

/** Fields of a form are text: a number or a flag among them is read as JSON. */
function readForm(form: FormData, wanted: ReadonlySet<string>): Scanned {
  const { get, has } = FormData.prototype;
  const members: Record<string, unknown> = {};
  for (const key of wanted) {
    const value = call(get, form, key);
    if (typeof value !== 'string') continue;
    const json = parseJson(value);
    members[key] = typeof json === 'number' || typeof json === 'boolean' ? json : value;
  }
  return { members, keys: { has: (key) => call(has, form, key) === true } };
}

/** The text fields of a form, as the JSON that they would be. */
function formText(form: FormData): string {
  const fields: Record<string, string> = {};
  call(FormData.prototype.forEach, form, (value: unknown, key: string) => {
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
