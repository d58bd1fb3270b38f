import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { query, type Options } from '@anthropic-ai/claude-agent-sdk';
import { LlmTelemetry, type CallRecord } from 'nestjs-llm-telemetry';
import { RecordCollector } from '../support/record-collector.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/**
 * Runs Claude Code itself against the emulator. Its executable has 384 MB and is not installed:
 * `CLAUDE_CODE=/path/to/claude npm test -- claude-code`.
 */
const EXECUTABLE = process.env['CLAUDE_CODE'];

(EXECUTABLE === undefined ? describe.skip : describe)('queries of Claude Code', () => {
  const records = new RecordCollector();
  const home = mkdtempSync(join(tmpdir(), 'claude-code-'));
  let telemetry: TelemetryApp;

  beforeAll(async () => {
    telemetry = await startTelemetryApp({ options: { onCall: records.onCall } });
  });
  afterAll(async () => {
    await telemetry.stop();
    rmSync(home, { recursive: true, force: true });
  });
  beforeEach(() => records.clear());

  /** Asks in one call. Returns its record, and the session. */
  async function ask(
    prompt: string,
    options: Options = {},
  ): Promise<{ record: CallRecord; session: string }> {
    const llm = telemetry.get(LlmTelemetry);
    let session = '';
    const environment = {
      PATH: process.env['PATH'],
      HOME: home,
      ANTHROPIC_BASE_URL: telemetry.emulator.url,
      ANTHROPIC_API_KEY: 'sk-ant-canary-key',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_MAX_RETRIES: '1',
    };
    await llm
      .run({ feature: 'agents', operation: 'ask' }, async () => {
        const started = query({
          prompt,
          options: {
            pathToClaudeCodeExecutable: EXECUTABLE!,
            cwd: home,
            env: environment,
            model: 'claude-sonnet-4-5',
            settingSources: [],
            tools: [],
            ...options,
          },
        });
        for await (const message of llm.observeQuery(started)) session = message.session_id ?? session;
      })
      .catch(() => undefined);
    return { record: await records.only(), session };
  }

  /** Expects the tokens and the cost of the requests since `from`, as the provider bills them. */
  function expectBilled({ usage, cost, providerCostUsd }: CallRecord, from: number): void {
    const bill = telemetry.emulator.ledger.entries().slice(from);
    const sum = (name: 'inputTokens' | 'outputTokens'): number =>
      bill.reduce((all, entry) => all + entry[name], 0);
    expect([usage!.inputTokens, usage!.outputTokens]).toEqual([sum('inputTokens'), sum('outputTokens')]);
    expect(cost.costUsd).toBeCloseTo(providerCostUsd!, 9);
  }

  it.each<[string, string, Options]>([
    ['one response', 'Hello', {}],
    [
      'tools that run into the limit of turns',
      '[emulate tool] x',
      { tools: ['Bash'], allowedTools: ['Bash'], maxTurns: 1 },
    ],
    ['a subagent', '[emulate tool] x', { tools: ['Agent'], allowedTools: ['Agent'] }],
    ['a response that reaches the token limit', '[emulate truncate] x', {}],
  ])('are recorded as billed for %s', async (_, prompt, options) => {
    const from = telemetry.emulator.ledger.entries().length;
    expectBilled((await ask(prompt, options)).record, from);
  });

  it('do not repeat the usage of a session that they resume', async () => {
    const { session } = await ask('Hello');
    records.clear();
    const from = telemetry.emulator.ledger.entries().length;
    expectBilled((await ask('Again', { resume: session })).record, from);
  });

  it.each([
    ['rate_limit', 'rate_limit'],
    ['overloaded', 'overloaded'],
    ['auth', 'auth'],
    ['context_length', 'context_window_exceeded'],
    ['server_error', 'server_error'],
  ])('that end with the fault %s have the error type %s', async (fault, type) => {
    const { record } = await ask(`[emulate ${fault}] x`);
    expect(record).toMatchObject({ failure: { type }, cost: { costUsd: 0 } });
  });
});
