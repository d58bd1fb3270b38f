import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { startProviderEmulator, type ProviderEmulator } from './index.js';

let emulator: ProviderEmulator;
let openai: OpenAI;
let anthropic: Anthropic;

beforeEach(async () => {
  emulator = await startProviderEmulator();
  openai = new OpenAI({ apiKey: 'sk-canary', baseURL: emulator.openaiBaseUrl, maxRetries: 0 });
  anthropic = new Anthropic({ apiKey: 'sk-ant-canary', baseURL: emulator.anthropicBaseUrl, maxRetries: 0 });
});
afterEach(() => emulator.stop());

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const HI = [{ role: 'user' as const, content: 'Hi' }];

describe('the list of models', () => {
  it('is returned in OpenAI format, and its models can be retrieved', async () => {
    const ids = (await collect(openai.models.list())).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['gpt-4o-mini', 'gpt-4o-mini-2024-07-18']));
    expect(await openai.models.retrieve('gpt-4o-mini')).toMatchObject({ id: 'gpt-4o-mini', object: 'model' });
    await expect(openai.models.retrieve('gpt-99')).rejects.toMatchObject({
      status: 404,
      type: 'invalid_request_error',
    });
  });

  it('is returned in Anthropic format, and its models can be retrieved', async () => {
    const models = await collect(anthropic.models.list());
    expect(models.map(({ id }) => id)).toContain('claude-haiku-4-5-20251001');
    const model = await anthropic.models.retrieve('claude-haiku-4-5');
    expect(model).toMatchObject({
      type: 'model',
      display_name: expect.any(String),
      created_at: expect.any(String),
    });
    await expect(anthropic.models.retrieve('claude-99')).rejects.toMatchObject({
      status: 404,
      type: 'not_found_error',
    });
  });
});

describe('count_tokens', () => {
  it.each<[string, Omit<Anthropic.MessageCreateParamsNonStreaming, 'model' | 'max_tokens'>]>([
    ['a prompt', { messages: HI }],
    [
      'blocks and a system prompt',
      {
        system: [{ type: 'text', text: 'Be brief.' }],
        messages: [{ role: 'user', content: [{ type: 'text', text: 'Grüße aus 東京' }] }],
      },
    ],
    ['tools', { messages: HI, tools: [{ name: 'weather', input_schema: { type: 'object' } }] }],
  ])('returns the input tokens that the response to %s reports', async (_, request) => {
    const counted = await anthropic.messages.countTokens({ model: 'claude-haiku-4-5', ...request });
    const { usage } = await anthropic.messages.create({
      model: 'claude-haiku-4-5',
      max_tokens: 10,
      ...request,
    });
    expect(counted.input_tokens).toBe(usage.input_tokens);
    expect(counted.input_tokens).toBeGreaterThan(4);
    // Counting tokens is not billed.
    expect(emulator.ledger.entries()).toHaveLength(1);
  });
});

describe('an invalid request', () => {
  it.each([
    ['GET', '/v1/nothing'],
    ['POST', '/v1/nothing'],
    ['GET', '/v1/chat/completions'],
    ['DELETE', '/v1/messages'],
  ])('to an unknown route (%s %s) returns a 404 in the format of each provider', async (method, path) => {
    const asOpenai = await fetch(emulator.url + path, { method });
    expect(asOpenai.status).toBe(404);
    expect(await asOpenai.json()).toMatchObject({
      error: { type: 'invalid_request_error', message: expect.any(String) },
    });
    const asAnthropic = await fetch(emulator.url + path, {
      method,
      headers: { 'anthropic-version': '2023-06-01' },
    });
    expect(asAnthropic.status).toBe(404);
    expect(await asAnthropic.json()).toMatchObject({
      type: 'error',
      error: { type: 'not_found_error', message: expect.any(String) },
    });
  });

  it.each<[string, object, string]>([
    ['no model', { messages: HI }, 'you must provide a model parameter'],
    ['no messages', { model: 'gpt-4o-mini' }, "'messages' must be a non-empty array"],
    ['empty messages', { model: 'gpt-4o-mini', messages: [] }, "'messages' must be a non-empty array"],
  ])('with %s is rejected in OpenAI format', async (_, request, message) => {
    const response = openai.chat.completions.create(request as never);
    await expect(response).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    await expect(response).rejects.toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      message: expect.stringContaining(message),
      requestID: expect.stringMatching(/^req_/),
    });
  });

  it.each<[string, object, string]>([
    ['no model', { messages: HI, max_tokens: 5 }, 'model: Field required'],
    ['no max_tokens', { model: 'claude-haiku-4-5', messages: HI }, 'max_tokens: Field required'],
    [
      'no messages',
      { model: 'claude-haiku-4-5', max_tokens: 5 },
      'messages: at least one message is required',
    ],
  ])('with %s is rejected in Anthropic format', async (_, request, message) => {
    const response = anthropic.messages.create(request as never);
    await expect(response).rejects.toBeInstanceOf(Anthropic.BadRequestError);
    await expect(response).rejects.toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      message: expect.stringContaining(message),
      requestID: expect.stringMatching(/^req_/),
    });
  });

  it('with a body that is not valid JSON is rejected', async () => {
    for (const path of ['/v1/chat/completions', '/v1/messages']) {
      const response = await fetch(emulator.url + path, { method: 'POST', body: '{"model":' });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
    }
  });
});

describe('recorded requests', () => {
  it('contain headers and bodies, but no credentials', async () => {
    await openai.chat.completions.create({ model: 'gpt-4o-mini', messages: HI });
    await anthropic.messages.create({ model: 'claude-haiku-4-5', max_tokens: 5, messages: HI });
    expect(emulator.requests).toMatchObject([
      { method: 'POST', path: '/v1/chat/completions', body: { model: 'gpt-4o-mini', messages: HI } },
      { method: 'POST', path: '/v1/messages', body: { model: 'claude-haiku-4-5', max_tokens: 5 } },
    ]);
    expect(emulator.requests[0]!.headers).toContainEqual(['x-stainless-retry-count', '0']);
    expect(emulator.requests[0]!.headers).toContainEqual(['authorization', '[key]']);
    await fetch(emulator.url, {
      headers: { 'x-api-key': 'sk-canary', 'api-key': 'canary', cookie: 'canary' },
    });
    expect(emulator.requests[2]!.headers).toContainEqual(['x-api-key', '[key]']);
    expect(JSON.stringify(emulator.requests)).not.toMatch(/canary/);
  });
});

describe('reset', () => {
  it('clears requests, programmed faults and the ledger', async () => {
    await openai.chat.completions.create({ model: 'gpt-4o-mini', messages: HI });
    emulator.program({ kind: 'rate_limit', times: 10 });
    emulator.reset();
    expect(emulator.requests).toEqual([]);
    expect(emulator.ledger.entries()).toEqual([]);
    await expect(
      openai.chat.completions.create({ model: 'gpt-4o-mini', messages: HI }),
    ).resolves.toBeDefined();
    expect(emulator.ledger.entries()).toHaveLength(1);
  });
});

describe('the emulator server', () => {
  it('closes open streams with an error when it stops', async () => {
    emulator.program({ kind: 'stall', afterTokens: 3, times: 2 });
    const chat = await openai.chat.completions.create({ model: 'gpt-4o-mini', messages: HI, stream: true });
    const message = anthropic.messages.stream({ model: 'claude-haiku-4-5', max_tokens: 50, messages: HI });
    // Both streams wait until the connection closes.
    const ends = Promise.allSettled([collect(chat), message.finalMessage()]);
    await new Promise((resolve) => message.once('text', resolve));
    const { url } = emulator;
    await emulator.stop();
    expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });

  it('can be stopped twice', async () => {
    await emulator.stop();
    await expect(emulator.stop()).resolves.toBeUndefined();
  });

  it('listens on a free or the configured port of 127.0.0.1, and rejects if the port is in use', async () => {
    expect(emulator.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const port = Number(new URL(emulator.url).port);
    await expect(startProviderEmulator({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await emulator.stop();
    emulator = await startProviderEmulator({ port });
    expect(new URL(emulator.url).port).toBe(String(port));
  });
});
