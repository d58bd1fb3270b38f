import {
  textOf,
  WITHOUT_TEXT,
  type EmulatedApi,
  type GeneratedResponse,
  type Json,
} from '../model/emulated-api.js';
import type { Tokenizer } from '../model/tokenizer.js';
import { cohere } from './cohere.js';
import { listPlatform, readTexts } from './other-platform.js';

/** Place of a document in a ranking. */
interface Ranked {
  readonly index: number;
  readonly relevance_score: number;
}

/** Responses of Cohere and Voyage. A test compares them with the types of the SDKs. */
export interface SentCohereRerank {
  readonly id: string;
  readonly results: readonly Ranked[];
  readonly meta: {
    readonly api_version: { readonly version: string };
    readonly billed_units: { readonly search_units: number };
  };
}

export interface SentVoyageRerank {
  readonly object: 'list';
  readonly data: readonly Ranked[];
  readonly model: string;
  readonly usage: { readonly total_tokens: number };
}

/** Builds a kind of rerank. The model tells which one answers, as all have the same path. */
function reranker(
  platform: typeof cohere,
  models: RegExp,
  json: (generated: GeneratedResponse, ranking: readonly Ranked[]) => object,
  unitsOf?: (body: Json, tokenizer: Tokenizer) => number,
): EmulatedApi {
  return {
    ...platform,
    ...WITHOUT_TEXT,
    idPrefix: '',
    matches: (path, _, { model }) => path.endsWith('/rerank') && models.test(String(model)),
    read(body, tokenizer, path) {
      const read = readTexts(body, 'documents', tokenizer, path, [body['query']]);
      if (typeof read === 'string' || unitsOf === undefined) return read;
      return { ...read, inputTokens: 0, units: { searchUnits: unitsOf(body, tokenizer) } };
    },
    json(generated) {
      const { documents, top_n: cohereLimit, top_k: voyageLimit } = generated.request.body;
      const limit = Number(cohereLimit ?? voyageLimit ?? Infinity);
      const ranking = (documents as unknown[]).map((_, index) => ({
        index,
        relevance_score: 1 / (index + 1),
      }));
      return json(generated, ranking.slice(0, limit));
    },
  };
}

/** Rerank of Cohere. Source: https://docs.cohere.com/reference/rerank; types of cohere-ai 8.1 (`RerankResponse`). */
const cohereRerank = reranker(
  cohere,
  /^rerank-(?:v|english|multilingual)/,
  ({ id, request: { units } }, results): SentCohereRerank => ({
    id,
    results,
    meta: { api_version: { version: '2' }, billed_units: { search_units: units.searchUnits ?? 0 } },
  }),
  searchUnits,
);

/** A search unit is a query with up to 100 documents of 500 tokens. Source: https://cohere.com/pricing. */
function searchUnits({ documents, query }: Json, tokenizer: Tokenizer): number {
  const queryTokens = tokenizer.count(textOf(query));
  const chunks = (documents as unknown[]).reduce<number>(
    (sum, document) =>
      sum + Math.ceil((queryTokens + tokenizer.count(textOf([document]) || textOf(document))) / 500),
    0,
  );
  return Math.ceil(chunks / 100);
}

/** Rerank of Voyage. Source: types of voyageai 0.4 (`RerankResponse`). */
const voyageRerank = reranker(
  listPlatform('voyage'),
  /^rerank-(?:lite-)?\d/,
  ({ model, request }, data): SentVoyageRerank => ({
    object: 'list',
    data,
    model,
    usage: { total_tokens: request.inputTokens },
  }),
);

/** Rerank of Jina and vLLM. Source: https://api.jina.ai/redoc#tag/rerank. */
const otherRerank = reranker(listPlatform('jina'), /./, ({ id, model, request }, results) => ({
  id,
  model,
  results,
  usage: { total_tokens: request.inputTokens },
}));

export const reranks: readonly EmulatedApi[] = [cohereRerank, voyageRerank, otherRerank];
