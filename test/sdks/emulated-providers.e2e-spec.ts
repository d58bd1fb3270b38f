import { createGateway } from '@ai-sdk/gateway';
import { Mistral } from '@mistralai/mistralai';
import { generateText, streamText } from 'ai';
import { CohereClientV2 } from 'cohere-ai';
import { LlmTelemetry, type CallRecord } from 'nestjs-llm-telemetry';
import { Ollama } from 'ollama';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/** The clients of other providers against the emulator: each record has the usage that the ledger bills. */
let telemetry: TelemetryApp;

beforeAll(async () => {
  telemetry = await startTelemetryApp({ options: { store: false, dashboard: false } });
});

afterAll(() => telemetry.stop());

beforeEach(() => {
  telemetry.emulator.reset();
  telemetry.records.length = 0;
});

async function recordOf(work: () => Promise<unknown>): Promise<CallRecord> {
  await telemetry.get(LlmTelemetry).run({ feature: 'test', operation: 'ask' }, work);
  await telemetry.flush();
  expect(telemetry.records).toHaveLength(1);
  return telemetry.records[0]!;
}

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

const messages = [{ role: 'user' as const, content: 'Summarize this order: two cups.' }];
const cohere = (): CohereClientV2 =>
  new CohereClientV2({ token: 'co-canary', environment: telemetry.emulator.url });
const ollama = (): Ollama => new Ollama({ host: telemetry.emulator.url });
const mistral = (): Mistral => new Mistral({ apiKey: 'mi-canary', serverURL: telemetry.emulator.url });
const vercel = (): ReturnType<ReturnType<typeof createGateway>> =>
  createGateway({ apiKey: 'gw-canary', baseURL: `${telemetry.emulator.url}/v4/ai` })('openai/gpt-5-mini');

const CASES: ReadonlyArray<readonly [string, () => Promise<unknown>]> = [
  ['Cohere chat', () => cohere().chat({ model: 'command-a-03-2025', messages })],
  ['Cohere stream', async () => drain(await cohere().chatStream({ model: 'command-a-03-2025', messages }))],
  [
    'Cohere embed',
    () => cohere().embed({ model: 'embed-v4.0', texts: ['a cup', 'a bean'], inputType: 'search_document' }),
  ],
  ['rerank', () => cohere().rerank({ model: 'rerank-v3.5', query: 'cup', documents: ['a cup', 'a bean'] })],
  ['Ollama chat', () => ollama().chat({ model: 'llama3.2', messages })],
  ['Ollama stream', async () => drain(await ollama().chat({ model: 'llama3.2', messages, stream: true }))],
  ['Ollama generate', () => ollama().generate({ model: 'llama3.2', prompt: 'Say hello.' })],
  ['Ollama embed', () => ollama().embed({ model: 'all-minilm', input: ['a', 'b'] })],
  [
    'Mistral conversation',
    () => mistral().beta.conversations.start({ model: 'mistral-medium-latest', inputs: 'Say hello.' }),
  ],
  [
    'Mistral conversation stream',
    async () =>
      drain(
        await mistral().beta.conversations.startStream({
          model: 'mistral-medium-latest',
          inputs: 'Say hello.',
        }),
      ),
  ],
  ['gateway text', () => generateText({ model: vercel(), prompt: 'Say hello.', maxRetries: 0 })],
  [
    'gateway stream',
    () =>
      Promise.resolve(
        streamText({
          model: vercel(),
          prompt: 'Say hello.',
          maxRetries: 0,
          onError: () => undefined,
        }).consumeStream(),
      ),
  ],
];

describe('an emulated provider', () => {
  it.each(CASES)('bills %s as it is recorded', async (_, work) => {
    const record = await recordOf(work);
    const [entry, ...others] = telemetry.emulator.ledger.entries();
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ status: 200, billed: true, completed: true });
    expect(record.failure).toBeNull();
    expect(record.usage).toMatchObject({
      inputTokens: entry!.inputTokens,
      outputTokens: entry!.outputTokens,
      source: 'provider',
    });
    expect(record.attempts[0]).toMatchObject({ ending: 'finished' });
  });

  it.each([
    ['rate_limit', 'rate_limit'],
    ['auth', 'auth'],
    ['not_found', 'not_found'],
    ['server_error', 'server_error'],
  ] as const)('rejects with %s in the words of each provider', async (kind, type) => {
    for (const [, work] of CASES.filter(([name]) => !name.includes('Cohere') && name !== 'rerank')) {
      telemetry.records.length = 0;
      telemetry.emulator.reset();
      telemetry.emulator.program({ kind });
      const record = await recordOf(() => work().catch(() => undefined));
      expect(record.attempts[0]?.failure?.type).toBe(type);
      expect(telemetry.emulator.ledger.entries()[0]).toMatchObject({ billed: false });
    }
  });

  it('interrupts streams', async () => {
    telemetry.emulator.program({ kind: 'stream_error', afterTokens: 2 });
    const record = await recordOf(async () =>
      drain(await ollama().chat({ model: 'llama3.2', messages, stream: true })).catch(() => undefined),
    );
    expect(record.attempts[0]).toMatchObject({ ending: 'failed', failure: {} });
  });

  it('truncates responses', async () => {
    telemetry.emulator.program({ kind: 'truncate' });
    const record = await recordOf(() => cohere().chat({ model: 'command-a-03-2025', messages }));
    expect(record).toMatchObject({ finishReason: 'length', truncated: true });
  });

  it('calls a forced tool', async () => {
    const fn = {
      name: 'get_weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
    };
    const tools = [{ type: 'function', function: fn }];
    telemetry.emulator.program({ kind: 'tool' });
    const record = await recordOf(() =>
      ollama().chat({ model: 'llama3.2', messages, tools: tools as never }),
    );
    expect(record.finishReason).toBe('tool_calls');
  });
});
