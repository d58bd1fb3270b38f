import { PlainTextContent } from '../content/plain-text.content.js';
import { asCount, asString } from '../json/json-value.js';
import { atPaths, type BuiltInFormat } from './format.js';
import { readProviderError } from '../dialects/error-body.js';
import { OPENAI_RATE_LIMIT_HEADERS } from './response-parts.js';

/**
 * OpenAI videos: create, remix, edit and extend. The response is the started job with its length in seconds, by which it is
 * billed; polls and downloads are no calls. The price depends on the size, which no price table lists.
 * Source: OpenAI API reference, “Videos”; types of openai 7 (`resources/videos`).
 */
export const videos: BuiltInFormat = {
  operation: 'video_generation',
  provider: 'openai',
  rateLimitHeaders: OPENAI_RATE_LIMIT_HEADERS,
  ...atPaths('/videos', '/remix', '/videos/edits', '/videos/extensions'),
  matches: (path) => PATH.test(path),
  // Other applications also have a `/videos` path.
  accepts: (keys, url) =>
    keys.has('prompt') &&
    (!url.endsWith('/videos') || keys.has('model') || keys.has('seconds') || keys.has('size')),
  requestKeys: new Set(['model']),
  content: (limit) => new PlainTextContent({ input: 'prompt', output: null }, limit),
  readRequest: (body) => ({ model: asString(body['model']), stream: false }),
  inputBytes: () => null,
  readResponse: (body, response) => {
    // The error of a failed job has the status `failed`; other errors have no job.
    if (body['error']) response.error = readProviderError(body['error']);
    response.id = asString(body['id']);
    response.model = asString(body['model']);
    const seconds = asCount(Number(asString(body['seconds']) ?? body['seconds'] ?? Number.NaN));
    if (response.id === null || seconds === null) return;
    response.usage.inputTokens = 0;
    response.usage.outputTokens = 0;
    response.usage.videoSeconds = seconds;
    response.hasContent = true;
    response.complete = response.error === null;
  },
  // Jobs are never streamed.
  readEvent: () => {},
};

const PATH = /\/videos(?:\/edits|\/extensions|\/[^/]+\/remix)?$/;
