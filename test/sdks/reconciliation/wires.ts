import Anthropic from '@anthropic-ai/sdk';
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { createGateway } from '@ai-sdk/gateway';
import { GoogleGenAI } from '@google/genai';
import { Mistral } from '@mistralai/mistralai';
import { FetchHttpHandler } from '@smithy/fetch-http-handler';
import { generateText, streamText } from 'ai';
import { CohereClientV2 } from 'cohere-ai';
import { Ollama } from 'ollama';
import OpenAI, { toFile } from 'openai-7';
import { VoyageAIClient } from 'voyageai';

/** Random parameters of one call. */
export interface Draw {
  readonly stream: boolean;
  readonly prompt: string;
  /** Names for the header `x-emulator-dialect`, which only Chat Completions sends. */
  readonly dialects: readonly string[];
  readonly tier: 'default' | 'flex' | 'priority';
  /** From 1 to 3. */
  readonly count: number;
}

/** A format with a client that speaks it. */
export interface Wire {
  readonly name: string;
  /** Models that respond, which only wires of the same feature have. */
  readonly models: readonly string[];
  readonly feature: string;
  ask(draw: Draw): Promise<unknown>;
}

/** Dialects that do not report the parts of the usage, and the model of requests for them. */
export const LOSSY_MODEL = 'o3-mini';
export const LOSSY_DIALECTS: readonly string[] = ['usage_without_details', 'reasoning_in_total'];

/** Creates the wires of an emulator. Clients do not retry. */
export function wiresOf(url: string): readonly Wire[] {
  const openai = new OpenAI({ apiKey: 'sk-canary', baseURL: `${url}/v1`, maxRetries: 0 });
  const anthropic = new Anthropic({ apiKey: 'sk-ant-canary', baseURL: url, maxRetries: 0 });
  const google = new GoogleGenAI({ apiKey: 'go-canary', httpOptions: { baseUrl: url } });
  const aws = new BedrockRuntimeClient({
    region: 'us-east-1',
    endpoint: url,
    credentials: { accessKeyId: 'AKIAcanary', secretAccessKey: 'canary' },
    requestHandler: new FetchHttpHandler(),
    maxAttempts: 1,
  });
  const cohere = new CohereClientV2({ token: 'co-canary', environment: url });
  const voyage = new VoyageAIClient({ apiKey: 'vo-canary', environment: `${url}/v1` });
  const mistral = new Mistral({ apiKey: 'mi-canary', serverURL: url });
  const ollama = new Ollama({ host: url });
  const gateway = createGateway({ apiKey: 'gw-canary', baseURL: `${url}/v4/ai` });
  const once = { maxRetries: 0 };
  const messagesOf = (prompt: string): [{ role: 'user'; content: string }] => [
    { role: 'user', content: prompt },
  ];

  const post = async (path: string, body: object): Promise<void> => {
    const headers = { authorization: 'Bearer canary', 'content-type': 'application/json' };
    await read(fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) }));
  };
  const audio = (count: number): Promise<File> => toFile(Buffer.alloc(16_000 * count), 'a.mp3');
  const invoke = async (modelId: string, body: object, stream: boolean): Promise<void> => {
    const input = { modelId, body: JSON.stringify(body) };
    if (stream) await drain((await aws.send(new InvokeModelWithResponseStreamCommand(input))).body!);
    else await aws.send(new InvokeModelCommand(input));
  };
  const predict = (model: string): string =>
    `/v1/projects/p/locations/global/publishers/google/models/${model}:predict`;

  return [
    {
      name: 'Chat Completions in a dialect',
      models: ['gpt-4o-mini-2024-07-18', 'o4-mini-2025-04-16'],
      feature: 'chat',
      ask: ({ stream, prompt, dialects, count }) =>
        drained(
          openai.chat.completions.create(
            {
              model: count === 1 ? 'gpt-4o-mini' : 'o4-mini',
              messages: messagesOf(prompt),
              stream,
              ...(stream ? { stream_options: { include_usage: true } } : {}),
            },
            { headers: { 'x-emulator-dialect': dialects.join(' ') } },
          ),
        ),
    },
    {
      name: 'Chat Completions in a dialect without the parts of the usage',
      models: [LOSSY_MODEL],
      feature: 'chat',
      ask: ({ stream, prompt, dialects, count }) =>
        drained(
          openai.chat.completions.create(
            // Without cached tokens, whose price depends on the parts.
            {
              model: LOSSY_MODEL,
              messages: messagesOf(prompt.slice(0, 200)),
              stream,
              ...(stream ? { stream_options: { include_usage: true } } : {}),
            },
            {
              headers: {
                'x-emulator-dialect': `${LOSSY_DIALECTS[count % LOSSY_DIALECTS.length]} ${dialects.at(-1)}`,
              },
            },
          ),
        ),
    },
    {
      name: 'Responses',
      models: ['gpt-5-mini-2025-08-07'],
      feature: 'research',
      ask: ({ stream, prompt, tier }) =>
        drained(openai.responses.create({ model: 'gpt-5-mini', input: prompt, stream, service_tier: tier })),
    },
    {
      name: 'compaction',
      models: ['gpt-5-mini-2025-08-07'],
      feature: 'research',
      ask: ({ prompt }) => openai.responses.compact({ model: 'gpt-5-mini', input: prompt }),
    },
    {
      name: 'completions',
      models: ['gpt-3.5-turbo-instruct'],
      feature: 'legacy',
      ask: ({ stream, prompt }) =>
        drained(
          openai.completions.create({
            model: 'gpt-3.5-turbo-instruct',
            prompt,
            stream,
            ...(stream ? { stream_options: { include_usage: true } } : {}),
          }),
        ),
    },
    {
      name: 'embeddings',
      models: ['text-embedding-3-small'],
      feature: 'search',
      ask: ({ prompt, count }) =>
        openai.embeddings.create({ model: 'text-embedding-3-small', input: texts(prompt, count) }),
    },
    {
      name: 'images',
      models: ['gpt-image-1'],
      feature: 'media',
      ask: ({ prompt, count, stream }) =>
        drained(openai.images.generate({ model: 'gpt-image-1', prompt, n: count, quality: 'low', stream })),
    },
    {
      name: 'image variations',
      models: ['dall-e-2'],
      feature: 'media',
      ask: async ({ count }) =>
        openai.images.createVariation({ image: await toFile(Buffer.alloc(8), 'a.png'), n: count }),
    },
    {
      name: 'transcription by seconds',
      models: ['whisper-1'],
      feature: 'media',
      ask: async ({ count }) =>
        openai.audio.transcriptions.create({ model: 'whisper-1', file: await audio(count) }),
    },
    {
      name: 'transcription by tokens',
      models: ['gpt-4o-transcribe'],
      feature: 'media',
      ask: async ({ count, stream }) =>
        drained(
          openai.audio.transcriptions.create({
            model: 'gpt-4o-transcribe',
            file: await audio(count),
            stream,
          }),
        ),
    },
    {
      name: 'speech by characters',
      models: ['tts-1'],
      feature: 'media',
      ask: ({ prompt }) =>
        read(openai.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: prompt.slice(0, 200) })),
    },
    {
      name: 'speech by tokens',
      models: ['gpt-4o-mini-tts'],
      feature: 'media',
      ask: ({ prompt }) =>
        read(
          openai.audio.speech.create({
            model: 'gpt-4o-mini-tts',
            voice: 'alloy',
            input: prompt.slice(0, 200),
            stream_format: 'sse',
          }),
        ),
    },
    {
      name: 'videos',
      models: ['sora-2'],
      feature: 'media',
      ask: ({ prompt, count }) =>
        openai.videos.create({ model: 'sora-2', prompt, seconds: count === 1 ? '4' : '8' }),
    },
    {
      name: 'Messages',
      models: ['claude-haiku-4-5-20251001'],
      feature: 'support',
      ask: ({ stream, prompt }) =>
        drained(
          anthropic.messages.create({
            model: 'claude-haiku-4-5',
            max_tokens: 60,
            system: [
              { type: 'text', text: prompt, ...(stream ? { cache_control: { type: 'ephemeral' } } : {}) },
            ],
            messages: messagesOf('Answer.'),
            stream,
          }),
        ),
    },
    {
      name: 'Gemini',
      models: ['gemini-2.5-flash'],
      feature: 'triage',
      ask: async ({ stream, prompt }) => {
        const request = { model: 'gemini-2.5-flash', contents: prompt };
        if (stream) await drain(await google.models.generateContentStream(request));
        else await google.models.generateContent(request);
      },
    },
    {
      name: 'Gemini as a JSON array',
      models: ['gemini-2.5-flash'],
      feature: 'triage',
      ask: ({ prompt }) =>
        post('/v1beta/models/gemini-2.5-flash:streamGenerateContent', {
          contents: [{ role: 'user', parts: [{ text: prompt }] }],
        }),
    },
    {
      name: 'Interactions',
      models: ['gemini-2.5-pro'],
      feature: 'agents',
      ask: ({ stream, prompt }) =>
        drained(google.interactions.create({ model: 'gemini-2.5-pro', input: prompt, stream })),
    },
    {
      name: 'Gemini embeddings',
      models: ['gemini-embedding-001'],
      feature: 'search',
      ask: ({ prompt, count }) =>
        google.models.embedContent({ model: 'gemini-embedding-001', contents: texts(prompt, count) }),
    },
    {
      name: 'embeddings by predict',
      models: ['text-embedding-005'],
      feature: 'search',
      ask: ({ prompt }) => post(predict('text-embedding-005'), { instances: [{ content: prompt }] }),
    },
    {
      name: 'Imagen',
      models: ['imagen-4.0-generate-001'],
      feature: 'media',
      ask: ({ prompt, count }) =>
        post(predict('imagen-4.0-generate-001'), {
          instances: [{ prompt }],
          parameters: { sampleCount: count },
        }),
    },
    {
      name: 'Converse',
      models: ['us.amazon.nova-lite-v1:0'],
      feature: 'orders',
      ask: async ({ stream, prompt }) => {
        const input = {
          modelId: 'us.amazon.nova-lite-v1:0',
          system: [{ text: prompt }, { cachePoint: { type: 'default' as const } }],
          messages: [{ role: 'user' as const, content: [{ text: 'Answer.' }] }],
        };
        if (stream) await drain((await aws.send(new ConverseStreamCommand(input))).stream!);
        else await aws.send(new ConverseCommand(input));
      },
    },
    {
      name: 'InvokeModel of Anthropic',
      models: ['claude-3-5-sonnet-20241022'],
      feature: 'orders',
      ask: ({ stream, prompt }) =>
        invoke(
          'anthropic.claude-3-5-sonnet-20241022-v2:0',
          { anthropic_version: 'bedrock-2023-05-31', max_tokens: 60, messages: messagesOf(prompt) },
          stream,
        ),
    },
    {
      name: 'InvokeModel of Llama',
      models: ['meta.llama3-1-8b-instruct-v1:0'],
      feature: 'orders',
      ask: ({ stream, prompt }) => invoke('meta.llama3-1-8b-instruct-v1:0', { prompt }, stream),
    },
    {
      name: 'InvokeModel of Titan embeddings',
      models: ['amazon.titan-embed-text-v1'],
      feature: 'search',
      ask: ({ prompt }) => invoke('amazon.titan-embed-text-v1', { inputText: prompt }, false),
    },
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
      ask: ({ prompt }) => post('/v1/embeddings', { model: 'jina-embeddings-v3', input: [prompt] }),
    },
    {
      name: 'Jina rerank',
      models: ['jina-reranker-v2'],
      feature: 'search',
      ask: ({ prompt, count }) =>
        post('/v1/rerank', { model: 'jina-reranker-v2', query: prompt, documents: texts('a cup', count) }),
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
      name: 'AI Gateway',
      models: ['openai/gpt-4.1-mini'],
      feature: 'gateway',
      ask: async ({ stream, prompt }) => {
        const request = { model: gateway('openai/gpt-4.1-mini'), prompt, maxRetries: 0 };
        if (stream) await streamText({ ...request, onError: () => undefined }).consumeStream();
        else await generateText(request);
      },
    },
  ];
}

/** Returns texts that differ. */
function texts(prompt: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prompt} ${index}`);
}

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

/** Reads the stream that an SDK returns, if it returns one. */
async function drained(response: PromiseLike<unknown>): Promise<void> {
  const value = await response;
  if (typeof value === 'object' && value !== null && Symbol.asyncIterator in value)
    await drain(value as AsyncIterable<unknown>);
}

async function read(response: PromiseLike<Response>): Promise<void> {
  await (await response).arrayBuffer();
}
