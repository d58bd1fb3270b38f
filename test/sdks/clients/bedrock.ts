import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
  type BedrockRuntimeClientConfig,
  type ConverseStreamOutput,
} from '@aws-sdk/client-bedrock-runtime';
import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { createBedrockAnthropic } from '@ai-sdk/amazon-bedrock/anthropic';
import AnthropicBedrock, { AnthropicBedrockMantle } from '@anthropic-ai/bedrock-sdk';
import AnthropicVertex from '@anthropic-ai/vertex-sdk';
import { ChatBedrockConverse } from '@langchain/aws';
import { FetchHttpHandler } from '@smithy/fetch-http-handler';
import { NodeHttp2Handler, NodeHttpHandler } from '@smithy/node-http-handler';
import { startHttp2Proxy } from '../http2-proxy.js';
import { TOOL, TOOL_SCHEMA } from '../prompts-and-tools.js';
import { aiSdk } from './ai-sdk.js';
import { leave, PROMPT, readAll, type Client, type ClientSide } from './client.js';
import { langchain } from './langchain.js';
import { messages } from './messages.js';

const NOVA = 'us.amazon.nova-lite-v1:0';
const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const region = 'us-east-1';
const credentials = { accessKeyId: 'AKIAcanary', secretAccessKey: 'canary' };
const toolConfig = { tools: [{ toolSpec: { name: TOOL, inputSchema: { json: TOOL_SCHEMA as never } } }] };
const converse = { modelId: NOVA, messages: [{ role: 'user' as const, content: [{ text: PROMPT }] }] };
const invoke = {
  modelId: HAIKU,
  body: JSON.stringify({
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 99,
    messages: [{ role: 'user', content: PROMPT }],
  }),
};

/** Creates a client of the AWS SDK. HTTP/2 needs a proxy, because the emulator speaks HTTP/1.1. */
async function aws(
  { emulator, llm, maxRetries, onEnd }: ClientSide,
  handler: () => NonNullable<BedrockRuntimeClientConfig['requestHandler']>,
): Promise<BedrockRuntimeClient> {
  let endpoint = emulator.url;
  const requestHandler = handler();
  if (requestHandler instanceof NodeHttp2Handler) {
    const proxy = await startHttp2Proxy(endpoint);
    onEnd(() => proxy.stop());
    endpoint = proxy.url;
  }
  const client = new BedrockRuntimeClient({
    region,
    endpoint,
    credentials,
    requestHandler,
    maxAttempts: 1 + maxRetries,
  });
  onEnd(() => client.destroy());
  return llm?.observeAwsClient(client) ?? client;
}

function awsWays(handler: Parameters<typeof aws>[1]): Client['ways'] {
  const stream = async (side: ClientSide): Promise<AsyncIterable<ConverseStreamOutput>> =>
    (await (await aws(side, handler)).send(new ConverseStreamCommand(converse))).stream!;
  return {
    response: async (side) => (await (await aws(side, handler)).send(new ConverseCommand(converse))).output,
    stream: (side) => readAll(stream(side)),
    leave: (side) => leave(stream(side), ({ contentBlockDelta }) => contentBlockDelta?.delta?.text),
    tool: async (side) =>
      (await (await aws(side, handler)).send(new ConverseCommand({ ...converse, toolConfig }))).output,
    embeddings: async (side) => {
      const body = JSON.stringify({ inputText: PROMPT, dimensions: 256 });
      const command = new InvokeModelCommand({ modelId: 'amazon.titan-embed-text-v2:0', body });
      return (await (await aws(side, handler)).send(command)).body.transformToString();
    },
  };
}

/** Clients of Amazon Bedrock, and that of Anthropic for Vertex AI. */
export const BEDROCK: readonly Client[] = [
  ...(
    [
      ['HTTP/2', () => new NodeHttp2Handler()],
      ['`node:http`', () => new NodeHttpHandler()],
      ['`fetch`', () => new FetchHttpHandler()],
    ] as const
  ).map(([transport, handler]) => ({
    name: `@aws-sdk/client-bedrock-runtime {version} with \`observeAwsClient\`, Converse by ${transport}`,
    package: '@aws-sdk/client-bedrock-runtime',
    retryAfter: 0 as const,
    ways: awsWays(handler),
  })),
  {
    name: '@aws-sdk/client-bedrock-runtime {version} with `observeAwsClient`, InvokeModel',
    package: '@aws-sdk/client-bedrock-runtime',
    retryAfter: 0 as const,
    ways: {
      response: async (side) =>
        (
          await (await aws(side, () => new NodeHttpHandler())).send(new InvokeModelCommand(invoke))
        ).body.transformToString(),
      stream: async (side) =>
        readAll(
          (
            await (
              await aws(side, () => new NodeHttpHandler())
            ).send(new InvokeModelWithResponseStreamCommand(invoke))
          ).body!,
        ),
    },
  },
  {
    name: '@langchain/aws {version} with `observeAwsClient`',
    package: '@langchain/aws',
    repeats: null,
    ways: langchain(async (side) => {
      const client = await aws(side, () => new NodeHttpHandler());
      return new ChatBedrockConverse({ model: NOVA, region, credentials, client, maxRetries: 0 });
    }),
  },
  {
    name: 'ai with @ai-sdk/amazon-bedrock {version}, Converse',
    package: '@ai-sdk/amazon-bedrock',
    ways: aiSdk(
      ({ emulator }) => {
        const bedrock = createAmazonBedrock({ region, apiKey: 'canary', baseURL: emulator.url });
        return { model: bedrock(NOVA), embedding: bedrock.embedding('amazon.titan-embed-text-v2:0') };
      },
      { hasEmbeddings: true },
    ),
  },
  {
    name: 'ai with @ai-sdk/amazon-bedrock {version}, Anthropic',
    package: '@ai-sdk/amazon-bedrock',
    ways: aiSdk(({ emulator }) => {
      const bedrock = createBedrockAnthropic({ region, apiKey: 'canary', baseURL: emulator.url });
      return { model: bedrock(HAIKU) };
    }),
  },
  {
    name: '@anthropic-ai/bedrock-sdk {version}',
    package: '@anthropic-ai/bedrock-sdk',
    ways: messages(
      ({ emulator, maxRetries }) =>
        new AnthropicBedrock({
          awsAccessKey: 'AKIACANARY',
          awsSecretKey: 'canary',
          awsRegion: region,
          baseURL: emulator.url,
          maxRetries,
        }),
      HAIKU,
    ),
  },
  {
    name: '@anthropic-ai/bedrock-sdk {version}, Mantle',
    package: '@anthropic-ai/bedrock-sdk',
    ways: messages(
      ({ emulator, maxRetries }) =>
        new AnthropicBedrockMantle({
          apiKey: 'canary',
          awsRegion: region,
          baseURL: emulator.url,
          maxRetries,
        }),
      'anthropic.claude-haiku-4-5',
    ),
  },
  {
    name: '@anthropic-ai/vertex-sdk {version}',
    package: '@anthropic-ai/vertex-sdk',
    ways: messages(
      ({ emulator, maxRetries }) =>
        new AnthropicVertex({
          projectId: 'p',
          region: 'us-east5',
          authClient: { getRequestHeaders: async () => new Headers({ authorization: 'Bearer t' }) } as never,
          baseURL: emulator.url,
          maxRetries,
        }),
      'claude-haiku-4-5@20251001',
    ),
  },
];
