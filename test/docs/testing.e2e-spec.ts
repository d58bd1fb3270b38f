import { readFileSync } from 'node:fs';
import Anthropic from '@anthropic-ai/sdk';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import {
  startProviderEmulator,
  type EmulatorOptions,
  type FaultKind,
  type ProviderEmulator,
} from 'nestjs-llm-telemetry/testing';
import OpenAI from 'openai';
import { DIALECTS } from '../../src/llm-telemetry/testing/dialects/dialects.js';
import { FAULT_KINDS } from '../../src/llm-telemetry/testing/model/faults.js';

/** Verifies the claims of docs/testing.md about the emulator, in the order of the page. */

let emulator: ProviderEmulator;
let openai: OpenAI;
let anthropic: Anthropic;

async function start(options?: EmulatorOptions): Promise<void> {
  await emulator?.stop();
  emulator = await startProviderEmulator(options);
  openai = new OpenAI({ apiKey: 'sk-any', baseURL: emulator.openaiBaseUrl, maxRetries: 0 });
  anthropic = new Anthropic({ apiKey: 'any', baseURL: emulator.anthropicBaseUrl, maxRetries: 0 });
}

beforeEach(() => start());
afterEach(() => emulator.stop());

const chat = (content = 'Say hello.', options?: OpenAI.RequestOptions) =>
  openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content }] }, options);
const message = (content = 'Say hello.') =>
  anthropic.messages.create({
    model: 'claude-haiku-4-5',
    max_tokens: 100,
    messages: [{ role: 'user', content }],
  });

/** Returns the status of a request that must fail. */
async function statusOf(request: Promise<unknown>): Promise<number | undefined> {
  const error = await request.then(
    () => undefined,
    (reason: unknown) => reason as { status?: number },
  );
  expect(error).toBeDefined();
  return error!.status;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('the emulator', () => {
  it('is an HTTP server on 127.0.0.1', () => {
    expect(emulator.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('lists all faults and dialects on the page', () => {
    const page = readFileSync(new URL('../../docs/testing.md', import.meta.url), 'utf8');
    const listed = (title: string): string[] =>
      [
        ...page
          .split(`## ${title}\n`)[1]!
          .split('\n## ')[0]!
          .matchAll(/^\| `(\w+)`/gm),
      ].map(([, name]) => name!);
    expect(listed('Faults').sort()).toEqual([...FAULT_KINDS, 'none'].sort());
    expect(listed('Dialects').sort()).toEqual(Object.keys(DIALECTS).sort());
  });

  it.each<[string, () => Promise<unknown>]>([
    ['Chat Completions', () => chat()],
    ['Responses', () => openai.responses.create({ model: 'gpt-4o-mini', input: 'Say hello.' })],
    ['Embeddings', () => openai.embeddings.create({ model: 'text-embedding-3-small', input: 'hello' })],
    ['Completions', () => openai.completions.create({ model: 'gpt-3.5-turbo-instruct', prompt: 'Hello' })],
    ['Images', () => openai.images.generate({ model: 'gpt-image-1', prompt: 'A cup.' })],
    [
      'Transcriptions',
      () =>
        openai.audio.transcriptions.create({
          model: 'gpt-4o-mini-transcribe',
          file: new File([new Uint8Array(32_000)], 'hello.wav'),
        }),
    ],
    ['Messages', () => message()],
  ])('supports %s', async (_, ask) => {
    await expect(ask()).resolves.toBeDefined();
    expect(emulator.ledger.entries()).toMatchObject([{ status: 200, billed: true }]);
  });

  it.each<[string, () => Promise<AsyncIterable<unknown>>]>([
    [
      'Chat Completions',
      () =>
        openai.chat.completions.create({
          model: 'gpt-4o-mini',
          messages: [{ role: 'user', content: 'Say hello.' }],
          stream: true,
        }),
    ],
    ['Responses', () => openai.responses.create({ model: 'gpt-4o-mini', input: 'Say hello.', stream: true })],
    [
      'Messages',
      () =>
        anthropic.messages.create({
          model: 'claude-haiku-4-5',
          max_tokens: 100,
          messages: [{ role: 'user', content: 'Say hello.' }],
          stream: true,
        }),
    ],
  ])('streams %s as server-sent events', async (_, ask) => {
    expect((await collect(await ask())).length).toBeGreaterThan(2);
    expect(emulator.ledger.entries()).toMatchObject([{ stream: true, completed: true }]);
  });

  it.each([
    [
      'Vertex AI',
      '/v1/projects/p/locations/europe-west1/publishers/anthropic/models/claude-haiku-4-5:rawPredict',
      { anthropic_version: 'vertex-2023-10-16' },
    ],
    [
      'Bedrock',
      '/model/anthropic.claude-haiku-4-5-20251001-v1:0/invoke',
      { anthropic_version: 'bedrock-2023-05-31' },
    ],
  ])('supports Messages of %s', async (_, path, version) => {
    const response = await fetch(`${emulator.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        ...version,
        max_tokens: 50,
        messages: [{ role: 'user', content: 'Say hello.' }],
      }),
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ type: 'message', role: 'assistant' });
  });

  it('counts tokens with a real tokenizer', async () => {
    const completion = await chat();
    const text = completion.choices[0]!.message.content!;
    expect(completion.usage!.completion_tokens).toBe(encode(text).length);
  });

  it('honors max_tokens', async () => {
    const completion = await openai.chat.completions.create({
      model: 'gpt-4o-mini',
      max_tokens: 3,
      messages: [{ role: 'user', content: 'Tell me a story.' }],
    });
    expect(completion.choices[0]!.finish_reason).toBe('length');
    expect(completion.usage!.completion_tokens).toBe(3);
  });

  it('keeps the latest requests without API keys', async () => {
    await chat();
    expect(emulator.requests).toMatchObject([{ method: 'POST', path: '/v1/chat/completions' }]);
    expect(JSON.stringify(emulator.requests)).not.toContain('sk-any');
  });

  it('clears requests, programmed faults and the ledger with reset()', async () => {
    await chat();
    emulator.program({ kind: 'overloaded' });
    emulator.reset();
    expect(emulator.requests).toEqual([]);
    expect(emulator.ledger.entries()).toEqual([]);
    await expect(chat()).resolves.toBeDefined();
  });
});

describe('sources of faults', () => {
  it('fails a request with the header x-emulator-fault, which takes precedence over a directive', async () => {
    const headers = { 'x-emulator-fault': 'rate_limit retry_after=1' };
    const error = await chat('[emulate auth]', { headers }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 429 });
    expect((error as { headers: Headers }).headers.get('retry-after')).toBe('1');
  });

  it('fails a request with a directive in the prompt, which takes precedence over program()', async () => {
    emulator.program({ kind: 'auth' });
    expect(await statusOf(chat('[emulate not_found]'))).toBe(404);
  });

  it('fails programmed requests by model and number, in the order of the program() calls', async () => {
    emulator.program({ kind: 'overloaded', times: 2, model: 'gpt-4o-mini' }, { kind: 'auth' });
    const statuses = [await statusOf(chat()), await statusOf(chat()), await statusOf(chat())];
    expect(statuses).toEqual([503, 503, 401]);
    await expect(chat()).resolves.toBeDefined();
  });

  it('fails requests at random with rates, reproducibly with the same seed', async () => {
    const outcomes = async (seed: number): Promise<boolean[]> => {
      await start({ rates: { server_error: 0.5 }, seed });
      const all: boolean[] = [];
      for (let request = 0; request < 20; request++)
        all.push(
          await chat().then(
            () => true,
            () => false,
          ),
        );
      return all;
    };
    const first = await outcomes(7);
    expect(new Set(first)).toEqual(new Set([true, false]));
    expect(await outcomes(7)).toEqual(first);
    expect(await outcomes(8)).not.toEqual(first);
  });

  it('limits a fault to the first attempts of a chain of retries', async () => {
    openai = openai.withOptions({ maxRetries: 2 });
    await expect(chat('[emulate rate_limit attempts=2 retry_after=0.001]')).resolves.toBeDefined();
    expect(emulator.ledger.entries().map(({ status }) => status)).toEqual([429, 429, 200]);
  });
});

describe('faults', () => {
  it.each<[FaultKind, number, number]>([
    ['rate_limit', 429, 429],
    ['quota', 429, 400],
    ['overloaded', 503, 529],
    ['server_error', 500, 500],
    ['bad_request', 400, 400],
    ['auth', 401, 401],
    ['permission', 403, 403],
    ['not_found', 404, 404],
    ['too_large', 413, 413],
    ['context_length', 400, 400],
    ['blocked', 400, 400],
    ['html', 502, 502],
    ['stream_error', 500, 500],
  ])('of kind %s respond with status %i (OpenAI) and %i (Anthropic)', async (kind, ofOpenai, ofAnthropic) => {
    expect(await statusOf(chat(`[emulate ${kind}]`))).toBe(ofOpenai);
    expect(await statusOf(message(`[emulate ${kind}]`))).toBe(ofAnthropic);
  });

  it('never send a response with stall', async () => {
    await expect(chat('[emulate stall]', { timeout: 60 })).rejects.toThrow(OpenAI.APIConnectionTimeoutError);
  });

  it('close the connection with cut', async () => {
    await expect(chat('[emulate cut]')).rejects.toThrow(OpenAI.APIConnectionError);
  });

  it('close the connection within a stream with cut after=2', async () => {
    const stream = await openai.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: '[emulate cut after=2] Tell me a story.' }],
      stream: true,
    });
    await expect(collect(stream)).rejects.toThrow();
  });

  it.each<[FaultKind, string, string]>([
    ['truncate', 'length', 'max_tokens'],
    ['filter', 'content_filter', 'refusal'],
    ['refuse', 'stop', 'refusal'],
  ])('end a response with %s as %s (OpenAI) and %s (Anthropic)', async (kind, ofOpenai, ofAnthropic) => {
    expect((await chat(`[emulate ${kind}] Tell me a story.`)).choices[0]!.finish_reason).toBe(ofOpenai);
    expect((await message(`[emulate ${kind}] Tell me a story.`)).stop_reason).toBe(ofAnthropic);
  });

  it('return text that is not JSON with invalid_json', async () => {
    const completion = await openai.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: '[emulate invalid_json] JSON, please.' }],
      response_format: { type: 'json_object' },
    });
    expect(() => JSON.parse(completion.choices[0]!.message.content!) as unknown).toThrow(SyntaxError);
  });

  it('return no text with empty', async () => {
    expect((await chat('[emulate empty]')).choices[0]!.message.content).toBe('');
  });

  it('call the first tool of the request with tool', async () => {
    const completion = await openai.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: '[emulate tool] Weather?' }],
      tools: ['weather', 'news'].map((name) => ({
        type: 'function',
        function: { name, parameters: { type: 'object', properties: {} } },
      })),
    });
    expect(completion.choices[0]!.message.tool_calls).toMatchObject([{ function: { name: 'weather' } }]);
  });

  it('return pause_turn of Anthropic with pause', async () => {
    expect((await message('[emulate pause]')).stop_reason).toBe('pause_turn');
  });

  it('end a response of the Responses API as failed with failed and its code', async () => {
    const response = await openai.responses.create({
      model: 'gpt-4o-mini',
      input: '[emulate failed code=rate_limit_exceeded]',
    });
    expect(response).toMatchObject({ status: 'failed', error: { code: 'rate_limit_exceeded' } });
  });

  it('let a request succeed with none, regardless of rates', async () => {
    await start({ rates: { overloaded: 1 } });
    await expect(chat('[emulate none]')).resolves.toBeDefined();
  });

  it.each(['iterations', 'advisor', 'fallback'])('add usage of several models with %s', async (directive) => {
    await message(`[emulate ${directive}]`);
    expect(emulator.ledger.entries()[0]!.iterations.length).toBeGreaterThan(0);
  });

  it('add the cost to the usage with proxy_cost', async () => {
    const { usage } = await chat('[emulate proxy_cost]');
    expect(usage).toMatchObject({ cost: expect.any(Number) });
  });
});

describe('the ledger', () => {
  it('finds the entry of one request by its id', async () => {
    const completion = await chat();
    expect(emulator.ledger.find(completion._request_id!)).toMatchObject({
      inputTokens: completion.usage!.prompt_tokens,
      outputTokens: completion.usage!.completion_tokens,
    });
  });

  it('bills responses that were cut, but not rejected requests', async () => {
    await chat('[emulate rate_limit]').catch(() => {});
    await chat('[emulate cut after=3] Tell me a story.').catch(() => {});
    expect(emulator.ledger.entries().map(({ billed }) => billed)).toEqual([false, true]);
  });
});
