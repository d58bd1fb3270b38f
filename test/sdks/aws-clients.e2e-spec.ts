import { bareFetch } from '../support/bare-fetch.js';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { ChatBedrockConverse } from '@langchain/aws';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { generateText, streamText } from 'ai';
import { LlmBudgetExceededError, LlmTelemetry, type CallRecord } from 'nestjs-llm-telemetry';
import { RecordCollector } from '../support/record-collector.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

const NOVA = 'us.amazon.nova-lite-v1:0';
const PROMPT = 'How many orders are late?';
const credentials = { accessKeyId: 'AKIAcanary', secretAccessKey: 'canary' };

describe('clients of Amazon Bedrock', () => {
  const records = new RecordCollector();
  let telemetry: TelemetryApp;
  let llm: LlmTelemetry;

  async function start(options: object = {}): Promise<void> {
    records.clear();
    telemetry = await startTelemetryApp({ options: { ...options, onCall: records.onCall } });
    llm = telemetry.get(LlmTelemetry);
  }
  afterEach(() => telemetry.stop());

  function client(): BedrockRuntimeClient {
    const endpoint = telemetry.emulator.url;
    return new BedrockRuntimeClient({
      region: 'us-east-1',
      endpoint,
      credentials,
      requestHandler: new NodeHttpHandler(),
    });
  }

  function run<T>(work: () => Promise<T>): Promise<T> {
    return llm.run({ feature: 'sdks', operation: 'use' }, work);
  }

  /** Expects that each attempt of the call matches the bill. */
  function expectBilled({ attempts }: CallRecord): void {
    const bill = telemetry.emulator.ledger.entries();
    expect(attempts).toMatchObject(
      bill.map(({ requestId, inputTokens, outputTokens }) => ({
        provider: 'aws.bedrock',
        requestModel: NOVA,
        requestId,
        usage: { source: 'provider', inputTokens, outputTokens },
        finishReason: 'stop',
        ending: 'finished',
      })),
    );
  }

  it('captures ChatBedrockConverse of LangChain through its client', async () => {
    await start();
    const model = new ChatBedrockConverse({
      model: NOVA,
      region: 'us-east-1',
      credentials,
      client: llm.observeAwsClient(client()),
      maxRetries: 0,
    });
    await run(async () => {
      await model.invoke(PROMPT);
      for await (const _ of await model.stream(PROMPT));
    });
    const record = await records.only();
    expect(record.attempts).toHaveLength(2);
    expectBilled(record);
  });

  it('captures the Vercel AI SDK, which uses fetch', async () => {
    await start();
    const baseURL = telemetry.emulator.url;
    const models = [undefined, bareFetch].map((fetch) =>
      createAmazonBedrock({ region: 'us-east-1', apiKey: 'canary', baseURL, fetch })(NOVA),
    );
    const use = async (model: (typeof models)[number]): Promise<unknown> => {
      const { text, usage } = await generateText({ model, prompt: PROMPT });
      const stream = streamText({ model, prompt: PROMPT });
      return [text, usage, await stream.text, await stream.usage];
    };
    const seen = await run(() => use(models[0]!));
    const record = await records.only();
    expect(record.attempts).toHaveLength(2);
    expectBilled(record);
    expect(seen).toEqual(await use(models[1]!));
  });

  it('records a request outside of a call, and none of a disabled module', async () => {
    await start();
    const command = new ConverseCommand({
      modelId: NOVA,
      messages: [{ role: 'user', content: [{ text: PROMPT }] }],
    });
    await llm.observeAwsClient(client()).send(command);
    expect(await records.only()).toMatchObject({ feature: 'unattributed', operation: 'chat' });
    await telemetry.stop();
    await start({ enabled: false });
    const observed = client();
    const before = observed.middlewareStack.identify();
    llm.observeAwsClient(observed);
    expect(observed.middlewareStack.identify()).toEqual(before);
  });

  it('refuses a request over budget, and the call throws the error of the budget', async () => {
    await start({
      store: 'memory',
      budgets: [{ feature: 'sdks', usd: 1, per: 'day', onExceed: 'block', estimateUsd: 0.6 }],
    });
    const observed = llm.observeAwsClient(client());
    const messages = [{ role: 'user' as const, content: [{ text: PROMPT }] }];
    const ask = (): Promise<unknown> =>
      observed.send(new ConverseCommand({ modelId: 'us.amazon.nova-without-price-v1:0', messages }));
    let started = 0;
    const calls = [1, 2].map(() =>
      run(() => {
        started++;
        return ask();
      }),
    );
    expect(await Promise.allSettled(calls)).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: expect.any(LlmBudgetExceededError) },
    ]);
    expect([started, telemetry.emulator.requests.length]).toEqual([2, 1]);
  });

  it('does not fail for a client without a middleware stack', async () => {
    await start();
    const stranger = { middlewareStack: {} } as unknown as BedrockRuntimeClient;
    expect(llm.observeAwsClient(stranger)).toBe(stranger);
    const texts = telemetry.logger.entries.map(({ text }) => text);
    expect(texts).toContainEqual(expect.stringContaining('observeAwsClient expects a client of the AWS SDK'));
  });
});
