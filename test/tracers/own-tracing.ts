import AnthropicBedrock from '@anthropic-ai/bedrock-sdk';
import Anthropic from '@anthropic-ai/sdk';
import AnthropicVertex from '@anthropic-ai/vertex-sdk';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { HTTPClient, Mistral } from '@mistralai/mistralai';
import { registerTracerProvider } from '@mistralai/mistralai/extra/observability';
import { PassThroughClient } from 'google-auth-library';
import { bareFetch } from '../support/bare-fetch.js';
import { drain, HELLO, OPENAI_MODEL, user, type Scenarios, type Tracer } from './tracer.js';

/** SDKs with spans of their own. Those of Anthropic create them by default. */

const ANTHROPIC_SCOPE = 'com.anthropic.sdk.typescript';

const LACKS = new Set(['streamWithoutUsage', 'responses', 'embeddings', 'manyEmbeddings'] as const);

let mistral: Server;

export const OWN_TRACING: readonly Tracer[] = [
  {
    name: '@anthropic-ai/sdk',
    scope: ANTHROPIC_SCOPE,
    lacks: LACKS,
    start: ({ anthropicBaseUrl: baseURL }) =>
      messages(new Anthropic({ apiKey: 'sk-ant-canary-key', baseURL, maxRetries: 1 }), 'claude-haiku-4-5'),
  },
  {
    name: '@anthropic-ai/bedrock-sdk',
    scope: `${ANTHROPIC_SCOPE}.bedrock`,
    lacks: LACKS,
    start: ({ anthropicBaseUrl: baseURL }) =>
      messages(
        new AnthropicBedrock({
          awsAccessKey: 'AKIACANARY',
          awsSecretKey: 'canary-secret',
          awsRegion: 'us-east-1',
          baseURL,
          maxRetries: 1,
        }),
        'us.anthropic.claude-haiku-4-5-20251001-v1:0',
      ),
  },
  {
    name: '@anthropic-ai/vertex-sdk',
    scope: `${ANTHROPIC_SCOPE}.vertex`,
    lacks: LACKS,
    start: ({ anthropicBaseUrl: baseURL }) =>
      messages(
        new AnthropicVertex({
          projectId: 'canary-project',
          region: 'us-east5',
          authClient: new PassThroughClient(),
          baseURL,
          maxRetries: 1,
        }),
        'claude-haiku-4-5@20251001',
      ),
  },
  {
    name: '@mistralai/mistralai',
    scope: 'mistralai_sdk_tracer',
    lacks: LACKS,
    async start({ openaiBaseUrl }, provider) {
      mistral = await startMistral(openaiBaseUrl);
      registerTracerProvider(provider as Parameters<typeof registerTracerProvider>[0]);
      const { chat } = new Mistral({
        apiKey: 'canary-key',
        serverURL: `http://127.0.0.1:${(mistral.address() as AddressInfo).port}`,
        httpClient: new HTTPClient({
          // Without a `Request`, whose body the library does not read yet.
          fetcher: async (input) => {
            const { url, method, headers } = input as Request;
            return fetch(url, { method, headers, body: await (input as Request).text() });
          },
        }),
        retryConfig: {
          strategy: 'backoff',
          backoff: { initialInterval: 1, maxInterval: 10, exponent: 1, maxElapsedTime: 5000 },
          retryConnectionErrors: false,
        },
      });
      const request = (prompt = HELLO) => ({ model: OPENAI_MODEL, messages: [user(prompt)] });
      return {
        chat: () => chat.complete(request()),
        stream: async () => drain(await chat.stream(request())),
        twoSteps: async () => {
          await chat.complete(request());
          await chat.complete(request('Say goodbye, and say it twice.'));
        },
      };
    },
    stop: () => {
      registerTracerProvider(undefined);
      mistral.close();
    },
  },
];

type MessagesClient =
  Pick<Anthropic, 'messages'> | Pick<AnthropicBedrock, 'messages'> | Pick<AnthropicVertex, 'messages'>;

function messages(client: MessagesClient, model: string): Scenarios {
  const { messages: api } = client as Pick<Anthropic, 'messages'>;
  const request = (prompt = HELLO) => ({ model, max_tokens: 100, messages: [user(prompt)] });
  return {
    chat: () => api.create(request()),
    stream: async () => drain(await api.create({ ...request(), stream: true })),
    twoSteps: async () => {
      await api.create(request());
      await api.create(request('Say goodbye, and say it twice.'));
    },
  };
}

/** Starts a server that streams as Mistral does: every stream reports its usage, in its last chunk only. */
async function startMistral(openaiBaseUrl: string): Promise<Server> {
  const server = createServer((request, response) => void answer(request, response, openaiBaseUrl));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  openaiBaseUrl: string,
): Promise<void> {
  const { stream, ...body } = JSON.parse(await text(request)) as { stream?: boolean };
  const answered = await bareFetch(openaiBaseUrl + request.url!.replace('/v1', ''), {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk-canary-openai-key' },
    body: JSON.stringify(stream ? { ...body, stream, stream_options: { include_usage: true } } : body),
  });
  response.writeHead(answered.status, Object.fromEntries(answered.headers));
  for await (const chunk of answered.body!)
    response.write(Buffer.from(chunk).toString().replaceAll(',"usage":null', ''));
  response.end();
}
