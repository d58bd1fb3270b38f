import { PLAIN_REQUEST, WITHOUT_TEXT, type EmulatedApi, type Json } from '../model/emulated-api.js';
import { mistralPlatform } from './mistral-platform.js';

/** Response of OCR. A test compares it with the types of the SDK. */
export interface SentOcr {
  readonly model: string;
  readonly pages: ReadonlyArray<{
    readonly index: number;
    readonly markdown: string;
    readonly images: readonly never[];
    readonly dimensions: { readonly dpi: number; readonly height: number; readonly width: number };
  }>;
  readonly document_annotation: string | null;
  readonly usage_info: { readonly pages_processed: number; readonly doc_size_bytes: number };
}

/**
 * Mistral OCR, billed by pages: those that the request names, else one of an image and three of a document.
 * Source: types of @mistralai/mistralai 2.7 (`OCRRequest`, `OCRResponse`).
 */
export const mistralOcr: EmulatedApi = {
  ...mistralPlatform,
  ...WITHOUT_TEXT,
  idPrefix: 'ocr-',
  matches: (path) => path.endsWith('/ocr'),
  read(body, _, path) {
    const { model, document, pages } = body;
    if (typeof model !== 'string' || typeof document !== 'object' || document === null)
      return 'model and document are required';
    const isImage = (document as Json)['type'] === 'image_url';
    const count = Array.isArray(pages) ? pages.length : isImage ? 1 : 3;
    const isAnnotated = body['bbox_annotation_format'] ?? body['document_annotation_format'];
    return {
      ...PLAIN_REQUEST,
      model,
      path,
      body,
      user: '',
      inputTokens: 0,
      units: isAnnotated ? { annotatedPages: count } : { pages: count },
    };
  },
  json({ model, request: { units } }): SentOcr {
    const count = units.pages ?? units.annotatedPages ?? 0;
    return {
      model,
      pages: Array.from({ length: count }, (_, index) => ({
        index,
        markdown: `# Page ${index + 1}`,
        images: [],
        dimensions: { dpi: 200, height: 2200, width: 1700 },
      })),
      document_annotation: units.annotatedPages === undefined ? null : '{"language":"en"}',
      usage_info: { pages_processed: count, doc_size_bytes: 3002 },
    };
  },
};
