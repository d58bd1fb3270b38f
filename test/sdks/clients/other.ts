import { createGateway } from '@ai-sdk/gateway';
import { ChatMistralAI, MistralAIEmbeddings } from '@langchain/mistralai';
import { ChatOllama, OllamaEmbeddings } from '@langchain/ollama';
import { Mistral } from '@mistralai/mistralai';
import { CohereClient, CohereClientV2 } from 'cohere-ai';
import { Ollama } from 'ollama';
import { VoyageAIClient } from 'voyageai';
import { aiSdk } from './ai-sdk.js';
import { CHAT, CHAT_TOOL } from './chat-completions.js';
import { leave, PROMPT, readAll, type Client, type ClientSide } from './client.js';
import { langchain } from './langchain.js';
import { TOOL, TOOL_DESCRIPTION } from '../prompts-and-tools.js';

const cohere = ({ emulator }: ClientSide): CohereClientV2 =>
  new CohereClientV2({ token: 'co-canary', environment: emulator.url });
const cohereChat = { model: 'command-a-03-2025', messages: CHAT.messages };

const cohereV1 = ({ emulator }: ClientSide): CohereClient =>
  new CohereClient({ token: 'co-canary', environment: emulator.url });
const cohereV1Chat = { model: 'command-r-08-2024', message: PROMPT };
const cohereV1Tool = {
  name: TOOL,
  description: TOOL_DESCRIPTION,
  parameterDefinitions: { city: { type: 'str', required: true } },
};

const ollama = ({ emulator }: ClientSide): Ollama => new Ollama({ host: emulator.url });
const ollamaChat = { model: 'llama3.2', messages: CHAT.messages };

const mistral = ({ emulator, maxRetries }: ClientSide): Mistral =>
  new Mistral({
    apiKey: 'mi-canary',
    serverURL: emulator.url,
    retryConfig:
      maxRetries === 0
        ? { strategy: 'none' }
        : {
            strategy: 'backoff',
            backoff: { initialInterval: 1, maxInterval: 5, exponent: 1, maxElapsedTime: 2000 },
          },
  });
const mistralChat = { model: 'mistral-small-latest', messages: CHAT.messages };
const mistralAgent = { agentId: 'ag_1', messages: CHAT.messages };
const mistralFim = { model: 'codestral-latest', prompt: PROMPT, suffix: 'Goodbye.' };
const conversation = { model: 'mistral-small-latest', inputs: PROMPT };

/** Clients of providers with an API of their own. */
export const OTHER: readonly Client[] = [
  {
    name: 'ai with @ai-sdk/gateway {version}',
    package: '@ai-sdk/gateway',
    ways: aiSdk(
      ({ emulator }) => {
        const gateway = createGateway({ apiKey: 'gw-canary', baseURL: `${emulator.url}/v4/ai` });
        return {
          model: gateway('openai/gpt-5-mini'),
          embedding: gateway.embeddingModel('openai/text-embedding-3-small'),
        };
      },
      { hasEmbeddings: true },
    ),
  },
  {
    name: '@mistralai/mistralai {version}, chat and embeddings',
    package: '@mistralai/mistralai',
    ways: {
      response: (side) => mistral(side).chat.complete(mistralChat),
      stream: (side) => readAll(mistral(side).chat.stream(mistralChat)),
      leave: (side) =>
        leave(mistral(side).chat.stream(mistralChat), ({ data }) => data.choices[0]?.delta.content),
      tool: (side) => mistral(side).chat.complete({ ...mistralChat, tools: [CHAT_TOOL] }),
      embeddings: (side) =>
        mistral(side).embeddings.create({ model: 'mistral-embed', inputs: ['a cup', 'a bean'] }),
    },
  },
  {
    name: '@mistralai/mistralai {version}, agents',
    package: '@mistralai/mistralai',
    ways: {
      response: (side) => mistral(side).agents.complete(mistralAgent),
      stream: (side) => readAll(mistral(side).agents.stream(mistralAgent)),
      leave: (side) =>
        leave(mistral(side).agents.stream(mistralAgent), ({ data }) => data.choices[0]?.delta.content),
      tool: (side) => mistral(side).agents.complete({ ...mistralAgent, tools: [CHAT_TOOL] }),
    },
  },
  {
    name: '@mistralai/mistralai {version}, fim',
    package: '@mistralai/mistralai',
    ways: {
      response: (side) => mistral(side).fim.complete(mistralFim),
      stream: (side) => readAll(mistral(side).fim.stream(mistralFim)),
      leave: (side) =>
        leave(mistral(side).fim.stream(mistralFim), ({ data }) => data.choices[0]?.delta.content),
    },
  },
  {
    name: '@mistralai/mistralai {version}, conversations',
    package: '@mistralai/mistralai',
    ways: {
      response: (side) => mistral(side).beta.conversations.start(conversation),
      stream: (side) => readAll(mistral(side).beta.conversations.startStream(conversation)),
      leave: (side) =>
        leave(
          mistral(side).beta.conversations.startStream(conversation),
          ({ event }) => event === 'message.output.delta',
        ),
    },
  },
  {
    name: '@langchain/mistralai {version}',
    package: '@langchain/mistralai',
    repeats: null,
    ways: langchain(
      ({ emulator, maxRetries }) =>
        new ChatMistralAI({
          model: 'mistral-small-latest',
          apiKey: 'mi-canary',
          serverURL: emulator.url,
          maxRetries,
        }),
      ({ emulator }) =>
        new MistralAIEmbeddings({ apiKey: 'mi-canary', serverURL: emulator.url, maxRetries: 0 }),
    ),
  },
  {
    name: 'cohere-ai {version}',
    package: 'cohere-ai',
    ways: {
      response: (side) => cohere(side).chat(cohereChat, { maxRetries: side.maxRetries }),
      stream: (side) => readAll(cohere(side).chatStream(cohereChat)),
      leave: (side) => leave(cohere(side).chatStream(cohereChat), ({ type }) => type === 'content-delta'),
      tool: (side) => cohere(side).chat({ ...cohereChat, tools: [CHAT_TOOL] }),
      embeddings: (side) =>
        cohere(side).embed({
          model: 'embed-v4.0',
          texts: ['a cup', 'a bean'],
          inputType: 'search_document',
          embeddingTypes: ['float'],
        }),
    },
  },
  {
    name: 'cohere-ai {version}, chat of version 1',
    package: 'cohere-ai',
    ways: {
      response: (side) => cohereV1(side).chat(cohereV1Chat, { maxRetries: side.maxRetries }),
      stream: (side) => readAll(cohereV1(side).chatStream(cohereV1Chat)),
      leave: (side) =>
        leave(cohereV1(side).chatStream(cohereV1Chat), ({ eventType }) => eventType === 'text-generation'),
      tool: (side) => cohereV1(side).chat({ ...cohereV1Chat, tools: [cohereV1Tool] }),
    },
  },
  {
    name: 'ollama {version}',
    package: 'ollama',
    repeats: null,
    ways: {
      response: (side) => ollama(side).chat(ollamaChat),
      stream: (side) => readAll(ollama(side).chat({ ...ollamaChat, stream: true })),
      leave: (side) =>
        leave(ollama(side).chat({ ...ollamaChat, stream: true }), ({ message }) => message.content),
      tool: (side) => ollama(side).chat({ ...ollamaChat, tools: [CHAT_TOOL] }),
      embeddings: (side) => ollama(side).embed({ model: 'all-minilm', input: ['a cup', 'a bean'] }),
    },
  },
  {
    name: '@langchain/ollama {version}',
    package: '@langchain/ollama',
    repeats: null,
    ways: langchain(
      ({ emulator }) => new ChatOllama({ model: 'llama3.2', baseUrl: emulator.url, maxRetries: 0 }),
      ({ emulator }) => new OllamaEmbeddings({ model: 'all-minilm', baseUrl: emulator.url, maxRetries: 0 }),
    ),
  },
  {
    name: 'voyageai {version}',
    package: 'voyageai',
    ways: {
      embeddings: ({ emulator }) =>
        new VoyageAIClient({ apiKey: 'vo-canary', environment: emulator.openaiBaseUrl }).embed({
          input: ['a cup', 'a bean'],
          model: 'voyage-3.5',
        }),
    },
  },
];
