import { PlainTextContent } from '../content/plain-text.content.js';
import { errorIn } from '../dialects/error-body.js';
import { asArray, asCount, asObject, asString, type JsonObject } from '../json/json-value.js';
import { textBytes } from '../json/text-bytes.js';
import { scanTopLevel } from '../json/top-level-scan.js';
import type { ResponseDraft } from '../response-draft.js';
import { atPaths, type BuiltInFormat } from './format.js';
import { hasContent } from './response-parts.js';

/**
 * Embeddings and rankings in Alibaba Cloud's own API. Responses do not name the model. Sources: Alibaba Cloud Model Studio
 * documentation, “Text embedding”, “Multimodal embedding API” and “Text rerank”; dashscope-sdk-python,
 * `embeddings/text_embedding.py`, `embeddings/multimodal_embedding.py` and `rerank/text_rerank.py`.
 *
 * @param member - member of the input with the text that is recorded
 */
function dashscopeModel(
  operation: string,
  ending: string,
  member: string,
  inputBytes: (input: JsonObject) => number | null,
): BuiltInFormat {
  const readResponse = (body: JsonObject, response: ResponseDraft): void => {
    response.error = errorIn(body);
    if (response.error !== null) return;
    // A task, which is polled, has no result.
    response.hasContent = hasContent(asObject(body['output']) ?? {}, NO_ENVELOPE);
    readMembers(body, response);
  };
  return {
    operation,
    provider: 'alibaba',
    ...atPaths(ending),
    accepts: (keys) => keys.has('model') && keys.has('input'),
    requestKeys: new Set(['model', 'parameters']),
    content: (limit) => new InputContent({ input: member, output: null }, limit),
    readRequest: (body) => ({
      model: asString(body['model']),
      stream: false,
      dimensions: asCount(asObject(body['parameters'])?.['dimension']) ?? undefined,
    }),
    inputBytes: (body) => inputBytes(asObject(body['input']) ?? {}),
    readResponse,
    // Skips the vectors, which are nearly all of the response.
    skimResponse: (json, response) => {
      const scanned = scanTopLevel(json, SCANNED_MEMBERS);
      if (!scanned?.complete || !asObject(scanned.members['usage'])) return false;
      response.hasContent = true;
      readMembers(scanned.members, response);
      return true;
    },
    // None of these models streams.
    readEvent: () => {},
  };
}

const NO_ENVELOPE: ReadonlySet<string> = new Set();

const SCANNED_MEMBERS = new Set(['usage', 'request_id', 'code', 'message']);

function readMembers(body: JsonObject, response: ResponseDraft): void {
  const { usage: draft } = response;
  response.id = asString(body['request_id']);
  response.complete = true;
  const usage = asObject(body['usage']) ?? {};
  const details = asObject(usage['input_tokens_details']);
  const text = asCount(usage['input_tokens']);
  const images = asCount(usage['image_tokens']);
  draft.outputTokens = asCount(usage['output_tokens']) ?? 0;
  draft.totalTokens = asCount(usage['total_tokens']);
  draft.imageInputTokens = images ?? asCount(details?.['image_tokens']) ?? 0;
  // Tokens of images are a part of the input if they are among its details, and are apart otherwise.
  draft.inputTokens = text === null && images === null ? draft.totalTokens : (text ?? 0) + (images ?? 0);
}

/** Reads the input of a request, which is a member of `input`. */
class InputContent extends PlainTextContent {
  override readRequest(body: JsonObject): ReturnType<PlainTextContent['readRequest']> {
    return super.readRequest(asObject(body['input']) ?? {});
  }
}

export const dashscopeEmbeddings = dashscopeModel(
  'embeddings',
  '/text-embedding/text-embedding',
  'texts',
  // A task has the URL of a file instead.
  ({ texts }) => (texts === undefined ? null : textBytes(texts)),
);

export const dashscopeMultimodalEmbeddings = dashscopeModel(
  'embeddings',
  '/multimodal-embedding/multimodal-embedding',
  'contents',
  // The tokens of images cannot be estimated.
  ({ contents }) =>
    asArray(contents).every((item) => typeof asObject(item)?.['text'] === 'string')
      ? textBytes(contents)
      : null,
);

export const dashscopeRerank = dashscopeModel(
  'rerank',
  '/text-rerank/text-rerank',
  'query',
  // The model reads the query once for each document.
  ({ query, documents }) => textBytes(documents) + asArray(documents).length * textBytes(query),
);
