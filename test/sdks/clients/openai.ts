import { createMistral } from '@ai-sdk/mistral';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { OpenRouter } from '@openrouter/sdk';
import { ResponseValidationError } from '@openrouter/sdk/models/errors/responsevalidationerror.js';
import type { ChatStreamChunk } from '@openrouter/sdk/models/chatstreamchunk.js';
import Anthropic from 'anthropic-1';
import Groq from 'groq-sdk';
import nodeFetch from 'node-fetch';
import OpenAI from 'openai-7';
import { fetch as undiciFetch } from 'undici';
import { aiSdk } from './ai-sdk.js';
import { CHAT, CHAT_TOOL, chatCompletions, RESPONSES_TOOL } from './chat-completions.js';
import { leave, PROMPT, readAll, type Client, type ClientSide } from './client.js';
import { langchain } from './langchain.js';
import { messages } from './messages.js';

const apiKey = 'sk-canary';
const model = 'gpt-4o-mini';

const openai = ({ emulator, maxRetries }: ClientSide, options: object = {}): OpenAI =>
  new OpenAI({ apiKey, baseURL: emulator.openaiBaseUrl, maxRetries, ...options });

const openRouter = ({ emulator, maxRetries }: ClientSide): OpenRouter =>
  new OpenRouter({
    apiKey,
    serverURL: emulator.openaiBaseUrl,
    retryConfig:
      maxRetries === 0
        ? { strategy: 'none' }
        : {
            strategy: 'backoff',
            backoff: { initialInterval: 1, maxInterval: 5, exponent: 1, maxElapsedTime: 2000 },
          },
  });
const openRouterChat = { model: 'openai/gpt-4o-mini', messages: CHAT.messages };

const openRouterStream = async (side: ClientSide): Promise<AsyncIterable<ChatStreamChunk>> =>
  (await openRouter(side).chat.send({
    chatRequest: { ...openRouterChat, stream: true },
  })) as AsyncIterable<ChatStreamChunk>;

/** Clients of OpenAI, Anthropic and providers with the API of OpenAI. */
export const OPENAI: readonly Client[] = [
  { name: 'openai {version}, Chat Completions', package: 'openai-7', ways: chatCompletions(openai) },
  {
    name: 'openai {version}, Responses',
    package: 'openai-7',
    ways: {
      response: (side) => openai(side).responses.create({ model, input: PROMPT }),
      stream: (side) => readAll(openai(side).responses.create({ model, input: PROMPT, stream: true })),
      leave: (side) =>
        leave(
          openai(side).responses.create({ model, input: PROMPT, stream: true }),
          ({ type }) => type === 'response.output_text.delta',
        ),
      tool: (side) => openai(side).responses.create({ model, input: PROMPT, tools: [RESPONSES_TOOL] }),
    },
  },
  {
    name: 'openai {version} with `wrapFetch(undici.fetch)`',
    package: 'openai-7',
    ways: chatCompletions((side) =>
      openai(side, { fetch: side.llm?.wrapFetch(undiciFetch as never) ?? undiciFetch }),
    ),
  },
  {
    name: 'openai {version} with the `fetch` of undici',
    package: 'openai-7',
    isMissed: true,
    ways: chatCompletions((side) => openai(side, { fetch: undiciFetch })),
  },
  {
    name: 'openai {version} with the `fetch` of node-fetch',
    package: 'openai-7',
    ways: chatCompletions((side) => openai(side, { fetch: nodeFetch })),
  },
  {
    name: '@anthropic-ai/sdk {version}',
    package: 'anthropic-1',
    ways: messages(
      ({ emulator, maxRetries }) => new Anthropic({ apiKey, baseURL: emulator.anthropicBaseUrl, maxRetries }),
      'claude-haiku-4-5',
    ),
  },
  {
    name: 'ai with @ai-sdk/openai {version}',
    package: '@ai-sdk/openai',
    ways: aiSdk(
      ({ emulator }) => {
        const provider = createOpenAI({ apiKey, baseURL: emulator.openaiBaseUrl });
        return { model: provider.chat(model), embedding: provider.embedding('text-embedding-3-small') };
      },
      { hasEmbeddings: true },
    ),
  },
  {
    name: 'ai with @ai-sdk/openai-compatible {version}',
    package: '@ai-sdk/openai-compatible',
    ways: aiSdk(
      ({ emulator }) => {
        const provider = createOpenAICompatible({
          name: 'own',
          apiKey,
          baseURL: emulator.openaiBaseUrl,
          includeUsage: true,
        });
        return { model: provider(model), embedding: provider.embeddingModel('text-embedding-3-small') };
      },
      { hasEmbeddings: true },
    ),
  },
  {
    name: 'ai with @ai-sdk/mistral {version}',
    package: '@ai-sdk/mistral',
    ways: aiSdk(
      ({ emulator }) => {
        const provider = createMistral({ apiKey, baseURL: emulator.openaiBaseUrl });
        return { model: provider('mistral-small-latest'), embedding: provider.embedding('mistral-embed') };
      },
      { hasEmbeddings: true },
    ),
  },
  {
    name: '@langchain/openai {version}',
    package: '@langchain/openai',
    ways: langchain(
      ({ emulator, maxRetries }) =>
        new ChatOpenAI({ model, apiKey, maxRetries, configuration: { baseURL: emulator.openaiBaseUrl } }),
      ({ emulator }) =>
        new OpenAIEmbeddings({
          model: 'text-embedding-3-small',
          apiKey,
          maxRetries: 0,
          configuration: { baseURL: emulator.openaiBaseUrl },
        }),
    ),
  },
  {
    name: 'groq-sdk {version}',
    package: 'groq-sdk',
    ways: chatCompletions(
      ({ emulator, maxRetries }) => new Groq({ apiKey, baseURL: emulator.url, maxRetries }),
    ),
  },
  {
    name: '@openrouter/sdk {version}, chat and embeddings',
    package: '@openrouter/sdk',
    repeats: 'server_error',
    ways: {
      response: (side) => openRouter(side).chat.send({ chatRequest: openRouterChat }),
      stream: async (side) => readAll(await openRouterStream(side)),
      leave: async (side) => leave(await openRouterStream(side), ({ choices }) => choices[0]?.delta.content),
      tool: (side) => openRouter(side).chat.send({ chatRequest: { ...openRouterChat, tools: [CHAT_TOOL] } }),
      embeddings: (side) =>
        openRouter(side).embeddings.generate({
          requestBody: { model: 'text-embedding-3-small', input: ['a cup', 'a bean'] },
        }),
    },
  },
  {
    name: '@openrouter/sdk {version}, responses',
    package: '@openrouter/sdk',
    repeats: 'server_error',
    ways: {
      // The SDK refuses a response without the members that only OpenRouter sends: the application has its raw value.
      response: (side) =>
        openRouter(side)
          .beta.responses.send({ responsesRequest: { model, input: PROMPT } })
          .catch((error: unknown) => {
            if (error instanceof ResponseValidationError && error.statusCode === 200) return error.rawValue;
            throw error;
          }),
    },
  },
];
