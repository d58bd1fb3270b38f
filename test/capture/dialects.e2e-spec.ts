import Anthropic from '@anthropic-ai/sdk';
import { LlmTelemetry, type AttemptRecord, type Usage } from 'nestjs-llm-telemetry';
import {
  startProviderEmulator,
  type DialectName,
  type FaultKind,
  type LedgerEntry,
} from 'nestjs-llm-telemetry/testing';
import OpenAI from 'openai';
import type { Dialect } from '../../src/llm-telemetry/testing/dialects/dialect.js';
import { DIALECTS } from '../../src/llm-telemetry/testing/dialects/dialects.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

let telemetry: TelemetryApp;

const BODY = {
  model: 'gpt-5-mini',
  messages: [
    { role: 'system' as const, content: 'You answer for a shop. '.repeat(300) },
    { role: 'user' as const, content: 'Hello there' },
  ],
};

beforeAll(async () => {
  telemetry = await startTelemetryApp({
    emulatorOptions: { cachedTokens: true },
    options: { store: false, dashboard: false },
  });
  // The prompt is in the provider's cache from now on.
  await ask([], false);
});
afterAll(() => telemetry.stop());

interface Asked {
  readonly attempt: AttemptRecord;
  readonly line: LedgerEntry;
}

/** Sends a request whose prompt is cached by then, and returns its attempt with its line on the bill. */
async function ask(
  dialects: readonly string[],
  stream: boolean,
  { fault, asksUsage = true }: { readonly fault?: FaultKind; readonly asksUsage?: boolean } = {},
): Promise<Asked> {
  const { emulator, records } = telemetry;
  emulator.reset();
  records.length = 0;
  if (fault) emulator.program({ kind: fault, retryAfter: 7 });
  const headers = { 'x-emulator-dialect': dialects.join(' ') };
  const options = stream && asksUsage ? { stream_options: { include_usage: true } } : {};
  await telemetry.get(LlmTelemetry).run({ feature: 'test', operation: 'ask' }, async () => {
    try {
      const request = { ...BODY, stream, ...options };
      const response = await telemetry.get(OpenAI).chat.completions.create(request, { headers });
      if (Symbol.asyncIterator in response) for await (const _ of response);
    } catch {
      // The failure is in the record.
    }
  });
  await telemetry.flush();
  const [line] = emulator.ledger.entries();
  return { attempt: records[0]!.attempts[0]!, line: line! };
}

/** Expected usage by the bill. */
function billed(line: LedgerEntry): Partial<Usage> {
  return {
    source: 'provider',
    inputTokens: line.inputTokens,
    cachedInputTokens: line.cachedInputTokens,
    outputTokens: line.outputTokens,
    reasoningTokens: line.reasoningTokens,
    clamped: false,
    derived: false,
  };
}

/** Parts of the usage that a dialect does not report. The totals are always those of the bill. */
const LOST: Partial<Record<string, Partial<Usage>>> = {
  reasoning_in_total: { reasoningTokens: 0, derived: true },
  usage_without_details: { reasoningTokens: 0, cachedInputTokens: 0 },
} satisfies Partial<Record<DialectName, Partial<Usage>>>;

const ROWS: ReadonlyArray<readonly [string, Dialect]> = Object.entries<Dialect>(DIALECTS);
const NAMES = ROWS.map(([name]) => name);
const ofUsage = ROWS.filter(([, { usage, sendsUsage, sendsCost }]) => usage ?? sendsUsage ?? sendsCost);
const USAGES = ofUsage.map(([name]) => name);
const ERRORS = ROWS.filter(([, { rejection }]) => rejection).map(([name]) => name);
const FRAMINGS = NAMES.filter((name) => !USAGES.includes(name) && !ERRORS.includes(name));

function expectBilled({ attempt, line }: Asked, lost: Partial<Usage> | undefined): void {
  expect(line).toMatchObject({ billed: true, completed: true });
  expect(line.cachedInputTokens).toBeGreaterThan(0);
  expect(line.reasoningTokens).toBeGreaterThan(0);
  expect(attempt).toMatchObject({ failure: null, ending: 'finished', finishReason: 'stop' });
  expect(attempt.usage).toMatchObject({ ...billed(line), ...lost });
  expect(attempt.providerCostUsd).toBe(line.proxyCostUsd);
}

describe('the usage of a response in the dialect', () => {
  it.each(NAMES)('%s is recorded as the provider bills it', async (name) => {
    expectBilled(await ask([name], false), LOST[name]);
  });
});

describe('the usage of a stream in the dialect', () => {
  it.each(NAMES)('%s is recorded as the provider bills it', async (name) => {
    const asked = await ask([name], true);
    expectBilled(asked, LOST[name]);
    expect(asked.attempt.timeToFirstTokenMs).not.toBeNull();
  });

  it.each(USAGES)('%s is recorded as the provider bills it in each framing', async (name) => {
    for (const framing of FRAMINGS) expectBilled(await ask([name, framing], true), LOST[name]);
  });

  it('is reported without request in the dialects that send it', async () => {
    for (const [name, { sendsUsage }] of ofUsage)
      if (sendsUsage) expectBilled(await ask([name], true, { asksUsage: false }), LOST[name]);
  });
});

describe('a stream of another API', () => {
  const headersOf = (framing: string): { headers: Record<string, string> } => ({
    headers: { 'x-emulator-dialect': framing },
  });
  const APIS: Readonly<Record<string, (framing: string) => Promise<AsyncIterable<unknown>>>> = {
    Responses: (framing) => {
      const request = { model: 'gpt-5-mini', input: 'Hello there', stream: true as const };
      return telemetry.get(OpenAI).responses.create(request, headersOf(framing));
    },
    Messages: (framing) =>
      telemetry.get(Anthropic).messages.create(
        {
          model: 'claude-haiku-4-5',
          max_tokens: 60,
          messages: [{ role: 'user', content: 'Hello there' }],
          stream: true,
        },
        headersOf(framing),
      ),
    Gemini: async (framing) => {
      const { url } = telemetry.emulator;
      const { headers } = headersOf(framing);
      const response = await fetch(`${url}/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse`, {
        method: 'POST',
        headers: { ...headers, 'x-goog-api-key': 'any' },
        body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'Hello there' }] }] }),
      });
      return response.body!;
    },
  };

  it.each(Object.entries(APIS))('%s is recorded as the provider bills it in each framing', async (_, ask) => {
    for (const framing of FRAMINGS) {
      telemetry.emulator.reset();
      telemetry.records.length = 0;
      await telemetry.get(LlmTelemetry).run({ feature: 'test', operation: 'ask' }, async () => {
        for await (const _ of await ask(framing));
      });
      await telemetry.flush();
      const [line] = telemetry.emulator.ledger.entries();
      const attempt = telemetry.records[0]!.attempts[0]!;
      expect([framing, attempt.failure, attempt.ending]).toEqual([framing, null, 'finished']);
      expect(attempt.usage).toMatchObject(billed(line!));
    }
  });
});

describe('a refused request in the dialect', () => {
  const TYPES = {
    rate_limit: 'rate_limit',
    server_error: 'server_error',
    overloaded: 'overloaded',
    auth: 'auth',
    context_length: 'context_window_exceeded',
  } satisfies Partial<Record<FaultKind, string>>;

  it.each(ERRORS)('%s fails with the type of the error', async (name) => {
    for (const [fault, type] of Object.entries(TYPES)) {
      for (const stream of [false, true]) {
        const { attempt, line } = await ask([name], stream, { fault: fault as FaultKind });
        expect([fault, stream, attempt.failure?.type]).toEqual([fault, stream, type]);
        expect(attempt.usage).toBeNull();
        expect(line.billed).toBe(false);
      }
    }
  });

  it('wait_in_body has the delay that the body asks for', async () => {
    const { attempt } = await ask(['wait_in_body'], false, { fault: 'rate_limit' });
    expect(attempt).toMatchObject({ failure: { type: 'rate_limit' }, retryAfterMs: 7000 });
  });
});

describe('a stream that is interrupted by an error in the dialect', () => {
  it.each(['errors_in_200', 'error_without_member'])('%s has failed', async (name) => {
    const { attempt } = await ask([name], true, { fault: 'stream_error' });
    expect(attempt.failure).toMatchObject({ type: 'server_error' });
  });
});

describe('a successful response without content', () => {
  it.each([
    ['no_body', false],
    ['no_body', true],
    ['only_done', true],
    ['only_done', false],
  ] as const)('has failed with the fault %s (stream: %s)', async (fault, stream) => {
    const { attempt, line } = await ask([], stream, { fault });
    expect(line).toMatchObject({ status: 200, billed: false });
    expect(attempt).toMatchObject({ status: 200, failure: { type: 'empty_response' } });
  });
});

describe('dialects of an emulator', () => {
  it('can be selected for all responses or by a directive in a prompt', async () => {
    const emulator = await startProviderEmulator({ dialects: ['cached_tokens'] });
    const openai = new OpenAI({ apiKey: 'any', baseURL: emulator.openaiBaseUrl });
    const messages = [{ role: 'user' as const, content: 'Hello [emulate reasoning_outside]' }];
    const { usage, choices } = await openai.chat.completions.create({ model: 'gpt-5-mini', messages });
    await emulator.stop();
    expect(choices[0]!.message.content).not.toContain('emulate');
    expect(usage).toMatchObject({ cached_tokens: 0 });
    expect(usage!.total_tokens).toBeGreaterThan(usage!.prompt_tokens + usage!.completion_tokens);
  });

  it('must be known', async () => {
    await expect(startProviderEmulator({ dialects: ['klingon' as DialectName] })).rejects.toThrow(
      'Unknown dialect "klingon". Allowed: reasoning_outside, ',
    );
    const { attempt } = await ask(['klingon'], false);
    expect(attempt.failure).toMatchObject({ type: 'bad_request' });
  });
});
