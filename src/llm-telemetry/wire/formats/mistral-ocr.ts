import { asArray, asCount, asObject, asString, type JsonObject } from '../json/json-value.js';
import { scanTopLevel } from '../json/top-level-scan.js';
import type { ResponseDraft } from '../response-draft.js';
import { atPaths, type BuiltInFormat } from './format.js';
import { MISTRAL_RATE_LIMIT_HEADERS, readMistralError } from './mistral-completions.js';
import { isNonEmpty } from './response-parts.js';

/**
 * Mistral OCR, billed by pages. Pages cost more if the request asks for annotations.
 * Source: types of @mistralai/mistralai 2.7 (`OCRRequest`, `OCRResponse`, `OCRUsageInfo`); https://mistral.ai/pricing.
 */
export const mistralOcr: BuiltInFormat = {
  operation: 'ocr',
  provider: 'mistral_ai',
  rateLimitHeaders: MISTRAL_RATE_LIMIT_HEADERS,
  ...atPaths('/ocr'),
  accepts: (keys) => keys.has('document') && keys.has('model'),
  requestKeys: new Set(['model']),
  readRequest: (body) => ({ model: asString(body['model']), stream: false }),
  // Pages cannot be estimated from the bytes of a document.
  inputBytes: () => null,
  readRequestUsage: (body, response) => {
    if (body['bbox_annotation_format'] || body['document_annotation_format']) markAnnotated(response);
  },
  readResponse: (body, response) => {
    if (!Array.isArray(body['pages'])) {
      readMistralError(body, response);
      return;
    }
    readUsage(body, response);
    // The content of an empty page is empty.
    response.hasContent = body['pages'].length > 0;
    if (isNonEmpty(body['document_annotation']) || asArray(body['pages']).some(hasAnnotation))
      markAnnotated(response);
  },
  skimResponse: (json, response) => {
    const scanned = scanTopLevel(json, SCANNED_MEMBERS);
    if (!scanned?.complete || !scanned.members['usage_info'] || json.includes(IMAGE_ANNOTATION)) return false;
    readUsage(scanned.members, response);
    response.hasContent = true;
    if (isNonEmpty(scanned.members['document_annotation'])) markAnnotated(response);
    return true;
  },
  // Documents are never streamed.
  readEvent: () => {},
};

/** Pages contain text and encoded images, which are not parsed. */
const SCANNED_MEMBERS = new Set(['model', 'usage_info', 'document_annotation']);
const IMAGE_ANNOTATION = '"image_annotation":"';

function readUsage(body: JsonObject, response: ResponseDraft): void {
  response.model = asString(body['model']);
  const pages = asCount(asObject(body['usage_info'])?.['pages_processed']);
  response.complete = true;
  if (pages === null) return;
  response.usage.inputTokens = 0;
  response.usage.outputTokens = 0;
  response.usage.pages = pages;
}

function hasAnnotation(page: unknown): boolean {
  return asArray(asObject(page)?.['images']).some((image) =>
    isNonEmpty(asObject(image)?.['image_annotation']),
  );
}

function markAnnotated({ usage }: ResponseDraft): void {
  usage.annotatedPages += usage.pages;
  usage.pages = 0;
}
