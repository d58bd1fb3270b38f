import type { SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import { inCall, llm, records, scripted, telemetry } from './agent-app.js';
import {
  assistant,
  HAIKU,
  init,
  modelUsage,
  SONNET,
  SONNET_RELEASE,
  success,
  turn,
} from './agent-messages.js';

/** Iterables with the messages of a query that behave in unusual ways. */
describe('queries of the Claude Agent SDK in unusual hands', () => {
  it('record what a flush missed when the result arrives', async () => {
    const query = llm.observeQuery(scripted([...turn().slice(0, 3), success()]));
    const iterator = query[Symbol.asyncIterator]();
    for (let read = 0; read < 3; read++) await iterator.next();
    await llm.flush();
    await iterator.next();
    const [early, late] = await records.exactly(2);
    expect(early!.attempts).toMatchObject([
      { ending: 'left', usage: { source: 'estimated', inputTokens: 100 } },
    ]);
    const sum = (name: 'inputTokens' | 'outputTokens'): number => early!.usage![name] + late!.usage![name];
    expect([sum('inputTokens'), sum('outputTokens')]).toEqual([100, 20]);
    await iterator.next();
    await telemetry.flush();
    expect(records.now).toHaveLength(2);
  });

  it('record the models of a turn without a result, that of the agent last', async () => {
    const messages = [
      init(),
      assistant({ id: 'msg_1', text: 'x'.repeat(8) }),
      assistant({ id: 'msg_2', model: HAIKU, parent: 'toolu_1', usage: { input_tokens: 7 } }),
    ];
    await inCall(async () => {
      for await (const _ of llm.observeQuery(scripted(messages)));
    });
    const { attempts } = await records.only();
    expect(attempts.map(({ failure }) => failure?.type)).toEqual(['stream_cut', 'stream_cut']);
    expect(
      attempts.map(({ requestModel, ending, usage }) => [requestModel, ending, usage!.inputTokens]),
    ).toEqual([
      [HAIKU, 'cut', 7],
      [SONNET, 'cut', 100],
    ]);
  });

  it('record subagents that end after the last result', async () => {
    const late = assistant({
      id: 'msg_9',
      model: SONNET_RELEASE,
      parent: 'toolu_1',
      usage: { input_tokens: 9 },
    });
    await inCall(async () => {
      for await (const _ of llm.observeQuery(scripted([...turn(), late])));
    });
    const { attempts, failure } = await records.only();
    expect(failure).toBeNull();
    expect(attempts.map(({ ending, usage }) => [ending, usage!.inputTokens])).toEqual([
      ['finished', 100],
      ['finished', 9],
    ]);
  });

  it('record no attempt for commands that call no model', async () => {
    const cleared = success({ num_turns: 0, modelUsage: {}, stop_reason: null, total_cost_usd: 0 });
    const reset = { type: 'conversation_reset', new_conversation_id: 'x', session_id: 'x', uuid: 'x' };
    const again = success({ modelUsage: { [SONNET]: modelUsage({ inputTokens: 500, outputTokens: 70 }) } });
    await inCall(async () => {
      const messages = [...turn(), reset, init(), cleared, init(), assistant({ id: 'msg_2' }), again];
      for await (const _ of llm.observeQuery(scripted(messages)));
    });
    const { attempts } = await records.only();
    expect(attempts.map(({ usage }) => usage!.inputTokens)).toEqual([100, 500]);
  });

  it('deliver messages of any kind unchanged', async () => {
    const hostile = Object.defineProperty({ type: 'assistant' }, 'message', {
      get: () => {
        throw new Error('canary');
      },
    });
    const loop: Record<string, unknown> = { type: 'result', subtype: 'success' };
    loop['modelUsage'] = { [SONNET]: loop };
    const messages = [
      null,
      7,
      'text',
      Object.freeze(init()),
      hostile,
      { type: 'assistant', message: null },
      loop,
    ];
    const received: unknown[] = [];
    for await (const message of llm.observeQuery(scripted(messages))) received.push(message);
    expect(received).toEqual(messages);
    expect(received.every((message, index) => message === messages[index])).toBe(true);
  });

  it('are observed with methods of their own, and throw what the application throws into them', async () => {
    const own = scripted(turn());
    const query = { ...bound(own), [Symbol.asyncIterator]: () => own };
    const keys = Reflect.ownKeys(query);
    llm.observeQuery(query);
    expect(Reflect.ownKeys(query)).toEqual(keys);
    await query.next();
    await query.next();
    await expect(query.throw(new Error('enough'))).rejects.toThrow('enough');
    expect((await records.only()).attempts).toMatchObject([{ ending: 'left' }]);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a promise', Promise.resolve()],
    ['a string', 'canary'],
    ['an object', Object.freeze(turn()[0])],
  ])('are reported in a warning if they are %s', (kind, value) => {
    expect(llm.observeQuery(value as never)).toBe(value);
    const warning = `observeQuery expects the Query that query() of @anthropic-ai/claude-agent-sdk returns, received ${kind}.`;
    expect(telemetry.logger.entries.filter(({ text }) => text.includes(warning))).toHaveLength(1);
    expect(telemetry.logger.entries.filter(({ text }) => text.includes('canary'))).toEqual([]);
  });

  it('are reported like a wrong client and a wrong socket', () => {
    expect(llm.observeAwsClient(undefined as never)).toBeUndefined();
    expect(llm.observeWebSocket(undefined as never)).toBeUndefined();
    for (const method of ['observeAwsClient', 'observeWebSocket'])
      expect(
        telemetry.logger.entries.filter(({ text }) => text.startsWith(`${method} expects `)),
      ).toHaveLength(1);
  });
});

function bound(query: AsyncGenerator<SDKMessage, void>) {
  return {
    next: query.next.bind(query),
    return: query.return.bind(query),
    throw: query.throw.bind(query),
  };
}
