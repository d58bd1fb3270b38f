import { createGateway } from '@ai-sdk/gateway';
import { Mistral } from '@mistralai/mistralai';
import { embed, generateText, streamText } from 'ai';
import { CohereClient, CohereClientV2 } from 'cohere-ai';
import { Ollama } from 'ollama';
import { VoyageAIClient } from 'voyageai';
import { drain, leave, provider, recordOf } from './scripted-app.js';
import { ndjson, sse } from './scripted-provider.js';

/** The clients of providers with an API of their own, against a server that sends what these providers send. */

const COHERE_USAGE = {
  billed_units: { input_tokens: 5, output_tokens: 7 },
  tokens: { input_tokens: 71, output_tokens: 7 },
};
const COHERE_STREAM = [
  { type: 'message-start', id: 'm1', delta: { message: { role: 'assistant', content: [] } } },
  { type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } },
  { type: 'content-delta', index: 0, delta: { message: { content: { text: 'Hello' } } } },
  { type: 'content-end', index: 0 },
  { type: 'message-end', delta: { finish_reason: 'COMPLETE', usage: COHERE_USAGE } },
];

describe('cohere-ai', () => {
  const client = (): CohereClientV2 =>
    new CohereClientV2({ token: 'co-canary', environment: provider.origin });
  const request = { model: 'command-a-03-2025', messages: [{ role: 'user' as const, content: 'Hi' }] };
  const message = { role: 'assistant', content: [{ type: 'text', text: 'Hello' }] };
  const reply = { json: { id: 'm1', finish_reason: 'COMPLETE', message, usage: COHERE_USAGE } };

  it('records a chat by its billed units', async () => {
    provider.script(reply);
    const record = await recordOf(() => client().chat(request));
    expect(record).toMatchObject({
      requestModel: 'command-a-03-2025',
      finishReason: 'stop',
      failure: null,
      usage: { inputTokens: 5, outputTokens: 7, source: 'provider' },
    });
  });

  it('records a stream as finished, which the client stops reading at its last event', async () => {
    provider.script({ chunks: [...sse(...COHERE_STREAM), 'data: [DONE]\n\n'], endless: true });
    const record = await recordOf(async () => drain(await client().chatStream(request)));
    expect(record).toMatchObject({ finishReason: 'stop', usage: { inputTokens: 5, outputTokens: 7 } });
    expect(record.attempts[0]?.ending).toBe('finished');
  });

  it('records a stream that the application leaves as cancelled', async () => {
    provider.script({ chunks: sse(...COHERE_STREAM.slice(0, 3)), endless: true });
    const record = await recordOf(async () => leave(await client().chatStream(request)));
    expect(record).toMatchObject({ finishReason: 'cancelled', failure: null });
  });

  it('flags the retry of a request whose error body the client leaves unread', async () => {
    const busy = { status: 429, json: { message: 'slow down' }, headers: { 'retry-after': '1' } };
    provider.script(busy, reply);
    const record = await recordOf(() => client().chat(request));
    expect(record.attempts.map(({ isRetry, status }) => [isRetry, status])).toEqual([
      [false, 429],
      [true, 200],
    ]);
    expect(record.attempts[0]?.failure?.type).toBe('rate_limit');
    expect(record.usage?.inputTokens).toBe(5);
  });

  it('records embeddings and a ranking', async () => {
    provider.script({
      json: {
        id: 'e1',
        embeddings: { float: [[0.1]] },
        texts: ['a'],
        meta: { billed_units: { input_tokens: 3 } },
      },
    });
    const embedded = await recordOf(() =>
      client().embed({
        model: 'embed-v4.0',
        texts: ['a'],
        inputType: 'search_document',
        embeddingTypes: ['float'],
      }),
    );
    expect(embedded).toMatchObject({ usage: { inputTokens: 3, outputTokens: 0 }, failure: null });
    provider.script({
      json: {
        id: 'r1',
        results: [{ index: 0, relevance_score: 1 }],
        meta: { billed_units: { search_units: 1 } },
      },
    });
    const ranked = await recordOf(() =>
      client().rerank({ model: 'rerank-v3.5', query: 'cup', documents: ['a', 'b'] }),
    );
    expect(ranked).toMatchObject({ usage: { searchUnits: 1, inputTokens: 0 }, cost: { source: 'unknown' } });
    expect(ranked.attempts[0]?.operation).toBe('rerank');
  });

  it('records a stream of version 1', async () => {
    const response = { text: 'Hello', generation_id: 'g1', finish_reason: 'COMPLETE', meta: COHERE_USAGE };
    const chunks = ndjson(
      { is_finished: false, event_type: 'stream-start', generation_id: 'g1' },
      { is_finished: false, event_type: 'text-generation', text: 'Hello' },
      { is_finished: true, event_type: 'stream-end', finish_reason: 'COMPLETE', response },
    );
    provider.script({ chunks, headers: { 'content-type': 'application/stream+json' } });
    const v1 = new CohereClient({ token: 'co-canary', environment: provider.origin });
    const record = await recordOf(async () =>
      drain(await v1.chatStream({ model: 'command-r', message: 'Hi' })),
    );
    expect(record).toMatchObject({ finishReason: 'stop', usage: { inputTokens: 5, outputTokens: 7 } });
  });
});

describe('ollama', () => {
  const client = (): Ollama => new Ollama({ host: provider.origin });
  const model = 'llama3.2';
  const last = {
    model,
    message: { role: 'assistant', content: '' },
    done: true,
    done_reason: 'stop',
    prompt_eval_count: 26,
    eval_count: 5,
  };
  const piece = { model, message: { role: 'assistant', content: 'The' }, done: false };
  const headers = { 'content-type': 'application/x-ndjson' };
  const messages = [{ role: 'user', content: 'Why?' }];

  it('records a chat and its stream', async () => {
    provider.script({ json: { ...last, message: { role: 'assistant', content: 'Because' } } });
    const whole = await recordOf(() => client().chat({ model, messages }));
    expect(whole).toMatchObject({ model, finishReason: 'stop', usage: { inputTokens: 26, outputTokens: 5 } });
    provider.script({ chunks: ndjson(piece, last), headers, endless: true });
    const streamed = await recordOf(async () =>
      drain(await client().chat({ model, messages, stream: true })),
    );
    expect(streamed).toMatchObject({ finishReason: 'stop', usage: { inputTokens: 26, outputTokens: 5 } });
    expect(streamed.attempts[0]?.ending).toBe('finished');
  });

  it('records embeddings', async () => {
    provider.script({ json: { model, embeddings: [[0.1]], prompt_eval_count: 8 } });
    const record = await recordOf(() => client().embed({ model, input: 'a' }));
    expect(record).toMatchObject({ usage: { inputTokens: 8, outputTokens: 0 }, cost: { source: 'unknown' } });
  });

  it('records errors of responses and of streams', async () => {
    provider.script({ status: 404, json: { error: 'model "x" not found' } });
    const missing = await recordOf(() =>
      client()
        .chat({ model, messages })
        .catch(() => undefined),
    );
    expect(missing.attempts[0]?.failure?.type).toBe('not_found');
    provider.script({ chunks: ndjson(piece, { error: 'out of memory' }), headers });
    const broken = await recordOf(async () =>
      drain(await client().chat({ model, messages, stream: true })).catch(() => undefined),
    );
    expect(broken.attempts[0]).toMatchObject({ ending: 'failed', failure: {} });
  });
});

describe('@mistralai/mistralai', () => {
  const client = (): Mistral => new Mistral({ apiKey: 'mi-canary', serverURL: provider.origin });
  const usage = { prompt_tokens: 10, completion_tokens: 8, total_tokens: 18 };
  const output = {
    type: 'message.output',
    id: 'msg_1',
    model: 'mistral-medium-2505',
    role: 'assistant',
    content: 'Hello',
  };

  it('records a conversation and its stream', async () => {
    provider.script({
      json: { object: 'conversation.response', conversation_id: 'conv_1', outputs: [output], usage },
    });
    const whole = await recordOf(() =>
      client().beta.conversations.start({ model: 'mistral-medium-latest', inputs: 'Hi' }),
    );
    expect(whole).toMatchObject({
      model: 'mistral-medium-2505',
      usage: { inputTokens: 10, outputTokens: 8 },
    });
    const events = [
      { type: 'conversation.response.started', conversation_id: 'conv_1' },
      { ...output, type: 'message.output.delta', output_index: 0, content_index: 0 },
      { type: 'conversation.response.done', usage },
    ];
    const chunks = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    provider.script({ chunks });
    const streamed = await recordOf(async () =>
      drain(
        await client().beta.conversations.appendStream({
          conversationId: 'conv_1',
          conversationAppendStreamRequest: { inputs: 'Go on' },
        }),
      ),
    );
    expect(streamed).toMatchObject({ finishReason: 'stop', usage: { inputTokens: 10, outputTokens: 8 } });
  });

  it('records pages of a document at their price', async () => {
    const usage_info = { pages_processed: 3, doc_size_bytes: 9 };
    provider.script({
      json: {
        pages: [{ index: 0, markdown: '#', images: [], dimensions: null }],
        model: 'mistral-ocr-2505',
        usage_info,
      },
    });
    const document = { type: 'document_url' as const, documentUrl: 'https://x.example/y.pdf' };
    const record = await recordOf(() => client().ocr.process({ model: 'mistral-ocr-2505', document }));
    expect(record.usage).toMatchObject({ pages: 3, inputTokens: 0 });
  });
});

describe('@ai-sdk/gateway', () => {
  const gateway = (): ReturnType<typeof createGateway> =>
    createGateway({ apiKey: 'gw-canary', baseURL: `${provider.origin}/v4/ai` });
  const usage = {
    inputTokens: { total: 100, noCache: 70, cacheRead: 30 },
    outputTokens: { total: 50, text: 20, reasoning: 30 },
  };
  const end = {
    finishReason: { unified: 'stop', raw: 'stop' },
    usage,
    providerMetadata: { gateway: { generationId: 'gen_1', cost: '0.00012' } },
  };

  it('records a text and its stream under the model of the request headers', async () => {
    provider.script({ json: { ...end, content: [{ type: 'text', text: 'Hello' }], warnings: [] } });
    const whole = await recordOf(() => generateText({ model: gateway()('openai/gpt-5-mini'), prompt: 'Hi' }));
    expect(whole).toMatchObject({
      requestModel: 'openai/gpt-5-mini',
      finishReason: 'stop',
      usage: { inputTokens: 100, cachedInputTokens: 30, outputTokens: 50, reasoningTokens: 30 },
      providerCostUsd: 0.00012,
    });
    const events = [
      { type: 'stream-start', warnings: [] },
      { type: 'text-start', id: '0' },
      { type: 'text-delta', id: '0', delta: 'Hello' },
      { type: 'text-end', id: '0' },
      { type: 'finish', ...end },
    ];
    provider.script({ chunks: [...sse(...events), 'data: [DONE]\n\n'] });
    const streamed = await recordOf(async () => {
      await streamText({ model: gateway()('openai/gpt-5-mini'), prompt: 'Hi' }).consumeStream();
    });
    expect(streamed).toMatchObject({
      parameters: { stream: true },
      usage: { inputTokens: 100, outputTokens: 50 },
    });
  });

  it('flags a retry after a rate limit', async () => {
    const error = { message: 'slow', type: 'rate_limit_exceeded' };
    provider.script(
      { status: 429, json: { error }, headers: { 'retry-after-ms': '1' } },
      { json: { ...end, content: [{ type: 'text', text: 'Hello' }], warnings: [] } },
    );
    const record = await recordOf(() =>
      generateText({ model: gateway()('openai/gpt-5-mini'), prompt: 'Hi' }),
    );
    expect(record.attempts.map(({ isRetry }) => isRetry)).toEqual([false, true]);
    expect(record.attempts[0]?.failure?.type).toBe('rate_limit');
  });

  it('records embeddings', async () => {
    provider.script({ json: { embeddings: [[0.1]], usage: { tokens: 8 } } });
    const model = gateway().embeddingModel('openai/text-embedding-3-small');
    const record = await recordOf(() => embed({ model, value: 'a' }));
    expect(record).toMatchObject({
      requestModel: 'openai/text-embedding-3-small',
      usage: { inputTokens: 8 },
    });
  });
});

describe('voyageai', () => {
  it('records embeddings and a ranking', async () => {
    const client = new VoyageAIClient({ apiKey: 'vo-canary', environment: `${provider.origin}/v1` });
    provider.script({
      json: {
        object: 'list',
        data: [{ object: 'embedding', embedding: [0.1], index: 0 }],
        model: 'voyage-3.5',
        usage: { total_tokens: 10 },
      },
    });
    const embedded = await recordOf(() => client.embed({ input: 'a', model: 'voyage-3.5' }));
    expect(embedded).toMatchObject({ model: 'voyage-3.5', usage: { inputTokens: 10 } });
    provider.script({
      json: {
        object: 'list',
        data: [{ index: 0, relevance_score: 1 }],
        model: 'rerank-2.5',
        usage: { total_tokens: 26 },
      },
    });
    const ranked = await recordOf(() =>
      client.rerank({ query: 'cup', documents: ['a'], model: 'rerank-2.5' }),
    );
    expect(ranked).toMatchObject({ model: 'rerank-2.5', usage: { inputTokens: 26 } });
  });
});
