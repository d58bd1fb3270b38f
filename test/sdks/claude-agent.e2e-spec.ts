import { fileURLToPath } from 'node:url';
import {
  query,
  type Options,
  type Query,
  type SDKMessage,
  type SDKUserMessage,
} from '@anthropic-ai/claude-agent-sdk';
import { LlmTelemetry } from 'nestjs-llm-telemetry';
import { startTelemetryApp } from '../support/telemetry-app.js';
import { inCall, llm, records } from './agent-app.js';
import {
  assistant,
  failure,
  init,
  modelUsage,
  partial,
  SESSION,
  SONNET,
  success,
  turn,
} from './agent-messages.js';

/** Message of a script, or how it ends. */
type Line = SDKMessage | { readonly exit: number } | { readonly hold: true };

const EXECUTABLE = fileURLToPath(new URL('scripted-claude.mjs', import.meta.url));

describe('queries of the Claude Agent SDK', () => {
  /** Starts a query whose process answers each user message with the next turn. */
  function start(
    turns: Line[][],
    prompt: string | AsyncIterable<SDKUserMessage> = 'Hello',
    options: Options = {},
  ): Query {
    return query({
      prompt,
      options: {
        pathToClaudeCodeExecutable: EXECUTABLE,
        executable: process.execPath as 'node',
        env: { PATH: process.env['PATH'], CLAUDE_SCRIPT: JSON.stringify(turns) },
        ...options,
      },
    });
  }

  async function read(messages: AsyncIterable<SDKMessage>): Promise<SDKMessage[]> {
    const all: SDKMessage[] = [];
    for await (const message of messages) all.push(message);
    return all;
  }

  it('are recorded with usage, costs, turns and session when their result arrives', async () => {
    await inCall(() => read(llm.observeQuery(start([turn({ num_turns: 3, ttft_ms: 0 })]))));
    const record = await records.only();
    expect(record).toMatchObject({
      feature: 'agents',
      operation: 'ask',
      model: 'claude-sonnet-4-5-20250929',
      finishReason: 'stop',
      failure: null,
      cost: { source: 'table', costUsd: 0.0006 },
      providerCostUsd: 0.0006,
    });
    expect(record.attempts).toEqual([
      expect.objectContaining({
        operation: 'chat',
        provider: 'anthropic',
        requestModel: SONNET,
        server: null,
        status: null,
        ending: 'finished',
        turns: 3,
        providerFinishReasons: ['end_turn'],
        parameters: { model: SONNET, stream: true, conversationId: SESSION },
        usage: expect.objectContaining({ source: 'provider', inputTokens: 100, outputTokens: 20 }),
      }),
    ]);
    expect(record.timeToFirstTokenMs).toBeGreaterThan(0);
  });

  it('are recorded outside of a call, as one record with all models', async () => {
    const usage = { [SONNET]: modelUsage(), 'claude-haiku-4-5': modelUsage({ inputTokens: 7 }) };
    await read(llm.observeQuery(start([turn({ modelUsage: usage })])));
    const record = await records.only();
    expect(record).toMatchObject({
      feature: 'unattributed',
      operation: 'chat',
      model: 'claude-sonnet-4-5-20250929',
    });
    expect(record.attempts.map(({ requestModel, usage: of }) => [requestModel, of?.inputTokens])).toEqual([
      ['claude-haiku-4-5', 7],
      [SONNET, 100],
    ]);
    expect(record.durationMs).toBeGreaterThanOrEqual(record.attempts[1]!.durationMs);
  });

  it('deliver the same messages, and are the same objects, as without telemetry', async () => {
    const script = [turn()];
    const bare = start(script);
    const keys = Reflect.ownKeys(bare);
    const observed = start(script);
    const prototype = Object.getPrototypeOf(observed) as object;
    expect(llm.observeQuery(observed)).toBe(observed);
    expect(Reflect.ownKeys(observed)).toEqual(keys);
    expect(Object.prototype.isPrototypeOf.call(prototype, observed)).toBe(true);
    for (const name of ['next', 'return', 'throw', 'interrupt', 'close'] as const)
      expect([observed[name].name, observed[name].length]).toEqual([bare[name].name, bare[name].length]);
    expect(await read(observed)).toEqual(await read(bare));
    await records.only();
  });

  it('are captured once if they are passed twice, or read by both of their iterators', async () => {
    const observed = llm.observeQuery(llm.observeQuery(start([turn()])));
    const iterator = observed[Symbol.asyncIterator]();
    await inCall(async () => {
      for (let message = await iterator.next(); !message.done;) message = await observed.next();
    });
    expect((await records.only()).attempts).toHaveLength(1);
  });

  it('keep their control methods', async () => {
    let proceed!: () => void;
    const ready = new Promise<void>((resolve) => (proceed = resolve));
    const observed = llm.observeQuery(start([turn()], userMessages(['one'], ready)));
    await inCall(async () => {
      await observed.setModel('claude-haiku-4-5');
      await observed.setPermissionMode('plan');
      expect(await observed.supportedCommands()).toEqual([]);
      await observed.interrupt();
      proceed();
      await read(observed);
    });
    expect((await records.only()).attempts).toHaveLength(1);
  });

  it('with several turns are recorded by what each result adds to the totals of the session', async () => {
    const total = modelUsage({ inputTokens: 300, outputTokens: 50, costUSD: 0.00165 });
    const observed = llm.observeQuery(
      start([turn(), turn({ modelUsage: { [SONNET]: total } }, 'msg_2')], userMessages(['one', 'two'])),
    );
    await inCall(() => read(observed));
    const { attempts, usage, providerCostUsd } = await records.only();
    expect(
      attempts.map(({ usage: of, providerCostUsd: usd }) => [of!.inputTokens, of!.outputTokens, usd]),
    ).toEqual([
      [100, 20, 0.0006],
      [200, 30, 0.00105],
    ]);
    expect([usage!.inputTokens, providerCostUsd]).toEqual([300, 0.00165]);
  });

  it('belong to the call that reads them, else to the call in which they were passed', async () => {
    const [first, second] = [start([turn()]), start([turn()])];
    await inCall(() => Promise.resolve(void llm.observeQuery(first)));
    llm.observeQuery(second);
    await llm.run({ feature: 'agents', operation: 'read' }, () => read(second));
    await read(first);
    const all = await records.exactly(3);
    expect(all.map(({ operation, attempts }) => [operation, attempts.length])).toEqual([
      ['ask', 0],
      ['read', 1],
      ['ask', 1],
    ]);
  });

  it('that are returned by a method are part of its call until they are read', async () => {
    const returned = llm.run({ feature: 'agents', operation: 'ask' }, () =>
      llm.observeQuery(start([turn()])),
    );
    expect(await read(returned)).toHaveLength(4);
    expect(await records.only()).toMatchObject({ operation: 'ask', attempts: [{ ending: 'finished' }] });
  });

  it.each<[string, ((observed: Query) => unknown) | null]>([
    ['break', null],
    ['close()', (observed) => observed.close()],
    ['return()', (observed) => observed.return()],
  ])('that are left by %s have the usage of their messages', async (_, leave) => {
    const script = [[init(), assistant({ id: 'msg_1', text: 'x'.repeat(40) }), { hold: true as const }]];
    const observed = llm.observeQuery(start(script));
    await inCall(async () => {
      for await (const message of observed) {
        if (message.type !== 'assistant') continue;
        if (leave === null) break;
        await leave(observed);
      }
    });
    expect((await records.only()).attempts).toMatchObject([
      {
        requestModel: SONNET,
        ending: 'left',
        finishReason: 'cancelled',
        failure: null,
        usage: { source: 'estimated', inputTokens: 100, outputTokens: 10 },
      },
    ]);
  });

  it('that are aborted throw the error of the SDK, and are recorded as aborted', async () => {
    const abortController = new AbortController();
    const observed = llm.observeQuery(
      start([[init(), assistant({ id: 'msg_1' }), { hold: true }]], 'Hello', { abortController }),
    );
    const reading = inCall(async () => {
      for await (const message of observed) if (message.type === 'assistant') abortController.abort();
    });
    await expect(reading).rejects.toThrow('aborted');
    expect(await records.only()).toMatchObject({
      failure: { type: 'aborted' },
      attempts: [{ ending: 'aborted', failure: { type: 'aborted' }, usage: { inputTokens: 100 } }],
    });
  });

  it('whose process dies throw the error of the SDK, and are recorded as cut off', async () => {
    const observed = llm.observeQuery(start([[init(), assistant({ id: 'msg_1' }), { exit: 3 }]]));
    await expect(inCall(() => read(observed))).rejects.toThrow('exited with code 3');
    expect(await records.only()).toMatchObject({
      failure: { type: 'stream_cut' },
      attempts: [{ ending: 'cut', usage: { source: 'estimated', inputTokens: 100 } }],
    });
  });

  it('whose process does not start throw the error of the SDK, and have no usage', async () => {
    const observed = llm.observeQuery(
      start([], 'Hello', { pathToClaudeCodeExecutable: '/nonexistent/claude' }),
    );
    await expect(inCall(() => read(observed))).rejects.toThrow('not found');
    expect(await records.only()).toMatchObject({
      failure: { errorClass: 'ReferenceError' },
      cost: { costUsd: 0 },
      attempts: [{ ending: 'failed', usage: null }],
    });
  });

  it('that end at a limit fail with the error of the SDK, and are billed', async () => {
    const denied = { tool_name: 'Bash', tool_use_id: 'toolu_1', tool_input: {} };
    const ended = failure('error_max_turns', {
      stop_reason: 'tool_use',
      terminal_reason: 'max_turns',
      permission_denials: [denied],
      errors: ['Reached maximum number of turns (1)'],
    });
    const observed = llm.observeQuery(
      start([[init(), assistant({ id: 'msg_1' }), ended, { hold: true }, { exit: 1 }]]),
    );
    await expect(inCall(() => read(observed))).rejects.toThrow('error result');
    expect(await records.only()).toMatchObject({
      finishReason: 'error',
      failure: { type: 'agent_limit', errorClass: 'Error' },
      cost: { source: 'table', costUsd: 0.0006 },
      attempts: [
        { ending: 'failed', providerFinishReasons: ['error_max_turns'], usage: { inputTokens: 100 } },
      ],
    });
  });

  it('with permission denials succeed', async () => {
    const denied = { tool_name: 'Bash', tool_use_id: 'toolu_1', tool_input: {} };
    await inCall(() => read(llm.observeQuery(start([turn({ permission_denials: [denied] })]))));
    expect(await records.only()).toMatchObject({ failure: null, finishReason: 'stop' });
  });

  it('are recorded as missing if they are left before a model has responded', async () => {
    const observed = llm.observeQuery(start([[init(), { hold: true }]]));
    await inCall(async () => {
      for await (const message of observed) if (message.type === 'system') break;
    });
    expect((await records.only()).attempts).toMatchObject([{ ending: 'left', usage: { source: 'missing' } }]);
  });

  it('are not observed if the module is disabled', async () => {
    const disabled = await startTelemetryApp({ options: { enabled: false } });
    const observed = start([turn()]);
    const prototype: unknown = Object.getPrototypeOf(observed);
    disabled.get(LlmTelemetry).observeQuery(observed);
    expect(Object.getPrototypeOf(observed)).toBe(prototype);
    await read(observed);
    await disabled.stop();
  });

  it('have the first token of their stream events', async () => {
    const { message } = assistant({ id: 'msg_1' });
    const events = [
      init(),
      partial({ type: 'message_start', message }),
      partial({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello.' } }),
      assistant({ id: 'msg_1' }),
      success(),
    ];
    const observed = llm.observeQuery(start([events], 'Hello', { includePartialMessages: true }));
    await inCall(() => read(observed));
    expect((await records.only()).attempts[0]!.timeToFirstTokenMs).toBeGreaterThan(0);
  });
});

async function* userMessages(
  texts: readonly string[],
  ready?: Promise<void>,
): AsyncGenerator<SDKUserMessage> {
  await ready;
  for (const content of texts)
    yield { type: 'user', message: { role: 'user', content }, parent_tool_use_id: null };
}
