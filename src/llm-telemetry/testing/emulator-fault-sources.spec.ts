import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import {
  InvalidFaultError,
  startProviderEmulator,
  type EmulatorOptions,
  type FaultKind,
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

const ask = (): Promise<unknown> => openai.chat.completions.create(GPT);

async function failure(request: Promise<unknown>): Promise<Record<string, unknown> & { headers?: Headers }> {
  return request.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: unknown) => error as Record<string, unknown>,
  );
}

describe('the emulator', () => {
  it('fails as many attempts as the directive in the prompt requests, while the SDK retries', async () => {
    const patient = new OpenAI({ apiKey: 'sk-canary', baseURL: emulator.openaiBaseUrl, maxRetries: 2 });
    const { choices } = await patient.chat.completions.create({
      ...GPT,
      messages: user('Hello [emulate rate_limit attempts=2 retry_after=0.01] there'),
    });
    expect(choices[0]!.message.content).toContain('“Hello there”');
    expect(emulator.requests.map(({ headers }) => new Map(headers).get('x-stainless-retry-count'))).toEqual([
      '0',
      '1',
      '2',
    ]);
    expect(emulator.ledger.entries()).toMatchObject([
      { status: 429, retryCount: 0, billed: false },
      { status: 429, retryCount: 1, billed: false },
      { status: 200, retryCount: 2, billed: true },
    ]);
  });

  it('sends the retry delay in retry-after and retry-after-ms', async () => {
    emulator.program({ kind: 'rate_limit', retryAfter: 1.5 }, { kind: 'overloaded', retryAfter: 30 });
    const ofOpenai = await failure(ask());
    expect([...ofOpenai.headers!]).toEqual(
      expect.arrayContaining([
        ['retry-after', '2'],
        ['retry-after-ms', '1500'],
      ]),
    );
    const ofAnthropic = await failure(anthropic.messages.create(CLAUDE));
    expect(ofAnthropic.headers!.get('retry-after')).toBe('30');
  });

  it('prefers the fault in the request header to directives and programmed faults', async () => {
    emulator.program({ kind: 'auth' });
    const headers = { 'x-emulator-fault': 'not_found' };
    await expect(
      openai.chat.completions.create({ ...GPT, messages: user('[emulate quota]') }, { headers }),
    ).rejects.toMatchObject({ status: 404 });
    await expect(
      openai.chat.completions.create({ ...GPT, messages: user('[emulate quota]') }),
    ).rejects.toMatchObject({
      code: 'insufficient_quota',
    });
    await expect(ask()).rejects.toMatchObject({ status: 401 });
  });

  it('applies programmed faults in order, and only to the model they name', async () => {
    emulator.program(
      { kind: 'auth', model: 'claude-haiku-4-5' },
      { kind: 'quota', times: 2 },
      { kind: 'permission' },
    );
    const statuses: unknown[] = [];
    for (let count = 0; count < 3; count++) statuses.push((await failure(ask()))['status']);
    expect(statuses).toEqual([429, 429, 403]);
    await expect(ask()).resolves.toBeDefined();
    await expect(anthropic.messages.create(CLAUDE)).rejects.toMatchObject({ status: 401 });
  });

  it.each([
    'no_such_fault',
    'rate_limit soon',
    'rate_limit attempts=x',
    'rate_limit attempts=-1',
    'cut later=3',
  ])('rejects the invalid directive "%s"', async (directive) => {
    await expect(
      openai.chat.completions.create({ ...GPT, messages: user(`[emulate ${directive}]`) }),
    ).rejects.toMatchObject({ status: 400, message: expect.stringMatching(/fault|key=number/) });
  });

  it('throws an error with a stable code if an unknown fault is programmed', () => {
    const program = (): void => emulator.program({ kind: 'no_such_fault' as FaultKind });
    expect(program).toThrow(InvalidFaultError);
    expect(program).toThrow(expect.objectContaining({ code: 'LLM_TELEMETRY_INVALID_FAULT' }));
    expect(program).toThrow(/^Unknown fault "no_such_fault"\. Allowed: none, rate_limit, /);
  });
});

describe('fault rates', () => {
  async function outcomes(options: EmulatorOptions, count = 60): Promise<string[]> {
    await emulator.stop();
    await start(options);
    for (let at = 0; at < count; at++) await ask().catch(() => undefined);
    return emulator.ledger.entries().map(({ finish }) => finish);
  }

  it('are applied, and fail the same requests with the same seed', async () => {
    const rates = { rate_limit: 0.2, server_error: 0.2, truncate: 0.2 };
    const first = await outcomes({ rates, seed: 7 });
    expect(await outcomes({ rates, seed: 7 })).toEqual(first);
    expect(await outcomes({ rates, seed: 8 })).not.toEqual(first);
    expect(new Set(first)).toEqual(new Set(['stop', 'rate_limit', 'server_error', 'length']));
    const failed = first.filter((finish) => finish !== 'stop').length;
    // 1 - 0.8³ = 49 % of 60; the seed is fixed, the bounds check that the rates are applied.
    expect(failed).toBeGreaterThan(18);
    expect(failed).toBeLessThan(42);
  });

  it('always fail requests with a rate of 1 and never with a rate of 0', async () => {
    expect(new Set(await outcomes({ rates: { overloaded: 1 } }, 10))).toEqual(new Set(['overloaded']));
    expect(new Set(await outcomes({ rates: { overloaded: 0 } }, 10))).toEqual(new Set(['stop']));
  });

  it('do not apply to a request with the directive "none"', async () => {
    await emulator.stop();
    await start({ rates: { overloaded: 1 } });
    await expect(
      openai.chat.completions.create({ ...GPT, messages: user('Hi [emulate none]') }),
    ).resolves.toBeDefined();
  });
});
