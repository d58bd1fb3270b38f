import { bareFetch } from '../support/bare-fetch.js';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { LlmTelemetry, type CallRecord } from 'nestjs-llm-telemetry';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/**
 * Verifies docs/testing.md with real test tools that replace `fetch`. Cases come from
 * openapi-ts/openapi-typescript#1878 (client created before MSW started), unjs/ofetch#377 (reference to `fetch` taken
 * at import) and vercel/next.js#93249 (tool restores the untapped `fetch`).
 */

const folder = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const { jest } = import.meta;
jest.setTimeout(120_000);

beforeAll(() => node(root, 'scripts/prepare.mjs', '--build'), 600_000);

interface Outcome {
  readonly answers: Record<string, string>;
  readonly identical: boolean;
  readonly restored: boolean;
  readonly warnings: readonly string[];
  readonly calls: ReadonlyArray<{ operation: string; usage: unknown; cost: unknown; attempts: number }>;
}

const MOCKED = { requestModel: 'gpt-4o-mini', usage: [11, 7, 'provider'], cost: 'table', attempts: 1 };

describe.each(['assignment', 'msw-2', 'msw-3', 'nock-14', 'nock-15', 'undici'])('%s', (tool) => {
  it('is captured in requests of SDK clients that Nest providers create after it has started', async () => {
    const { answers, calls, ...outcome } = await runWith(tool, 'before');
    expect(answers).toMatchObject({ sdk: 'Hello.', fetch: 'Hello.', stream: 'Hello.' });
    expect(calls).toMatchObject([MOCKED, MOCKED, MOCKED, { operation: 'removed', cost: 'table' }]);
    expect(outcome).toMatchObject({ restored: true, warnings: [] });
  });

  it('is captured in requests through fetch if it starts after the application, and is removed cleanly', async () => {
    const { answers, calls, ...outcome } = await runWith(tool, 'after');
    expect(answers).toMatchObject({ fetch: 'Hello.', stream: 'Hello.', removed: 'chat.completion' });
    expect(calls).toMatchObject([MOCKED, MOCKED, { operation: 'removed', cost: 'table' }]);
    expect(outcome).toMatchObject({ restored: true, warnings: [] });
  });
});

describe('nock-13', () => {
  it('does not intercept fetch, with or without the library', async () => {
    const { answers, identical } = await runWith('nock-13', 'before');
    expect(answers['fetch']).toContain('fetch failed');
    expect(identical).toBe(true);
  });
});

describe('a mock of node:test', () => {
  it('stays in place, and one warning explains the fix', async () => {
    const { answers, calls, identical, restored, warnings } = await runWith('node:test', 'before');
    expect(answers).toMatchObject({ sdk: 'Hello.', fetch: 'Hello.', stream: 'Hello.' });
    expect(calls.filter(({ attempts }) => attempts === 0)).toHaveLength(3);
    expect({ identical, restored }).toEqual({ identical: true, restored: true });
    expect(warnings.filter((text) => text.includes('globalThis.fetch is a mock'))).toHaveLength(1);
  });
});

describe.each(['threads', 'forks', 'vmThreads'])('vitest --pool=%s', (pool) => {
  it('captures stubs and spies, and leaves mocks in place', async () => {
    await node(`${folder}vitest`, '../node_modules/vitest/vitest.mjs', 'run', `--pool=${pool}`);
  });
});

describe('jest', () => {
  const records: CallRecord[] = [];
  let telemetry: TelemetryApp;

  beforeAll(async () => {
    telemetry = await startTelemetryApp({ options: { onCall: (record) => void records.push(record) } });
  });
  afterEach(() => {
    jest.restoreAllMocks();
    records.length = 0;
  });
  afterAll(() => telemetry.stop());

  it('keeps a mock in place, warns once, and captures it through wrapFetch', async () => {
    const tapped = globalThis.fetch;
    const spy = jest.spyOn(globalThis, 'fetch').mockImplementation(async () => answer());
    await run(() => ask(globalThis.fetch));
    await run(() => ask(globalThis.fetch));
    expect(globalThis.fetch).toBe(spy);
    expect(fetch).toHaveBeenCalledTimes(2);
    const warnings = telemetry.logger.entries.filter(({ text }) =>
      text.includes('globalThis.fetch is a mock'),
    );
    expect(warnings).toMatchObject([{ text: expect.stringContaining('telemetry.wrapFetch(fetch)') }]);
    expect(records).toMatchObject([{ usage: null }, { usage: null }]);

    const wrapped = telemetry.get(LlmTelemetry).wrapFetch(fetch);
    await run(() => ask(wrapped));
    expect(wrapped).toHaveBeenCalledTimes(3);
    expect(records[2]).toMatchObject({ usage: { inputTokens: 11, outputTokens: 7 } });

    spy.mockRestore();
    expect(globalThis.fetch).toBe(tapped);
  });

  it('captures a function that is assigned to globalThis.fetch', async () => {
    const tapped = globalThis.fetch;
    globalThis.fetch = async () => answer();
    await run(() => ask(globalThis.fetch));
    globalThis.fetch = tapped;
    expect(records).toMatchObject([{ usage: { inputTokens: 11, outputTokens: 7 } }]);
  });

  it('taps the platform’s fetch again after a tool has restored it', async () => {
    const tapped = globalThis.fetch;
    globalThis.fetch = bareFetch;
    await run(() => ask(globalThis.fetch, telemetry.emulator.url));
    expect(globalThis.fetch).not.toBe(bareFetch);
    globalThis.fetch = tapped;
    expect(records).toMatchObject([{ attempts: [{ status: 200 }] }]);
  });

  it('captures each request once after jest.resetModules and a second import', async () => {
    const tapped = globalThis.fetch;
    jest.resetModules();
    await import('nestjs-llm-telemetry');
    expect(globalThis.fetch).toBe(tapped);
    await run(() => ask(globalThis.fetch, telemetry.emulator.url));
    expect(records).toMatchObject([{ attempts: [{ status: 200 }] }]);
  });

  function run<T>(work: () => T): T {
    return telemetry.get(LlmTelemetry).run({ feature: 'test', operation: 'ask' }, work);
  }
});

const answer = (): Response =>
  Response.json({
    model: 'gpt-4o-mini',
    choices: [{ finish_reason: 'stop' }],
    usage: { prompt_tokens: 11, completion_tokens: 7 },
  });

async function ask(send: typeof fetch, origin = 'https://llm.invalid'): Promise<string> {
  const body = JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello.' }] });
  return (await send(`${origin}/v1/chat/completions`, { method: 'POST', body })).text();
}

async function runWith(tool: string, when: 'before' | 'after'): Promise<Outcome> {
  return JSON.parse(await node(folder, 'application.mjs', tool, when)) as Outcome;
}

/** @throws Error with the output, if the exit code is not 0. */
async function node(cwd: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, NODE_OPTIONS: '', NODE_ENV: 'test' };
  return (await promisify(execFile)(process.execPath, args, { cwd, env })).stdout;
}
