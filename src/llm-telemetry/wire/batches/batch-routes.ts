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

/**
 * Returns whether a URL may be one of a batch API. Runs for every request that is not a model request, so the last
 * character rules out most of them.
 */
export function mayBeBatch(url: string): boolean {
  switch (url.charCodeAt(url.length - 1)) {
    case LETTER_S:
      if (url.endsWith('/batches') || url.endsWith('/results')) return true;
      break;
    case LETTER_T:
      if (url.endsWith('ontent')) return true;
      break;
    case LETTER_D:
      if (url.endsWith(':download')) return true;
      break;
  }
  return url.endsWith('/batches', url.lastIndexOf('/'));
}

const LETTER_D = 0x64;
const LETTER_S = 0x73;
const LETTER_T = 0x74;

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
