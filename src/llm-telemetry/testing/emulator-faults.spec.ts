import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import {
  startProviderEmulator,
  type EmulatorOptions,
  type FaultKind,
  type LedgerEntry,
  type ProviderEmulator,
} from './index.js';

let emulator: ProviderEmulator;
let openai: OpenAI;
let anthropic: Anthropic;

async function start(options?: EmulatorOptions): Promise<void> {
  emulator = await startProviderEmulator(options);
  openai = new OpenAI({ apiKey: 'sk-canary', baseURL: emulator.openaiBaseUrl, maxRetries: 0 });
  anthropic = new Anthropic({ apiKey: 'sk-ant-canary', baseURL: emulator.anthropicBaseUrl, maxRetries: 0 });
}

beforeEach(() => start());
afterEach(() => emulator.stop());

const user = (content: string): [{ role: 'user'; content: string }] => [{ role: 'user', content }];
const GPT = { model: 'gpt-4o-mini', messages: user('Hi') } as const;
const CLAUDE = { model: 'claude-haiku-4-5', max_tokens: 500, messages: user('Hi') } as const;

/** Requests through the SDKs. Each resolves with the complete response. */
const ASK = {
  'OpenAI, plain': (options?: OpenAI.RequestOptions) => openai.chat.completions.create(GPT, options),
  'OpenAI, streamed': (options?: OpenAI.RequestOptions) =>
    openai.chat.completions.create({ ...GPT, stream: true }, options).then(collect),
  'Anthropic, plain': (options?: Anthropic.RequestOptions) => anthropic.messages.create(CLAUDE, options),
  'Anthropic, streamed': (options?: Anthropic.RequestOptions) =>
    anthropic.messages.create({ ...CLAUDE, stream: true }, options).then(collect),
};

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Waits for a ledger entry: the emulator bills an abandoned stream when it detects the disconnect. */
async function billed(): Promise<LedgerEntry> {
  while (emulator.ledger.entries().length === 0) await new Promise((resolve) => setImmediate(resolve));
  return emulator.ledger.entries().at(-1)!;
}

async function failure(request: Promise<unknown>): Promise<Record<string, unknown> & { headers?: Headers }> {
  return request.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: unknown) => error as Record<string, unknown>,
  );
}

// Source: API references, “Error codes” (OpenAI) and “Errors” (Anthropic).
describe.each<[FaultKind, object, object]>([
  [
    'rate_limit',
    { status: 429, code: 'rate_limit_exceeded', name: 'RateLimitError' },
    { status: 429, type: 'rate_limit_error', name: 'RateLimitError' },
  ],
  [
    'quota',
    { status: 429, code: 'insufficient_quota', type: 'insufficient_quota', name: 'RateLimitError' },
    {
      status: 400,
      type: 'invalid_request_error',
      message: expect.stringContaining('credit balance is too low'),
      name: 'BadRequestError',
    },
  ],
  [
    'overloaded',
    { status: 503, code: 'server_overloaded', name: 'InternalServerError' },
    { status: 529, type: 'overloaded_error', name: 'OverloadedError' },
  ],
  [
    'server_error',
    { status: 500, type: 'server_error', name: 'InternalServerError' },
    { status: 500, type: 'api_error', name: 'InternalServerError' },
  ],
  [
    'bad_request',
    { status: 400, type: 'invalid_request_error', code: null, name: 'BadRequestError' },
    { status: 400, type: 'invalid_request_error', name: 'BadRequestError' },
  ],
  [
    'auth',
    { status: 401, code: 'invalid_api_key', name: 'AuthenticationError' },
    { status: 401, type: 'authentication_error', name: 'AuthenticationError' },
  ],
  [
    'permission',
    { status: 403, name: 'PermissionDeniedError' },
    { status: 403, type: 'permission_error', name: 'PermissionDeniedError' },
  ],
  [
    'not_found',
    { status: 404, code: 'model_not_found', name: 'NotFoundError' },
    { status: 404, type: 'not_found_error', name: 'NotFoundError' },
  ],
  [
    'too_large',
    { status: 413, name: 'APIError' },
    { status: 413, type: 'request_too_large', name: 'ContentTooLargeError' },
  ],
  [
    'context_length',
    { status: 400, code: 'context_length_exceeded', name: 'BadRequestError' },
    { status: 400, message: expect.stringContaining('prompt is too long'), name: 'BadRequestError' },
  ],
  [
    'blocked',
    { status: 400, code: 'content_policy_violation', name: 'BadRequestError' },
    { status: 400, message: expect.stringContaining('content filtering policy'), name: 'BadRequestError' },
  ],
  [
    'html',
    { status: 502, code: undefined, error: undefined, name: 'InternalServerError' },
    { status: 502, type: null, name: 'InternalServerError' },
  ],
])('the fault %s', (kind, ofOpenai, ofAnthropic) => {
  it.each(Object.entries(ASK))(
    'returns the error of the provider and bills nothing (%s)',
    async (name, ask) => {
      emulator.program({ kind });
      const error = await failure(ask());
      const isOpenai = name.startsWith('OpenAI');
      expect({ ...error, message: error['message'], name: error.constructor.name }).toMatchObject(
        isOpenai ? ofOpenai : ofAnthropic,
      );
      expect(error['requestID']).toMatch(/^req_emu/);
      expect(error.headers?.get('retry-after')).toBeNull();
      expect(emulator.ledger.find(error['requestID'] as string)).toMatchObject({
        provider: isOpenai ? 'openai' : 'anthropic',
        stream: name.endsWith('streamed'),
        status: error['status'],
        responseId: null,
        inputTokens: 0,
        outputTokens: 0,
        finish: kind,
        billed: false,
        completed: false,
      });
      // A fault applies to one request.
      await expect(ask()).resolves.toBeDefined();
    },
  );
});

describe('a fault before the headers', () => {
  it.each(Object.entries(ASK))('makes the client time out (stall, %s)', async (_, ask) => {
    emulator.program({ kind: 'stall' });
    const error = await failure(ask({ timeout: 60 }));
    expect(error.constructor.name).toBe('APIConnectionTimeoutError');
    expect(await billed()).toMatchObject({ status: 0, outputTokens: 0, finish: 'stall', billed: false });
  });

  it.each(Object.entries(ASK))('breaks the connection (cut, %s)', async (_, ask) => {
    emulator.program({ kind: 'cut' });
    const error = await failure(ask());
    expect(error.constructor.name).toBe('APIConnectionError');
    expect(await billed()).toMatchObject({ status: 0, outputTokens: 0, finish: 'cut', billed: false });
  });
});

describe('a fault within a non-streaming response', () => {
  const plain = [
    ['OpenAI', ASK['OpenAI, plain']],
    ['Anthropic', ASK['Anthropic, plain']],
  ] as const;

  it.each(plain)('sends half of the body and bills the whole response (cut, %s)', async (_, ask) => {
    emulator.program({ kind: 'cut', afterTokens: 3 });
    await expect(ask()).rejects.toThrow(/terminated/);
    expect(await billed()).toMatchObject({ status: 200, finish: 'cut', billed: true, completed: false });
    expect((await billed()).outputTokens).toBeGreaterThan(20);
  });

  it.each(plain)('sends half of the body and waits until the client aborts (stall, %s)', async (_, ask) => {
    emulator.program({ kind: 'stall', afterTokens: 3 });
    // The timeout of the Anthropic SDK does not cover the body.
    await expect(ask({ signal: AbortSignal.timeout(60) })).rejects.toThrow(/aborted|timeout/);
    expect(await billed()).toMatchObject({ status: 200, finish: 'stall', billed: true, completed: false });
  });

  it.each(plain)('rejects the request if it is not streamed (stream_error, %s)', async (_, ask) => {
    emulator.program({ kind: 'stream_error' });
    await expect(ask()).rejects.toMatchObject({ status: 500 });
    expect(await billed()).toMatchObject({ status: 500, finish: 'server_error', billed: false });
  });
});
