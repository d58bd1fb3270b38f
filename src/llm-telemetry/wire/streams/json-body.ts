import { errorIn, errorOfPage } from '../dialects/error-body.js';
import { emptyResponse } from '../response-draft.js';
import type { Exchange } from '../exchanges/exchange.js';
import { guard } from '../guard.js';
import { parsePartialJson } from '../json/partial-json.js';
import { asObject, parseJson, type JsonObject } from '../json/json-value.js';
import { MAX_JSON_SIZE } from './growing-buffer.js';

/** Up to this many characters, parsing the whole response is faster than skimming it. */
const SHORT_RESPONSE = 4096;
/** Some servers send one. The platform removes it when it decodes text. */
const BYTE_ORDER_MARK = 0xfeff;

/** A JSON array is a stream that was read as a whole, or contains an error: Google sends errors so. */
export function readWholeJson(body: unknown, exchange: Exchange): void {
  if (!Array.isArray(body)) {
    const object = asObject(body);
    if (object) readObject(object, exchange);
  } else if (exchange.request.parameters.stream && exchange.succeeded) {
    exchange.framing = 'json-array';
    for (const event of body) readElement(asObject(event), exchange);
  } else {
    const object = asObject(body[0]);
    if (object) readObject(object, exchange);
  }
}

function readElement(event: JsonObject | null, { request, response, content }: Exchange): void {
  if (!event) return;
  guard('reading a body', () => request.format.readEvent(JSON.stringify(event), response, null));
  if (content) guard('reading content', () => content.readEvent(event));
}

function readObject(body: JsonObject, { request, response, content, succeeded }: Exchange): void {
  guard('reading a body', () => request.format.readResponse(body, response));
  if (!succeeded) guard('reading an error', () => (response.error ??= errorIn(body, true)));
  if (content) guard('reading content', () => content.readResponse(body));
}

/** Reads the text of a JSON body, which may be truncated. */
export function readJson(text: string, exchange: Exchange): void {
  const json = text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
  const { request, response, content } = exchange;
  exchange.blank = isBlank(json);
  if (exchange.blank) return;
  if (json.length > SHORT_RESPONSE && !content) {
    if (guard('skimming a body', () => request.format.skimResponse?.(json, response))) return;
  }
  const body = parseJson(json);
  if (body !== undefined) {
    readWholeJson(body, exchange);
    return;
  }
  if (exchange.succeeded) response.error ??= errorOfPage(json);
  readPartial(json, exchange);
}

/** Returns whether a JSON text is empty or an empty value. */
function isBlank(json: string): boolean {
  const text = json.trim();
  return (
    text.length <= 4 && (text === '' || text === '{}' || text === '[]' || text === '""' || text === 'null')
  );
}

/** Measures the text of a truncated body. Ids, models and counts are ignored, because they may be truncated. */
function readPartial(json: string, { request, response }: Exchange): void {
  const body = asObject(parsePartialJson(json));
  if (!body) return;
  const partial = emptyResponse();
  request.format.readResponse({ ...body, usage: undefined }, partial);
  response.outputBytes = partial.outputBytes;
}

/** Estimates the output from the announced length of a body that broke and was not observed. */
export function estimateOutput(length: number, { request, response }: Exchange): void {
  const { envelopeBytes } = request.format;
  // The announced length is untrusted.
  const plausible = Math.min(length, MAX_JSON_SIZE);
  if (envelopeBytes !== undefined) response.outputBytes = Math.max(0, plausible - envelopeBytes);
}
