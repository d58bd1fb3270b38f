import { createGoogle } from '@ai-sdk/google';
import { createGoogleVertex } from '@ai-sdk/google-vertex';
import { GoogleGenAI, type GoogleGenAIOptions } from '@google/genai';
import { GoogleGenerativeAI } from '@google/generative-ai';
import { ChatGoogleGenerativeAI } from '@langchain/google-genai';
import { aiSdk } from './ai-sdk.js';
import { leave, PROMPT, readAll, type Client, type ClientSide } from './client.js';
import { langchain } from './langchain.js';

const model = 'gemini-2.5-flash';
const apiKey = 'canary-key';
const functionDeclarations = [
  { name: 'weather', parametersJsonSchema: { type: 'object', properties: { city: { type: 'string' } } } },
];

function genai({ emulator, maxRetries }: ClientSide, options: GoogleGenAIOptions = {}): GoogleGenAI {
  const retryOptions =
    maxRetries === 0 ? {} : { retryOptions: { attempts: 1 + maxRetries, initialDelay: 0.01 } };
  const httpOptions = { baseUrl: emulator.geminiBaseUrl, ...retryOptions };
  return new GoogleGenAI({ apiKey, ...options, httpOptions });
}

function models(create: (side: ClientSide) => GoogleGenAI): Client['ways'] {
  const stream = (side: ClientSide) => create(side).models.generateContentStream({ model, contents: PROMPT });
  return {
    response: (side) => create(side).models.generateContent({ model, contents: PROMPT }),
    stream: (side) => readAll(stream(side)),
    leave: (side) => leave(stream(side), ({ text }) => text),
    tool: (side) =>
      create(side).models.generateContent({
        model,
        contents: PROMPT,
        config: { tools: [{ functionDeclarations }] },
      }),
  };
}

const generativeAi = ({ emulator }: ClientSide, tools: object[] = []) =>
  new GoogleGenerativeAI(apiKey).getGenerativeModel(
    { model, ...(tools.length === 0 ? {} : { tools }) },
    { baseUrl: emulator.geminiBaseUrl },
  );

/** Clients of the Gemini API and Vertex AI. */
export const GOOGLE: readonly Client[] = [
  {
    name: '@google/genai {version}, models',
    package: '@google/genai',
    ways: {
      ...models(genai),
      embeddings: (side) =>
        genai(side).models.embedContent({ model: 'gemini-embedding-001', contents: ['a cup', 'a bean'] }),
    },
  },
  {
    name: '@google/genai {version}, chats',
    package: '@google/genai',
    ways: {
      response: (side) => genai(side).chats.create({ model }).sendMessage({ message: PROMPT }),
      stream: (side) => readAll(genai(side).chats.create({ model }).sendMessageStream({ message: PROMPT })),
      leave: (side) =>
        leave(genai(side).chats.create({ model }).sendMessageStream({ message: PROMPT }), ({ text }) => text),
    },
  },
  {
    name: '@google/genai {version}, interactions',
    package: '@google/genai',
    ways: {
      response: (side) => genai(side).interactions.create({ model, input: PROMPT }),
      stream: (side) => readAll(genai(side).interactions.create({ model, input: PROMPT, stream: true })),
      leave: (side) =>
        leave(
          genai(side).interactions.create({ model, input: PROMPT, stream: true }),
          ({ event_type }) => event_type === 'step.delta',
        ),
    },
  },
  {
    name: '@google/genai {version}, Vertex AI',
    package: '@google/genai',
    ways: models((side) => genai(side, { vertexai: true })),
  },
  {
    name: '@google/generative-ai {version}',
    package: '@google/generative-ai',
    drains: true,
    repeats: null,
    ways: {
      response: async (side) => (await generativeAi(side).generateContent(PROMPT)).response,
      stream: async (side) => readAll((await generativeAi(side).generateContentStream(PROMPT)).stream),
      leave: async (side) =>
        leave((await generativeAi(side).generateContentStream(PROMPT)).stream, (item) => item.text()),
      tool: async (side) =>
        (await generativeAi(side, [{ functionDeclarations }]).generateContent(PROMPT)).response,
    },
  },
  {
    name: 'ai with @ai-sdk/google {version}',
    package: '@ai-sdk/google',
    ways: aiSdk(
      (side) => {
        const google = createGoogle({ apiKey, baseURL: `${side.emulator.geminiBaseUrl}/v1beta` });
        return { model: google(model), embedding: google.embedding('gemini-embedding-001') };
      },
      { hasEmbeddings: true },
    ),
  },
  {
    name: 'ai with @ai-sdk/google-vertex {version}',
    package: '@ai-sdk/google-vertex',
    ways: aiSdk((side) => {
      const baseURL = `${side.emulator.geminiBaseUrl}/v1beta1/publishers/google`;
      return { model: createGoogleVertex({ apiKey, baseURL })(model) };
    }),
  },
  {
    name: '@langchain/google-genai {version}',
    package: '@langchain/google-genai',
    ways: langchain(
      (side) =>
        new ChatGoogleGenerativeAI({
          model,
          apiKey,
          baseUrl: side.emulator.geminiBaseUrl,
          maxRetries: side.maxRetries,
        }),
    ),
    repeats: 'server_error',
    drains: true,
  },
];
