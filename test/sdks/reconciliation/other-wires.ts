import { createGateway } from '@ai-sdk/gateway';
import { Mistral } from '@mistralai/mistralai';
import { embedMany, generateImage, generateText, rerank, streamText } from 'ai';
import { CohereClient, CohereClientV2 } from 'cohere-ai';
import { Ollama } from 'ollama';
import { VoyageAIClient } from 'voyageai';
import { dashscopeWires, workersAiWires } from './hosted-wires.js';
import { drain, messagesOf, post, texts, type Wire } from './wire.js';

/** The APIs of Cohere, Voyage, Jina, Mistral, Ollama and the Vercel AI Gateway. */
export function otherWires(url: string): readonly Wire[] {
  const cohere = new CohereClientV2({ token: 'co-canary', environment: url });
  const cohereV1 = new CohereClient({ token: 'co-canary', environment: url });
  const voyage = new VoyageAIClient({ apiKey: 'vo-canary', environment: `${url}/v1` });
  const mistral = new Mistral({ apiKey: 'mi-canary', serverURL: url });
  const ollama = new Ollama({ host: url });
  const gateway = createGateway({ apiKey: 'gw-canary', baseURL: `${url}/v4/ai` });
  const once = { maxRetries: 0 };

  return [
    {
      name: 'Cohere chat',
      models: ['command-a-03-2025'],
      feature: 'shop',
      ask: async ({ stream, prompt }) => {
        const request = { model: 'command-a-03-2025', messages: messagesOf(prompt) };
        if (stream) await drain(await cohere.chatStream(request, once));
        else await cohere.chat(request, once);
      },
    },
    {
      name: 'Cohere chat of version 1',
      models: ['command-r-08-2024'],
      feature: 'shop',
      ask: async ({ stream, prompt }) => {
        const request = { model: 'command-r-08-2024', message: prompt };
        if (stream) await drain(await cohereV1.chatStream(request, once));
        else await cohereV1.chat(request, once);
      },
    },
    {
      name: 'Cohere embed',
      models: ['embed-v4.0'],
      feature: 'search',
      ask: ({ prompt, count }) =>
        cohere.embed(
          { model: 'embed-v4.0', texts: texts(prompt, count), inputType: 'search_document' },
          once,
        ),
    },
    {
      name: 'Cohere rerank',
      models: ['rerank-v3.5'],
      feature: 'search',
      ask: ({ prompt, count }) =>
        cohere.rerank({ model: 'rerank-v3.5', query: prompt, documents: texts('a cup', 90 * count) }, once),
    },
    {
      name: 'Voyage embeddings',
      models: ['voyage-3.5'],
      feature: 'search',
      ask: ({ prompt, count }) => voyage.embed({ model: 'voyage-3.5', input: texts(prompt, count) }, once),
    },
    {
      name: 'Voyage rerank',
      models: ['rerank-2.5'],
      feature: 'search',
      ask: ({ prompt, count }) =>
        voyage.rerank({ model: 'rerank-2.5', query: prompt, documents: texts('a cup', count) }, once),
    },
    {
      name: 'Jina embeddings',
      models: ['jina-embeddings-v3'],
      feature: 'search',
      ask: ({ prompt }) => post(`${url}/v1/embeddings`, { model: 'jina-embeddings-v3', input: [prompt] }),
    },
    {
      name: 'Jina rerank',
      models: ['jina-reranker-v2'],
      feature: 'search',
      ask: ({ prompt, count }) =>
        post(`${url}/v1/rerank`, {
          model: 'jina-reranker-v2',
          query: prompt,
          documents: texts('a cup', count),
        }),
    },
    {
      name: 'Mistral conversations',
      models: ['mistral-medium-latest'],
      feature: 'assistant',
      ask: async ({ stream, prompt }) => {
        const request = { model: 'mistral-medium-latest', inputs: prompt };
        if (stream) await drain(await mistral.beta.conversations.startStream(request));
        else await mistral.beta.conversations.start(request);
      },
    },
    {
      name: 'Mistral agents',
      models: ['mistral-medium-latest'],
      feature: 'assistant',
      ask: async ({ stream, prompt }) => {
        const request = { agentId: 'ag_1', messages: messagesOf(prompt) };
        if (stream) await drain(await mistral.agents.stream(request));
        else await mistral.agents.complete(request);
      },
    },
    {
      name: 'Mistral fim',
      models: ['codestral-latest'],
      feature: 'code',
      ask: async ({ stream, prompt }) => {
        if (stream) await drain(await mistral.fim.stream({ model: 'codestral-latest', prompt }));
        else await mistral.fim.complete({ model: 'codestral-latest', prompt });
      },
    },
    {
      name: 'Mistral OCR',
      models: ['mistral-ocr-latest'],
      feature: 'documents',
      ask: ({ count, stream }) =>
        mistral.ocr.process({
          model: 'mistral-ocr-latest',
          document: { type: 'document_url', documentUrl: 'https://documents.example/menu.pdf' },
          pages: Array.from({ length: count }, (_, page) => page),
          ...(stream ? { documentAnnotationFormat: { type: 'json_object' as const } } : {}),
        }),
    },
    {
      name: 'Ollama chat',
      models: ['llama3.2'],
      feature: 'local',
      ask: async ({ stream, prompt }) => {
        const request = { model: 'llama3.2', messages: messagesOf(prompt) };
        if (stream) await drain(await ollama.chat({ ...request, stream: true }));
        else await ollama.chat(request);
      },
    },
    {
      name: 'Ollama generate',
      models: ['llama3.2'],
      feature: 'local',
      ask: ({ prompt }) => ollama.generate({ model: 'llama3.2', prompt }),
    },
    {
      name: 'Ollama embed',
      models: ['all-minilm'],
      feature: 'local',
      ask: ({ prompt, count }) => ollama.embed({ model: 'all-minilm', input: texts(prompt, count) }),
    },
    {
      name: 'old embeddings of Ollama',
      models: ['nomic-embed-text'],
      feature: 'local',
      ask: ({ prompt }) => ollama.embeddings({ model: 'nomic-embed-text', prompt }),
    },
    {
      name: 'AI Gateway',
      models: ['openai/gpt-4.1-mini'],
      feature: 'gateway',
      ask: async ({ stream, prompt }) => {
        const request = { model: gateway('openai/gpt-4.1-mini'), prompt, maxRetries: 0 };
        if (stream) await streamText({ ...request, onError: () => undefined }).consumeStream();
        else await generateText(request);
      },
    },
    {
      name: 'embeddings of the AI Gateway',
      models: ['openai/text-embedding-3-small'],
      feature: 'gateway',
      ask: ({ prompt, count }) =>
        embedMany({
          ...once,
          model: gateway.embeddingModel('openai/text-embedding-3-small'),
          values: texts(prompt, count),
        }),
    },
    {
      name: 'images of the AI Gateway',
      models: ['openai/gpt-image-1'],
      feature: 'gateway',
      ask: ({ prompt, count }) =>
        generateImage({ ...once, model: gateway.imageModel('openai/gpt-image-1'), prompt, n: count }),
    },
    {
      name: 'rankings of the AI Gateway',
      models: ['cohere/rerank-v3.5'],
      feature: 'gateway',
      ask: ({ prompt, count }) =>
        rerank({
          ...once,
          model: gateway.rerankingModel('cohere/rerank-v3.5'),
          query: prompt,
          documents: texts('a cup', count),
        }),
    },
    {
      name: 'Workers AI',
      models: ['@cf/google/gemma-3-12b-it'],
      feature: 'edge',
      ask: ({ stream, prompt }) =>
        post(`${url}/client/v4/accounts/a/ai/run/@cf/google/gemma-3-12b-it`, {
          messages: messagesOf(prompt),
          stream,
        }),
    },
    ...workersAiWires(url),
    {
      name: 'Snowflake Cortex',
      models: ['mistral-large2'],
      feature: 'warehouse',
      ask: ({ stream, prompt }) =>
        post(`${url}/api/v2/cortex/inference:complete`, {
          model: 'mistral-large2',
          messages: messagesOf(prompt),
          stream,
        }),
    },
    {
      name: 'embeddings of Snowflake Cortex',
      models: ['snowflake-arctic-embed-m'],
      feature: 'warehouse',
      ask: ({ prompt, count }) =>
        post(`${url}/api/v2/cortex/inference:embed`, {
          model: 'snowflake-arctic-embed-m',
          text: texts(prompt, count),
        }),
    },
    {
      name: 'DashScope',
      models: ['qwen-plus'],
      feature: 'shop',
      ask: ({ stream, prompt, count }) =>
        post(
          `${url}/api/v1/services/aigc/text-generation/generation`,
          {
            model: 'qwen-plus',
            input: { messages: messagesOf(prompt) },
            parameters: { result_format: 'message', incremental_output: count === 1 },
          },
          stream ? { 'x-dashscope-sse': 'enable' } : {},
        ),
    },
    ...dashscopeWires(url),
  ];
}
