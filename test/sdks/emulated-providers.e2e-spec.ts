import { createGateway } from '@ai-sdk/gateway';
import { Mistral } from '@mistralai/mistralai';
import { embedMany, transcribe, generateImage, generateText, rerank, streamText } from 'ai';
import { CohereClient, CohereClientV2 } from 'cohere-ai';
import { LlmTelemetry, type CallRecord } from 'nestjs-llm-telemetry';
import type { LedgerEntry } from 'nestjs-llm-telemetry/testing';
import { Ollama } from 'ollama';
import OpenAI, { toFile } from 'openai-7';
import { VoyageAIClient } from 'voyageai';
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

/** Billed units of an entry that are parts of a usage. */
function unitsOf(entry: LedgerEntry): object {
  const { audioSeconds, videoSeconds, spokenCharacters, pages, annotatedPages, searchUnits } = entry;
  return { audioSeconds, videoSeconds, spokenCharacters, pages, annotatedPages, searchUnits };
}

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

const messages = [{ role: 'user' as const, content: 'Summarize this order: two cups.' }];
const cohere = (): CohereClientV2 =>
  new CohereClientV2({ token: 'co-canary', environment: telemetry.emulator.url });
const ollama = (): Ollama => new Ollama({ host: telemetry.emulator.url });
const mistral = (): Mistral => new Mistral({ apiKey: 'mi-canary', serverURL: telemetry.emulator.url });
const voyage = (): VoyageAIClient =>
  new VoyageAIClient({ apiKey: 'vo-canary', environment: `${telemetry.emulator.url}/v1` });
const openai = (): OpenAI =>
  new OpenAI({ apiKey: 'sk-canary', baseURL: telemetry.emulator.openaiBaseUrl, maxRetries: 0 });
const SPEECH = { voice: 'alloy', input: 'Two cups of tea, please. 🫖' };
const read = (response: Response): Promise<ArrayBuffer> => response.arrayBuffer();
const vertex = (model: string): string =>
  `/v1/projects/p/locations/us-central1/publishers/google/models/${model}:predict`;

async function post(path: string, body: object): Promise<unknown> {
  const headers = { authorization: 'Bearer canary', 'content-type': 'application/json' };
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  const response = await fetch(telemetry.emulator.url + path, request);
  const received: unknown = await response.json();
  if (!response.ok) throw new Error(`status ${response.status}`);
  return received;
}

const gateway = (): ReturnType<typeof createGateway> =>
  createGateway({ apiKey: 'gw-canary', baseURL: `${telemetry.emulator.url}/v4/ai` });
const vercel = (): ReturnType<ReturnType<typeof createGateway>> => gateway()('openai/gpt-5-mini');
const cohereV1 = (): CohereClient =>
  new CohereClient({ token: 'co-canary', environment: telemetry.emulator.url });
const ONCE = { maxRetries: 0 };

const CASES: ReadonlyArray<readonly [string, () => Promise<unknown>]> = [
  ['Cohere chat', () => cohere().chat({ model: 'command-a-03-2025', messages })],
  ['Cohere stream', async () => drain(await cohere().chatStream({ model: 'command-a-03-2025', messages }))],
  [
    'Cohere chat of version 1',
    () => cohereV1().chat({ model: 'command-r-08-2024', message: 'Say hello.', preamble: 'Be brief.' }),
  ],
  [
    'Cohere stream of version 1',
    async () => drain(await cohereV1().chatStream({ model: 'command-r-08-2024', message: 'Say hello.' })),
  ],
  [
    'Cohere embed',
    () => cohere().embed({ model: 'embed-v4.0', texts: ['a cup', 'a bean'], inputType: 'search_document' }),
  ],
  [
    'Cohere rerank',
    () => cohere().rerank({ model: 'rerank-v3.5', query: 'cup', documents: ['a cup', 'a bean'] }),
  ],
  ['Voyage embeddings', () => voyage().embed({ model: 'voyage-3.5', input: ['a cup', 'a bean'] })],
  [
    'Voyage embeddings of documents with context',
    () => voyage().contextualizedEmbed({ model: 'voyage-context-3', inputs: [['a cup', 'a bean'], ['tea']] }),
  ],
  [
    'Voyage embeddings of texts with images',
    () =>
      voyage().multimodalEmbed({
        model: 'voyage-multimodal-3',
        inputs: [{ content: [{ type: 'text', text: 'a cup' }] }],
      }),
  ],
  [
    'Voyage rerank',
    () => voyage().rerank({ model: 'rerank-2.5', query: 'cup', documents: ['a cup', 'a bean'] }),
  ],
  ['Jina embeddings', () => post('/v1/embeddings', { model: 'jina-embeddings-v3', input: ['a cup'] })],
  [
    'Jina rerank',
    () => post('/v1/rerank', { model: 'jina-reranker-v2', query: 'cup', documents: ['a cup', 'a bean'] }),
  ],
  ['Ollama chat', () => ollama().chat({ model: 'llama3.2', messages })],
  ['Ollama stream', async () => drain(await ollama().chat({ model: 'llama3.2', messages, stream: true }))],
  ['Ollama generate', () => ollama().generate({ model: 'llama3.2', prompt: 'Say hello.' })],
  ['Ollama embed', () => ollama().embed({ model: 'all-minilm', input: ['a', 'b'] })],
  [
    'Mistral conversation',
    () => mistral().beta.conversations.start({ model: 'mistral-medium-latest', inputs: 'Say hello.' }),
  ],
  ['Mistral agent', () => mistral().agents.complete({ agentId: 'ag_1', messages })],
  ['Mistral agent stream', async () => drain(await mistral().agents.stream({ agentId: 'ag_1', messages }))],
  [
    'Mistral fim',
    () => mistral().fim.complete({ model: 'codestral-latest', prompt: 'def f(', suffix: 'return a' }),
  ],
  [
    'Mistral fim stream',
    async () => drain(await mistral().fim.stream({ model: 'codestral-latest', prompt: 'def f(' })),
  ],
  [
    'Mistral OCR of an image',
    () =>
      mistral().ocr.process({
        model: 'mistral-ocr-latest',
        document: { type: 'image_url', imageUrl: 'https://images.example/cup.png' },
      }),
  ],
  [
    'Mistral OCR with annotations',
    () =>
      mistral().ocr.process({
        model: 'mistral-ocr-latest',
        document: { type: 'document_url', documentUrl: 'https://documents.example/menu.pdf' },
        pages: [0, 1],
        documentAnnotationFormat: { type: 'json_object' },
      }),
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
  [
    'OpenAI speech by characters',
    () =>
      openai()
        .audio.speech.create({ ...SPEECH, model: 'tts-1' })
        .then(read),
  ],
  [
    'OpenAI speech as a stream of events',
    () =>
      openai()
        .audio.speech.create({ ...SPEECH, model: 'gpt-4o-mini-tts', stream_format: 'sse' })
        .then(read),
  ],
  ['OpenAI video', () => openai().videos.create({ prompt: 'A cup', model: 'sora-2', seconds: '8' })],
  ['OpenAI compaction', () => openai().responses.compact({ model: 'gpt-5-mini', input: 'Say hello.' })],
  [
    'Vertex AI embeddings by predict',
    () => post(vertex('text-embedding-005'), { instances: [{ content: 'a cup' }, { content: 'a bean' }] }),
  ],
  ['gateway text', () => generateText({ model: vercel(), prompt: 'Say hello.', maxRetries: 0 })],
  [
    'gateway embeddings',
    () =>
      embedMany({
        ...ONCE,
        model: gateway().embeddingModel('openai/text-embedding-3-small'),
        values: ['a', 'b'],
      }),
  ],
  [
    'gateway images',
    () =>
      generateImage({ ...ONCE, model: gateway().imageModel('openai/gpt-image-1'), prompt: 'A cup', n: 2 }),
  ],
  [
    'gateway transcription',
    () =>
      transcribe({
        ...ONCE,
        model: gateway().transcriptionModel('openai/whisper-1'),
        audio: Buffer.alloc(40_000),
      }),
  ],
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

const PNG = Buffer.from('iVBORw0KGgo=', 'base64');

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
      ...unitsOf(entry!),
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
    for (const [, work] of CASES.filter(([name]) => !/Cohere|Voyage/.test(name))) {
      telemetry.records.length = 0;
      telemetry.emulator.reset();
      telemetry.emulator.program({ kind });
      const record = await recordOf(() => work().catch(() => undefined));
      expect(record.attempts[0]?.failure?.type).toBe(type);
      expect(telemetry.emulator.ledger.entries()[0]).toMatchObject({ billed: false });
    }
  });

  it.each([
    ['dall-e-2', async () => openai().images.createVariation({ image: await toFile(PNG, 'a.png'), n: 2 })],
    [
      'imagen-4.0-generate-001',
      () =>
        post(vertex('imagen-4.0-generate-001'), {
          instances: [{ prompt: 'A cup' }],
          parameters: { sampleCount: 2 },
        }),
    ],
  ] as ReadonlyArray<readonly [string, () => Promise<unknown>]>)(
    'bills images of %s by their number, which is not reported',
    async (model, work) => {
      const record = await recordOf(work);
      expect(telemetry.emulator.ledger.entries()).toMatchObject([{ model, images: 2, inputTokens: 0 }]);
      expect(record).toMatchObject({ failure: null, usage: { source: 'missing' }, cost: { costUsd: null } });
    },
  );

  it('filters images', async () => {
    telemetry.emulator.program({ kind: 'filter' });
    const imagen = vertex('imagen-4.0-generate-001');
    const record = await recordOf(() => post(imagen, { instances: [{ prompt: 'A cup' }] }));
    expect(record).toMatchObject({ finishReason: 'content_filter' });
  });

  it('completes a video that is polled, without another call', async () => {
    const { id } = await openai().videos.create({ prompt: 'A cup' });
    telemetry.records.length = 0;
    await telemetry.get(LlmTelemetry).run({ feature: 'test', operation: 'poll' }, async () => {
      expect(await openai().videos.retrieve(id)).toMatchObject({ id, status: 'completed', seconds: '4' });
    });
    await telemetry.flush();
    expect(telemetry.records[0]!.attempts).toEqual([]);
  });

  it('interrupts streams', async () => {
    telemetry.emulator.program({ kind: 'stream_error', afterTokens: 2 });
    const record = await recordOf(async () =>
      drain(await ollama().chat({ model: 'llama3.2', messages, stream: true })).catch(() => undefined),
    );
    expect(record.attempts[0]).toMatchObject({ ending: 'failed', failure: {} });
  });

  it.each<[string, () => Promise<unknown>]>([
    ['old embeddings of Ollama', () => ollama().embeddings({ model: 'nomic-embed-text', prompt: 'a cup' })],
    [
      'a ranking of the gateway',
      () =>
        rerank({
          ...ONCE,
          model: gateway().rerankingModel('cohere/rerank-v3.5'),
          query: 'cup',
          documents: ['a'],
        }),
    ],
  ])('sends %s without a usage', async (_, work) => {
    const record = await recordOf(work);
    expect(record).toMatchObject({ failure: null, attempts: [{ ending: 'finished' }] });
    expect(record.usage?.source).not.toBe('provider');
    expect(telemetry.emulator.ledger.entries()).toMatchObject([{ billed: true, completed: true }]);
  });

  it.each([false, true])('calls a tool of version 1 of Cohere, as a stream: %s', async (stream) => {
    telemetry.emulator.program({ kind: 'tool' });
    const parameterDefinitions = { city: { type: 'str', required: true } };
    const tools = [{ name: 'weather', description: 'The weather', parameterDefinitions }];
    const request = { message: 'Say hello.', tools };
    const record = await recordOf(async () => {
      if (stream) await drain(await cohereV1().chatStream(request));
      else expect((await cohereV1().chat(request)).toolCalls).toMatchObject([{ name: 'weather' }]);
    });
    expect(record.finishReason).toBe('tool_calls');
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
