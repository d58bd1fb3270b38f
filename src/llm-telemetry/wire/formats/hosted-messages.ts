import { atPaths, type BuiltInFormat } from './format.js';
import { chatCompletions } from './chat-completions.js';
import { messages } from './messages.js';
import { mistralFim } from './mistral-completions.js';

const STREAMED = ':streamRawPredict';
const PATHS = atPaths(':rawPredict', STREAMED);
const RAW_PREDICT: Pick<BuiltInFormat, 'pathEndings' | 'matches'> = {
  ...PATHS,
  // Token counting is a separate model.
  matches: (path) => PATHS.matches(path) && !path.includes('/count-tokens:'),
};

/**
 * Anthropic Messages on Google Vertex AI: the same bodies and events, with the model in the path.
 * Source: Vertex AI documentation, “Request predictions with Claude models”; @anthropic-ai/vertex-sdk 1 (`client`).
 */
export const vertexMessages: BuiltInFormat = {
  ...messages,
  ...RAW_PREDICT,
  provider: 'gcp.vertex_ai',
  rateLimitHeaders: undefined,
  // Models of other vendors use other bodies.
  accepts: (keys) => keys.has('anthropic_version') && keys.has('messages'),
  readRequest: (body, url, headers) => ({
    ...messages.readRequest(body, url, headers),
    model: modelIn(url),
  }),
};

/**
 * Chat Completions on Google Vertex AI, of models by Mistral, AI21 and others. The last segment of the path names the model
 * and the stream, and the body repeats them. Source: Vertex AI documentation, “Mistral AI models” and “AI21 Labs models”.
 */
export const vertexChat: BuiltInFormat = onVertex(chatCompletions);

/** Completion of code by Codestral on Google Vertex AI. Source: Vertex AI documentation, “Mistral AI models”. */
export const vertexFim: BuiltInFormat = {
  ...onVertex(mistralFim),
  accepts: (keys) => keys.has('prompt') && keys.has('suffix'),
};

function onVertex(format: BuiltInFormat): BuiltInFormat {
  return {
    ...format,
    ...RAW_PREDICT,
    provider: 'gcp.vertex_ai',
    rateLimitHeaders: undefined,
    readRequest: (body, url, headers) => {
      const parameters = format.readRequest(body, url, headers);
      return {
        ...parameters,
        model: modelIn(url) ?? parameters.model,
        stream: parameters.stream || url.endsWith(STREAMED),
      };
    },
  };
}

function modelIn(url: string): string | null {
  return /\/models\/([^/:]+):/.exec(url)?.[1] ?? null;
}
