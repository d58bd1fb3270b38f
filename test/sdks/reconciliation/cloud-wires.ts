import Anthropic from '@anthropic-ai/sdk';
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { GoogleGenAI } from '@google/genai';
import { FetchHttpHandler } from '@smithy/fetch-http-handler';
import { drain, drained, messagesOf, post, texts, type Wire } from './wire.js';

/** The APIs of Anthropic, Google and Amazon Bedrock. */
export function cloudWires(url: string): readonly Wire[] {
  const anthropic = new Anthropic({ apiKey: 'sk-ant-canary', baseURL: url, maxRetries: 0 });
  const google = new GoogleGenAI({ apiKey: 'go-canary', httpOptions: { baseUrl: url } });
  const aws = new BedrockRuntimeClient({
    region: 'us-east-1',
    endpoint: url,
    credentials: { accessKeyId: 'AKIAcanary', secretAccessKey: 'canary' },
    requestHandler: new FetchHttpHandler(),
    maxAttempts: 1,
  });
  const invoke = async (modelId: string, body: object, stream: boolean): Promise<void> => {
    const input = { modelId, body: JSON.stringify(body) };
    if (stream) await drain((await aws.send(new InvokeModelWithResponseStreamCommand(input))).body!);
    else await aws.send(new InvokeModelCommand(input));
  };
  const predict = (model: string): string =>
    `${url}/v1/projects/p/locations/global/publishers/google/models/${model}:predict`;

  return [
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
        post(`${url}/v1beta/models/gemini-2.5-flash:streamGenerateContent`, {
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
  ];
}
