import type { ModelRequest } from '../../exchanges/exchange.js';
import { chatCompletions } from '../../formats/chat-completions.js';
import { readFetchArguments } from '../../exchanges/fetch-arguments.js';
import { asObject, parseJson } from '../../json/json-value.js';

/**
 * Providers whose streams omit usage unless the request asks for it. Hosts that the application has mapped are asked
 * too; others send usage by default or may reject unknown options. Source: OpenAI API reference, “Chat Completions”,
 * `stream_options`.
 */
const WITH_USAGE_OPTION: ReadonlySet<string> = new Set(['openai']);

/**
 * Returns a copy of `init` whose body requests usage for the stream (`stream_options.include_usage`). Returns `null` if
 * the request must not change: it is not a stream of chat completions, sets the option itself, has a body that is not
 * text or headers that describe the body, or cannot be copied.
 */
export function requestStreamUsage(
  { format, provider, hasMappedHost, parameters }: ModelRequest,
  input: unknown,
  init: unknown,
): RequestInit | null {
  if (format !== chatCompletions || !parameters.stream) return null;
  if (!hasMappedHost && !WITH_USAGE_OPTION.has(provider)) return null;
  const { body, headers } = readFetchArguments(input, init);
  if (typeof body !== 'string' || !headers.complete) return null;
  if (BODY_HEADERS.some((name) => headers.get(name) !== null)) return null;
  const changed = bodyWithUsageOption(body);
  return changed === null ? null : withBody(init as object, changed);
}

/** Copies `init` with another body; `null` if `fetch` could treat the copy differently (getters, class instances). */
function withBody(init: object, body: string): RequestInit | null {
  const prototype = Object.getPrototypeOf(init) as object | null;
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return null;
  const properties: Record<PropertyKey, PropertyDescriptor> = Object.getOwnPropertyDescriptors(init);
  if (Reflect.ownKeys(properties).some((key) => !('value' in properties[key]!))) return null;
  properties['body'] = { value: body, enumerable: true, writable: true, configurable: true };
  return Object.create(prototype, properties) as RequestInit;
}

const BODY_HEADERS = [
  'content-length',
  'content-encoding',
  'content-digest',
  'content-md5',
  'digest',
  'signature',
  'x-amz-content-sha256',
];

const USAGE_OPTION = '"stream_options":{"include_usage":true}';

function bodyWithUsageOption(body: string): string | null {
  if (!body.includes('"stream_options"')) return withFirstMember(body);
  const request = asObject(parseJson(body));
  if (!request) return null;
  const options = request['stream_options'];
  if (options === undefined) return withFirstMember(body);
  const existing = options === null ? {} : asObject(options);
  if (!existing || 'include_usage' in existing) return null;
  // Bodies that change when parsed and serialized (numbers with many digits, duplicate keys) stay unchanged.
  if (JSON.stringify(request) !== body) return null;
  return JSON.stringify({ ...request, stream_options: { ...existing, include_usage: true } });
}

/** Inserts the option as the first member and keeps all other bytes. */
function withFirstMember(body: string): string {
  const inside = body.indexOf('{') + 1;
  return `${body.slice(0, inside)}${USAGE_OPTION},${body.slice(inside)}`;
}
