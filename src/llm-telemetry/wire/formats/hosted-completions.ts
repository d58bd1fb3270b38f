import { asString } from '../json/json-value.js';
import { chatCompletions } from './chat-completions.js';
import { embeddings } from './embeddings.js';
import { atPaths, type BuiltInFormat } from './format.js';

const INVOCATIONS = atPaths('/invocations');
const SERVING_ENDPOINT = /\/serving-endpoints\/([^/]+)\/invocations$/;

/**
 * Chat Completions of a serving endpoint of Databricks, which the path names instead of the body. Source: Databricks
 * documentation, “Query chat models”.
 */
export const databricksChat: BuiltInFormat = atEndpoint(chatCompletions);

/** Embeddings of a serving endpoint of Databricks. Source: Databricks documentation, “Query embedding models”. */
export const databricksEmbeddings: BuiltInFormat = {
  ...atEndpoint(embeddings),
  accepts: (keys) => keys.has('input'),
};

function atEndpoint(format: BuiltInFormat): BuiltInFormat {
  return {
    ...format,
    provider: 'databricks',
    rateLimitHeaders: undefined,
    pathEndings: INVOCATIONS.pathEndings,
    matches: (path) => INVOCATIONS.matches(path) && SERVING_ENDPOINT.test(path),
    readRequest: (body, url, headers) => ({
      ...format.readRequest(body, url, headers),
      model: SERVING_ENDPOINT.exec(url)?.[1] ?? null,
    }),
  };
}

const STREAMED = '/text/chat_stream';

/**
 * Chat Completions of watsonx.ai, with its own name of the model in the body and the stream in the path. Source: IBM
 * watsonx.ai API reference, “Infer text chat”.
 */
export const watsonxChat: BuiltInFormat = {
  ...chatCompletions,
  provider: 'ibm.watsonx.ai',
  rateLimitHeaders: undefined,
  ...atPaths('/text/chat', STREAMED),
  accepts: (keys) => keys.has('messages') && keys.has('model_id'),
  requestKeys: new Set([...chatCompletions.requestKeys, 'model_id']),
  readRequest: (body, url, headers) => ({
    ...chatCompletions.readRequest(body, url, headers),
    model: asString(body['model_id']),
    stream: url.endsWith(STREAMED),
  }),
};
