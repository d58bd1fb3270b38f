/** What a request to a batch API does, as far as it matters here. */
export interface BatchRoute {
  readonly method: 'POST' | 'GET';
  /** `created` and `state` return a batch, `results` returns a file. */
  readonly does: 'created' | 'state' | 'results';
  /** The id by which results are downloaded. */
  readonly resultsId: string | null;
  /** True if only the host tells that the file is one of a provider: many APIs have such paths. */
  readonly isAnyFile: boolean;
}

interface RouteRow {
  readonly method: BatchRoute['method'];
  /** The first group is the id of the results. */
  readonly path: RegExp;
  readonly does: BatchRoute['does'];
  readonly isAnyFile?: true;
}

/** The first row that matches applies. */
const ROUTES: readonly RouteRow[] = [
  // OpenAI and Anthropic, create.
  { method: 'POST', path: /\/batches$/, does: 'created' },
  // Gemini API, `batchGenerateContent` and `asyncBatchEmbedContent`.
  { method: 'POST', path: /:(?:batchGenerateContent|asyncBatchEmbedContent)$/, does: 'created' },
  // Anthropic, results.
  { method: 'GET', path: /\/messages\/batches\/([^/]+)\/results$/, does: 'results' },
  // OpenAI, Anthropic and Gemini, retrieve.
  { method: 'GET', path: /\/batches\/[^/]+$/, does: 'state' },
  // OpenAI, file content.
  { method: 'GET', path: /\/files\/([^/]+)\/content$/, does: 'results', isAnyFile: true },
  // Gemini API, download of a file.
  { method: 'GET', path: /\/(files\/[^/:]+):download$/, does: 'results', isAnyFile: true },
];

/** Endings of the paths of routes that do not end with an id. */
export const BATCH_ENDINGS: readonly string[] = ['/batches', '/results', 'ontent', ':download'];

/** Segment before the id of a batch. */
export const BATCH_COLLECTION = '/batches';

/** Returns whether a path may be one of a batch API. @param path - without query */
export function mayBeBatch(path: string): boolean {
  return (
    BATCH_ENDINGS.some((ending) => path.endsWith(ending)) ||
    path.endsWith(BATCH_COLLECTION, path.lastIndexOf('/'))
  );
}

/** Returns the route of a request; `null` if it is not one of a batch API. @param path - without query */
export function batchRouteOf(method: string, path: string): BatchRoute | null {
  for (const row of ROUTES) {
    if (row.method !== method) continue;
    const match = row.path.exec(path);
    if (match)
      return {
        method: row.method,
        does: row.does,
        resultsId: match[1] ?? null,
        isAnyFile: row.isAnyFile === true,
      };
  }
  return null;
}
