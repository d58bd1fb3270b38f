import type { ModelRequest } from '../../exchanges/exchange.js';
import { chatCompletions } from '../../formats/chat-completions.js';
import { readFetchArguments } from '../../exchanges/fetch-arguments.js';
import { asObject, parseJson } from '../../json/json-value.js';

/**
 * The same request, asking for the usage of its stream too; `null` where there is nothing to ask for, or the request is
 * to stay unchanged: it asks by itself, is not plain text, has headers that sign its body, or cannot be copied.
 *
 * Only OpenAI and servers of one's own are asked: other providers say the usage of their streams anyhow, or refuse what
 * they don't know. Source: OpenAI API reference, “Chat Completions”, `stream_options`.
 */
export function askForUsage(
  { format, provider, parameters }: ModelRequest,
  input: unknown,
  init: unknown,
): RequestInit | null {
  if (format !== chatCompletions || provider !== 'openai' || !parameters.stream) return null;
  const { body, headers } = readFetchArguments(input, init);
  if (typeof body !== 'string' || !headers.complete) return null;
  if (ABOUT_THE_BODY.some((name) => headers.get(name) !== null)) return null;
  const asking = bodyThatAsks(body);
  return asking === null ? null : withBody(init as object, asking);
}

/** A copy of `init` with another body; `null` if a copy could differ from it for `fetch`: it has getters or a class. */
function withBody(init: object, body: string): RequestInit | null {
  const prototype = Object.getPrototypeOf(init) as object | null;
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return null;
  const properties: Record<PropertyKey, PropertyDescriptor> = Object.getOwnPropertyDescriptors(init);
  if (Reflect.ownKeys(properties).some((key) => !('value' in properties[key]!))) return null;
  properties['body'] = { value: body, enumerable: true, writable: true, configurable: true };
  return Object.create(prototype, properties) as RequestInit;
}

const ABOUT_THE_BODY = [
  'content-length',
  'content-encoding',
  'content-digest',
  'content-md5',
  'digest',
  'signature',
  'x-amz-content-sha256',
];

const ASKING = '"stream_options":{"include_usage":true}';

function bodyThatAsks(body: string): string | null {
  if (!body.includes('"stream_options"')) return withFirstMember(body);
  const request = asObject(parseJson(body));
  if (!request) return null;
  const options = request['stream_options'];
  if (options === undefined) return withFirstMember(body);
  const said = options === null ? {} : asObject(options);
  if (!said || 'include_usage' in said) return null;
  // What does not come out of a parser as it went in (numbers of many digits, a key that is there twice) is not touched.
  if (JSON.stringify(request) !== body) return null;
  return JSON.stringify({ ...request, stream_options: { ...said, include_usage: true } });
}

/** All else stays as it was written, to the byte. */
function withFirstMember(body: string): string {
  const inside = body.indexOf('{') + 1;
  return `${body.slice(0, inside)}${ASKING},${body.slice(inside)}`;
}
