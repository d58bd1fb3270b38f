import type { Attributes } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { chat, message } from '../support/prompts.js';
import {
  anthropic,
  attemptsIn,
  drain,
  exporter,
  openai,
  spansOf,
  starts,
  telemetry,
} from './support/traced-sdks.js';

describe('the attributes of an attempt span', () => {
  const server = (): Attributes => {
    const { hostname, port } = new URL(telemetry.emulator.url);
    return { 'server.address': hostname, 'server.port': Number(port) };
  };
  const ours = {
    'llm.feature': 'conventions',
    'llm.operation': 'ask',
    'llm.attempt': 0,
    'llm.is_retry': false,
  };
  const answered = { ...ours, 'http.response.status_code': 200, 'llm.request_id': expect.any(String) };
  const limits = expect.stringMatching(/^http\.response\.header\.(x|anthropic)-ratelimit-/);

  /** Returns the attributes at the start of a span and those added later, except for the remaining rate limits. */
  async function attributesOf(
    work: () => Promise<unknown>,
  ): Promise<{ name: string; atStart: Attributes; atEnd: Attributes }> {
    const attempts = attemptsIn(await spansOf(work));
    expect(attempts).toHaveLength(1);
    const [span] = attempts as [ReadableSpan];
    const atStart = starts.of(span);
    const atEnd = Object.fromEntries(
      Object.entries(span.attributes).filter(([name]) => !(name in atStart) && !limits.asymmetricMatch(name)),
    );
    return { name: span.name, atStart, atEnd };
  }

  it('follow the conventions for a chat completion', async () => {
    const { name, atStart, atEnd } = await attributesOf(() =>
      openai.chat.completions.create({
        ...chat('Say hello to everybody.'),
        max_tokens: 50,
        temperature: 0.3,
        top_p: 0.9,
        frequency_penalty: 0.1,
        presence_penalty: 0.2,
        seed: 7,
        n: 1,
        stop: ['END', 'STOP'],
        service_tier: 'flex',
      }),
    );
    const [bill] = telemetry.emulator.ledger.entries();
    expect(name).toBe('chat gpt-4o-mini');
    expect(atStart).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.request.max_tokens': 50,
      'gen_ai.request.temperature': 0.3,
      'gen_ai.request.top_p': 0.9,
      'gen_ai.request.frequency_penalty': 0.1,
      'gen_ai.request.presence_penalty': 0.2,
      'gen_ai.request.seed': 7,
      'gen_ai.request.choice.count': 1,
      'openai.request.service_tier': 'flex',
      ...server(),
    });
    expect(atEnd).toEqual({
      ...answered,
      'gen_ai.response.id': bill!.responseId,
      'gen_ai.response.model': 'gpt-4o-mini-2024-07-18',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': bill!.inputTokens,
      'gen_ai.usage.output_tokens': bill!.outputTokens,
      'gen_ai.usage.cache_read.input_tokens': 0,
      'gen_ai.usage.cost': expect.any(Number),
      'openai.response.service_tier': 'flex',
    });
  });

  it('follow the conventions for a streamed chat completion', async () => {
    const startedAt = performance.now();
    const { atStart, atEnd } = await attributesOf(async () =>
      drain(
        await openai.chat.completions.create({
          ...chat(),
          stream: true,
          stream_options: { include_usage: true },
        }),
      ),
    );
    const [bill] = telemetry.emulator.ledger.entries();
    expect(atStart).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.request.stream': true,
      ...server(),
    });
    expect(atEnd).toEqual({
      ...answered,
      'gen_ai.response.id': bill!.responseId,
      'gen_ai.response.model': 'gpt-4o-mini-2024-07-18',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.response.time_to_first_chunk': expect.any(Number),
      'llm.time_to_first_token_ms': expect.any(Number),
      'gen_ai.usage.input_tokens': bill!.inputTokens,
      'gen_ai.usage.output_tokens': bill!.outputTokens,
      'gen_ai.usage.cache_read.input_tokens': 0,
      'gen_ai.usage.cost': expect.any(Number),
      'openai.response.service_tier': expect.any(String),
    });
    // The conventions use seconds. In milliseconds, the value would exceed the duration of the call.
    const seconds = (performance.now() - startedAt) / 1000;
    expect(atEnd['gen_ai.response.time_to_first_chunk']).toBeLessThan(seconds);
  });

  it('include the reasoning tokens of a reasoning model', async () => {
    const { atEnd } = await attributesOf(() =>
      openai.chat.completions.create({ ...chat(), model: 'gpt-5-mini', max_completion_tokens: 2000 }),
    );
    const [bill] = telemetry.emulator.ledger.entries();
    expect(bill!.reasoningTokens).toBeGreaterThan(0);
    expect(atEnd).toMatchObject({
      'gen_ai.usage.output_tokens': bill!.outputTokens,
      'gen_ai.usage.reasoning.output_tokens': bill!.reasoningTokens,
    });
  });

  it('follow the conventions for the Responses API', async () => {
    const { name, atStart, atEnd } = await attributesOf(() =>
      openai.responses.create({ model: 'gpt-4o-mini', input: 'Say hello.', max_output_tokens: 60 }),
    );
    const [bill] = telemetry.emulator.ledger.entries();
    expect(name).toBe('chat gpt-4o-mini');
    expect(atStart).toMatchObject({ 'gen_ai.operation.name': 'chat', 'gen_ai.request.max_tokens': 60 });
    expect(atEnd).toMatchObject({
      'gen_ai.response.id': bill!.responseId,
      'gen_ai.response.finish_reasons': ['completed'],
      'gen_ai.usage.input_tokens': bill!.inputTokens,
      'gen_ai.usage.output_tokens': bill!.outputTokens,
    });
  });

  it('follow the conventions for embeddings', async () => {
    const { name, atStart, atEnd } = await attributesOf(() =>
      openai.embeddings.create({ model: 'text-embedding-3-small', input: 'A lamp.', dimensions: 8 }),
    );
    const [bill] = telemetry.emulator.ledger.entries();
    expect(name).toBe('embeddings text-embedding-3-small');
    expect(atStart).toEqual({
      'gen_ai.operation.name': 'embeddings',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'text-embedding-3-small',
      'gen_ai.embeddings.dimension.count': 8,
      ...server(),
    });
    expect(atEnd).toMatchObject({
      ...answered,
      'gen_ai.response.model': 'text-embedding-3-small',
      'gen_ai.usage.input_tokens': bill!.inputTokens,
    });
  });

  it('have no usage for a message if the span of the SDK has the usage', async () => {
    // Older models accept these parameters, which the types of the SDK no longer contain.
    const sampling = { temperature: 0.5, top_k: 40 };
    const { name, atStart, atEnd } = await attributesOf(() =>
      anthropic.messages.create({ ...message(), ...sampling, stop_sequences: ['END'] }),
    );
    const [bill] = telemetry.emulator.ledger.entries();
    expect(name).toBe('chat claude-haiku-4-5');
    expect(atStart).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.request.model': 'claude-haiku-4-5',
      'gen_ai.request.max_tokens': 100,
      'gen_ai.request.temperature': 0.5,
      'gen_ai.request.top_k': 40,
      ...server(),
    });
    expect(atEnd).toEqual({
      ...answered,
      'gen_ai.response.id': bill!.responseId,
      'gen_ai.response.model': 'claude-haiku-4-5-20251001',
      'gen_ai.response.finish_reasons': ['end_turn'],
    });
  });

  it('have the cache tokens of a message if the tracing of the SDK is off', async () => {
    const untraced = anthropic.withOptions({ openTelemetry: false });
    const instructions = {
      type: 'text' as const,
      text: 'Be brief, and be kind. '.repeat(400),
      cache_control: { type: 'ephemeral' as const },
    };
    const ask = () => untraced.messages.create({ ...message(), system: [instructions] });
    const first = await attributesOf(ask);
    exporter.reset();
    const second = await attributesOf(ask);
    const [writing, reading] = telemetry.emulator.ledger.entries();
    expect(writing!.cacheWriteTokens).toBeGreaterThan(0);
    expect(first.atEnd).toMatchObject({
      'gen_ai.usage.input_tokens': writing!.inputTokens,
      'gen_ai.usage.output_tokens': writing!.outputTokens,
      'gen_ai.usage.cache_read.input_tokens': 0,
      // The name of the attribute in conventions 1.41.
      'gen_ai.usage.cache_creation.input_tokens': writing!.cacheWriteTokens,
    });
    expect(first.atEnd).not.toHaveProperty(['gen_ai.usage.cache_write.input_tokens']);
    expect(reading!.cachedInputTokens).toBeGreaterThan(0);
    expect(second.atEnd).toMatchObject({
      'gen_ai.usage.input_tokens': reading!.inputTokens,
      'gen_ai.usage.cache_read.input_tokens': reading!.cachedInputTokens,
    });
  });

  it('have the status and error type of a rejected request', async () => {
    const { atEnd } = await attributesOf(() =>
      openai.chat.completions.create(chat('[emulate bad_request] A.')),
    );
    expect(atEnd).toEqual({
      ...answered,
      'http.response.status_code': 400,
      'error.type': 'bad_request',
    });
  });

  it('have the error type of a request without a response', async () => {
    const nowhere = openai.withOptions({ baseURL: 'http://127.0.0.1:1/v1' });
    const { atStart, atEnd } = await attributesOf(() => nowhere.chat.completions.create(chat()));
    expect(atStart).toMatchObject({ 'server.address': '127.0.0.1', 'server.port': 1 });
    expect(atEnd).toEqual({ ...ours, 'error.type': 'connection' });
  });
});
