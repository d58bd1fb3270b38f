import type { ModelRequest } from '../exchange.js';
import { chatCompletions } from '../formats/chat-completions.js';
import { asObject, parseJson } from '../json-value.js';

/**
 * The same request, asking for the usage of its stream too; `null` where there is nothing to ask for, or the request is
 * to be left as it is: it says so itself, is no plain text, or has headers that vouch for its body.
 *
 * Only OpenAI and servers of one's own are asked: other providers say the usage of their streams anyhow, or refuse what
 * they don't know. Source: OpenAI API reference, “Chat Completions”, `stream_options`.
 */
export function askForUsage(
  { format, provider, parameters }: ModelRequest,
  init: RequestInit | undefined,
): RequestInit | null {
  const body = init?.body;
  if (format !== chatCompletions || provider !== 'openai' || !parameters.stream || typeof body !== 'string')
    return null;
  const headers = new Headers(init?.headers);
  if (ABOUT_THE_BODY.some((name) => headers.has(name))) return null;
  const asking = bodyThatAsks(body);
  return asking === null ? null : { ...init, body: asking };
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
