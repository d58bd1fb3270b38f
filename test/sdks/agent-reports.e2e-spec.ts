import type { SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import type { AttemptRecord, CallRecord, LlmErrorType } from 'nestjs-llm-telemetry';
import { inCall, llm, records, scripted } from './agent-app.js';
import {
  apiError,
  apiUsage,
  assistant,
  failure,
  HAIKU,
  init,
  modelUsage,
  SONNET,
  success,
  turn,
} from './agent-messages.js';

/** Public reports about tools that count the usage of the Claude Agent SDK or of Claude Code. */
describe('queries of the Claude Agent SDK in public reports', () => {
  /** Reads messages as those of a query in one call, and leaves it before `unread` if that is set. */
  async function record(messages: readonly SDKMessage[], unread?: SDKMessage): Promise<CallRecord> {
    await inCall(async () => {
      for await (const message of llm.observeQuery(scripted([...messages, ...(unread ? [unread] : [])])))
        if (message === unread) break;
    });
    return records.only();
  }

  function countsOf(attempts: readonly AttemptRecord[]): unknown {
    return attempts.map(({ usage }) => usage && [usage.inputTokens, usage.outputTokens]);
  }

  // https://github.com/anthropics/claude-code/issues/39733
  it('are recorded by the differences of cumulative totals', async () => {
    const totals = { [SONNET]: modelUsage({ inputTokens: 250, outputTokens: 45 }) };
    const { attempts } = await record([...turn(), ...turn({ modelUsage: totals }, 'msg_2')]);
    expect(countsOf(attempts)).toEqual([
      [100, 20],
      [150, 25],
    ]);
  });

  // https://github.com/anthropics/claude-agent-sdk-typescript/issues/469
  it('have no usage of earlier queries if they resume a session', async () => {
    const total = { [SONNET]: modelUsage({ inputTokens: 941, outputTokens: 200, costUSD: 0.005823 }) };
    const added = { [SONNET]: modelUsage({ inputTokens: 520, outputTokens: 107, costUSD: 0.003165 }) };
    const result = { modelUsage: total, model_usage_since_last_result: added };
    const { attempts, providerCostUsd } = await record(turn(result));
    expect(countsOf(attempts)).toEqual([[520, 107]]);
    expect(providerCostUsd).toBe(0.003165);
  });

  // https://github.com/ClickHouse/nerve/pull/162, https://github.com/EdanStarfire/claudecode_webui/issues/1838
  it('are recorded in full after the totals were reset without notice', async () => {
    const before = { [SONNET]: modelUsage({ inputTokens: 9000, outputTokens: 800, costUSD: 117.62 }) };
    const after = { [SONNET]: modelUsage({ inputTokens: 700, outputTokens: 30, costUSD: 1.08 }) };
    const { attempts } = await record([
      ...turn({ modelUsage: before }),
      ...turn({ modelUsage: after }, 'msg_2'),
    ]);
    expect(attempts.map(({ providerCostUsd }) => providerCostUsd)).toEqual([117.62, 1.08]);
    expect(countsOf(attempts)).toEqual([
      [9000, 800],
      [700, 30],
    ]);
  });

  // https://github.com/promptfoo/promptfoo/pull/10455
  it('include the tokens of subagents, which the main loop omits', async () => {
    const usage = apiUsage({ input_tokens: 10, output_tokens: 20 });
    const { attempts, usage: sum } = await record([
      init(),
      assistant({ id: 'msg_1', usage: { input_tokens: 10 } }),
      assistant({ id: 'msg_2', model: HAIKU, parent: 'toolu_1', usage: { input_tokens: 47 } }),
      success({
        usage: usage as never,
        modelUsage: {
          [SONNET]: modelUsage({ inputTokens: 10, outputTokens: 20 }),
          'claude-haiku-4-5': modelUsage({ inputTokens: 47, outputTokens: 60, cacheReadInputTokens: 10 }),
        },
      }),
    ]);
    expect([sum!.inputTokens, sum!.cachedInputTokens, sum!.outputTokens]).toEqual([67, 10, 80]);
    expect(attempts.map(({ responseModel }) => responseModel)).toEqual([HAIKU, 'claude-sonnet-4-5-20250929']);
  });

  // https://github.com/promptfoo/promptfoo/pull/10455
  it('are recorded from versions whose totals have no counts of caches, or that have no totals', async () => {
    const old = { inputTokens: 7, outputTokens: 3 } as never;
    const without = { modelUsage: undefined as never, total_cost_usd: 0.0012 };
    const usage = apiUsage({ input_tokens: 100, output_tokens: 20, cache_read_input_tokens: 50 }) as never;
    const first = await record(turn({ modelUsage: { [SONNET]: old } }));
    expect(countsOf(first.attempts)).toEqual([[7, 3]]);
    records.clear();
    const second = await record(turn({ ...without, usage }));
    expect(second.usage).toMatchObject({ inputTokens: 150, cachedInputTokens: 50, outputTokens: 20 });
    expect(second.providerCostUsd).toBe(0.0012);
  });

  // https://github.com/victorGPT/vibeusage/pull/152, https://github.com/juliantanx/aiusage/pull/32
  it('that are left count a response once, however many messages repeat its usage', async () => {
    const repeated = Array.from({ length: 14 }, () => assistant({ id: 'msg_1', text: 'word' }));
    const { attempts } = await record([init(), ...repeated], init());
    expect(attempts).toMatchObject([
      { ending: 'left', usage: { source: 'estimated', inputTokens: 100, outputTokens: 14 } },
    ]);
  });

  // https://github.com/getagentseal/codeburn/pull/201
  it('that are left have the output of the last message of a response, not its placeholder', async () => {
    const { attempts } = await record(
      [
        init(),
        assistant({ id: 'msg_1', usage: { output_tokens: 1 } }),
        assistant({ id: 'msg_1', usage: { output_tokens: 245 }, stop: 'end_turn' }),
      ],
      init(),
    );
    expect(attempts).toMatchObject([{ usage: { source: 'provider', outputTokens: 245 } }]);
  });

  // https://github.com/kenn-io/agentsview/issues/1452
  it('price cache writes of one hour that only their messages tell apart', async () => {
    const usage = {
      cache_creation_input_tokens: 8989,
      cache_creation: { ephemeral_1h_input_tokens: 8989, ephemeral_5m_input_tokens: 0 },
    };
    const totals = { [SONNET]: modelUsage({ cacheCreationInputTokens: 8989 }) };
    const { attempts } = await record([
      init(),
      assistant({ id: 'msg_1', usage }),
      success({ modelUsage: totals }),
    ]);
    expect(attempts[0]!.usage).toMatchObject({ cacheWriteTokens1h: 8989, cacheWriteTokens5m: 0 });
    // 100 × $3 + 20 × $15 + 8,989 × $6 a million
    expect(attempts[0]!.cost).toMatchObject({ costUsd: 0.054534 });
  });

  // https://github.com/langfuse/claude-observability-plugin/issues/34
  it('price cache writes by the lifetimes of the result; others count as five minutes', async () => {
    const cacheCreationInputTokens = 37_175;
    const known = { cacheCreationEphemeral1hInputTokens: 37_000, cacheCreationEphemeral5mInputTokens: 100 };
    const totals = { [SONNET]: modelUsage({ cacheCreationInputTokens, ...known }) };
    const { usage } = await record(turn({ modelUsage: totals }));
    expect(usage).toMatchObject({ cacheWriteTokens1h: 37_000, cacheWriteTokens5m: 175 });
  });

  // https://github.com/anthropics/claude-agent-sdk-typescript/issues/405
  it('that are interrupted have not failed', async () => {
    const ended = failure('error_during_execution', {
      terminal_reason: 'aborted_tools',
      stop_reason: 'tool_use',
    });
    const { attempts, failure: failed } = await record([init(), assistant({ id: 'msg_1' }), ended]);
    expect(attempts).toMatchObject([
      {
        ending: 'aborted',
        finishReason: 'cancelled',
        failure: { type: 'aborted' },
        usage: { inputTokens: 100 },
      },
    ]);
    expect(failed).toBeNull();
  });

  // https://github.com/anthropics/claude-agent-sdk-typescript/issues/366, https://github.com/swarajbachu/zuse/pull/202
  it('that are interrupted in a version without terminal_reason have not failed', async () => {
    const messages = [init(), assistant({ id: 'msg_1' }), failure('error_during_execution')];
    const query = Object.assign(scripted(messages), { interrupt: () => Promise.resolve() });
    await inCall(async () => {
      for await (const message of llm.observeQuery(query))
        if (message.type === 'assistant') await query.interrupt();
    });
    expect((await records.only()).attempts).toMatchObject([
      { ending: 'aborted', failure: { type: 'aborted' } },
    ]);
  });

  // https://github.com/anthropics/claude-code/issues/79500
  it('that end with an error of the API have its type, and their usage', async () => {
    const ended = success({
      is_error: true,
      terminal_reason: 'api_error',
      api_error_status: 403,
      num_turns: 484,
      result: 'Your organization has disabled Claude subscription access for Claude Code',
    });
    const { attempts } = await record([
      init(),
      assistant({ id: 'msg_1' }),
      apiError('oauth_org_not_allowed'),
      ended,
    ]);
    expect(attempts).toMatchObject([
      { ending: 'failed', failure: { type: 'permission' }, turns: 484, usage: { inputTokens: 100 } },
    ]);
  });

  // https://github.com/appstrate/appstrate/issues/771, https://github.com/pingdotgg/t3code/pull/9135
  it.each<[type: LlmErrorType, ended: SDKMessage]>([
    ['agent_limit', failure('error_max_turns', { terminal_reason: 'max_turns' })],
    ['agent_limit', failure('error_max_turns', { is_error: false })],
    ['agent_limit', failure('error_max_budget_usd', { terminal_reason: 'budget_exhausted' })],
    ['agent_limit', success({ is_error: true, terminal_reason: 'budget_exhausted' })],
    ['parse', failure('error_max_structured_output_retries')],
    ['parse', success({ is_error: true, terminal_reason: 'malformed_tool_use_exhausted' })],
    ['context_window_exceeded', failure('error_during_execution', { terminal_reason: 'blocking_limit' })],
    ['context_window_exceeded', failure('error_during_execution', { errors: ['prompt is too long'] })],
    ['context_window_exceeded', success({ terminal_reason: 'prompt_too_long' })],
    ['context_window_exceeded', success({ terminal_reason: 'rapid_refill_breaker' })],
    ['server_error', failure('error_during_execution', { terminal_reason: 'model_error' })],
    ['bad_request', failure('error_during_execution', { terminal_reason: 'image_error' })],
    ['permission', failure('error_during_execution', { startup_failure_reason: 'org_pin_mismatch' })],
    ['unknown', failure('error_during_execution')],
  ])('that end without an answer are failures of the type %s', async (type, ended) => {
    const call = await record([init(), assistant({ id: 'msg_1' }), ended]);
    expect(call).toMatchObject({ finishReason: 'error', failure: { type } });
    expect(call.attempts).toMatchObject([{ failure: { type }, usage: { inputTokens: 100 } }]);
  });

  it('that reach the token limit are truncated, also if the SDK throws', async () => {
    const ended = success({ is_error: true, result: 'API Error: response exceeded the maximum.' });
    const messages = [init(), assistant({ id: 'msg_1', error: 'max_output_tokens' }), ended];
    expect(await record(messages)).toMatchObject({ finishReason: 'length', truncated: true, failure: null });
    records.clear();
    const query = llm.observeQuery(scripted(messages, new Error('Claude Code returned an error result')));
    const asking = inCall(async () => {
      for await (const _ of query);
    });
    await expect(asking).rejects.toThrow('error result');
    expect(await records.only()).toMatchObject({ truncated: true, failure: { type: 'truncated' } });
  });

  it('that wait for the result of a tool have paused', async () => {
    const { failure: failed, finishReason } = await record([
      init(),
      assistant({ id: 'msg_1' }),
      success({ terminal_reason: 'tool_deferred', stop_reason: 'tool_use' }),
    ]);
    expect([failed, finishReason]).toEqual([null, 'paused']);
  });

  // https://github.com/vercel/ai/issues/20210
  it('whose only request was refused have an error and no usage', async () => {
    const refused = {
      is_error: true,
      api_error_status: 400,
      result: 'API Error: 400 <provider message>',
      terminal_reason: 'api_error' as const,
      modelUsage: {},
    };
    const call = await record([init(), apiError('invalid_request'), success(refused)]);
    expect(call).toMatchObject({ failure: { type: 'bad_request' }, cost: { costUsd: 0 } });
    expect(call.attempts).toMatchObject([
      { finishReason: 'error', failure: { type: 'bad_request' }, usage: null },
    ]);
    expect(JSON.stringify(call)).not.toContain('provider message');
  });

  // https://github.com/gsd-build/gsd-2/pull/4044
  it('have the type of an error that only their text tells', async () => {
    const overloaded = { is_error: true, result: 'API Error: 529 Overloaded.', modelUsage: {} };
    const { attempts } = await record([init(), success(overloaded)]);
    expect(attempts).toMatchObject([{ failure: { type: 'overloaded' } }]);
  });

  // https://github.com/swarajbachu/zuse/pull/195
  it('with an answer and without an error succeed, whatever the subtype is', async () => {
    const ended = { ...failure('error_during_execution', { is_error: false }), result: 'A summary.' };
    expect(await record([init(), assistant({ id: 'msg_1' }), ended])).toMatchObject({
      failure: null,
      finishReason: 'stop',
    });
  });

  // https://github.com/anthropics/claude-code/issues/88659
  it('have no cost if the SDK guesses the price of an unknown model', async () => {
    const guessed = modelUsage({ costUSD: 0.3181, costBasis: 'unknown', provider: 'gateway' });
    const { cost, attempts, providerCostUsd } = await record([
      init('stealth/ox-alpha'),
      assistant({ id: 'msg_1', model: 'stealth/ox-alpha' }),
      success({ modelUsage: { 'stealth/ox-alpha': guessed } }),
    ]);
    expect([cost.source, providerCostUsd, attempts[0]!.provider]).toEqual([
      'unknown',
      null,
      'anthropic_compatible',
    ]);
  });

  // https://github.com/anthropics/claude-code/issues/88107
  it('have unknown usage if a custom provider reports none', async () => {
    const empty = assistant({ id: 'msg_1' });
    const { attempts } = await record(
      [init(), { ...empty, message: { ...empty.message, usage: {} as never } }],
      init(),
    );
    expect(attempts).toMatchObject([{ ending: 'left', failure: null, usage: { source: 'missing' } }]);
  });

  // https://github.com/anthropics/claude-code/issues/46520
  it('price the sum of many requests by the context of each', async () => {
    const sum = modelUsage({ inputTokens: 681_400, outputTokens: 338_900, cacheReadInputTokens: 3_900_000 });
    const flat = await record([
      init('claude-sonnet-4-6'),
      success({ modelUsage: { 'claude-sonnet-4-6': sum } }),
    ]);
    // 681,400 × $3 + 338,900 × $15 + 3,900,000 × $0.30 a million
    expect(flat.cost).toMatchObject({ source: 'table', costUsd: 8.2977 });
  });

  // https://github.com/paperclipai/paperclip/pull/9167
  it('that succeeded stay successful if their process ends with an error', async () => {
    const ask = inCall(async () => {
      for await (const _ of llm.observeQuery(scripted(turn(), new Error('exited with code 1'))));
    });
    await expect(ask).rejects.toThrow('exited with code 1');
    expect((await records.only()).attempts).toMatchObject([{ ending: 'finished', failure: null }]);
  });

  // https://github.com/nanocoai/nanoclaw/pull/1219
  it('that are aborted are not failures of the model', async () => {
    const ask = inCall(async () => {
      for await (const _ of llm.observeQuery(
        scripted([init()], new Error('Claude Code process aborted by user')),
      ));
    });
    await expect(ask).rejects.toThrow('aborted');
    expect(await records.only()).toMatchObject({
      failure: { type: 'aborted' },
      attempts: [{ ending: 'aborted' }],
    });
  });
});
