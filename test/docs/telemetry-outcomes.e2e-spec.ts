import { SpanStatusCode } from '@opentelemetry/api';
import OpenAI from 'openai';
import { z } from 'zod';
import { ERROR_DESCRIPTIONS } from '../../src/llm-telemetry/calls/error-type.js';
import { Deadline } from '../support/deadline.js';
import { chat, message } from '../support/prompts.js';
import { firstRequest } from '../support/received-requests.js';
import { Assistant, ended, lines, metrics, start, telemetry } from './support/annotated-orders.js';

/** Verifies the claims of docs/telemetry.md on finish reasons and error types. */

describe('finish reasons', () => {
  const finishOf = async (work: (assistant: Assistant) => unknown): Promise<unknown[]> => {
    const { call } = await ended(work);
    return [call.attributes['llm.finish_reason'], call.status.code, call.attributes['llm.error_type']];
  };
  const { OK, ERROR, UNSET } = SpanStatusCode;

  it.each([
    ['none', 'stop', OK, undefined],
    ['truncate after=5', 'length', ERROR, undefined],
    ['filter', 'content_filter', ERROR, 'content_filter'],
    ['refuse', 'refusal', OK, undefined],
  ])('of Chat Completions with [%s] are %s', async (fault, finish, status, errorType) => {
    await start();
    expect(await finishOf((assistant) => assistant.summarize(`[emulate ${fault}] Hi`))).toEqual([
      finish,
      status,
      errorType,
    ]);
  });

  it.each([
    ['truncate after=5', 'length', ERROR],
    ['pause', 'paused', OK],
    ['refuse', 'refusal', OK],
  ])('of Messages with [%s] are %s', async (fault, finish, status) => {
    await start();
    const create = (assistant: Assistant) =>
      assistant.send(() => assistant.anthropic.messages.create(message(`[emulate ${fault}] Hi`)));
    expect((await finishOf(create)).slice(0, 2)).toEqual([finish, status]);
  });

  it.each([
    ['length', ERROR, undefined],
    ['context_window', ERROR, undefined],
    ['tool_calls', OK, undefined],
    ['paused', OK, undefined],
    ['some_new_reason', OK, undefined],
  ])('recorded by hand as %s are kept', async (finishReason, status, errorType) => {
    await start();
    expect(await finishOf((assistant) => assistant.byHand({ finishReason }))).toEqual([
      finishReason,
      status,
      errorType,
    ]);
  });

  it('are error, which fails the call, if the provider ends the response with an error', async () => {
    await start();
    const create = (assistant: Assistant) =>
      assistant.send(() =>
        assistant.openai.responses.create({ model: 'gpt-4o-mini', input: '[emulate failed] Hi' }),
      );
    expect((await finishOf(create)).slice(0, 2)).toEqual(['error', ERROR]);
    expect(telemetry.records.at(-1)!.failure).not.toBeNull();
  });

  it('are cancelled if the application stops reading, and unread if it never reads the response', async () => {
    await start();
    const left = (assistant: Assistant) => assistant.stream('[emulate stall after=20] A story.', 2);
    expect((await finishOf(left)).slice(0, 2)).toEqual(['cancelled', UNSET]);
    const unread = (assistant: Assistant) =>
      assistant.send(() => assistant.openai.chat.completions.create(chat()).asResponse());
    expect((await finishOf(unread)).slice(0, 2)).toEqual(['unread', UNSET]);
  });

  it('omitted from errorStatuses are not errors', async () => {
    await start({ errorStatuses: ['length'] });
    const filtered = await finishOf((assistant) => assistant.byHand({ finishReason: 'content_filter' }));
    expect(filtered).toEqual(['content_filter', OK, undefined]);
    expect(await metrics.sum('llm.errors')).toBeNull();
  });

  it('are failures in llm.error and llm.errors, too, for content_filter', async () => {
    await start();
    const { call } = await ended((assistant) => assistant.byHand({ finishReason: 'content_filter' }));
    expect(call.attributes).toMatchObject({ 'llm.error': true, 'llm.error_type': 'content_filter' });
    expect(await metrics.sum('llm.errors', { 'llm.error_type': 'content_filter' })).toBe(1);
  });
});

describe('error types', () => {
  const typeOf = async (work: (assistant: Assistant) => unknown): Promise<unknown> =>
    (await ended(work)).call.attributes['llm.error_type'];

  it.each([
    ['rate_limit', 'rate_limit'],
    ['quota', 'quota_exhausted'],
    ['overloaded', 'overloaded'],
    ['server_error', 'server_error'],
    ['context_length', 'context_window_exceeded'],
    ['blocked', 'content_filter'],
    ['too_large', 'request_too_large'],
    ['auth', 'auth'],
    ['permission', 'permission'],
    ['not_found', 'not_found'],
    ['bad_request', 'bad_request'],
  ])('of a rejected request with [%s] are %s', async (fault, type) => {
    await start();
    expect(await typeOf((assistant) => assistant.summarize(`[emulate ${fault}] Hi`))).toBe(type);
  });

  it('are stream_cut, timeout and connection if the transport fails', async () => {
    await start();
    expect(await typeOf((assistant) => assistant.stream('[emulate cut after=5] A story.'))).toBe(
      'stream_cut',
    );
    telemetry.emulator.program({ kind: 'stall' });
    expect(await typeOf((assistant) => assistant.summarize('Hi', { timeout: 50 }))).toBe('timeout');
    telemetry.emulator.program({ kind: 'cut' });
    expect(await typeOf((assistant) => assistant.summarize())).toBe('connection');
  });

  it('are parse only if a model has responded in the call', async () => {
    await start();
    const parsed = (fault: string) => (assistant: Assistant) =>
      assistant.send(async () => JSON.parse(await assistant.summarize(`[emulate ${fault}] Hi`)) as unknown);
    expect(await typeOf(parsed('none'))).toBe('parse');
    expect(await typeOf((assistant) => assistant.send(async () => JSON.parse('{') as unknown))).toBe(
      'unknown',
    );
  });

  it('are truncated and budget_exceeded by the class of the error', async () => {
    await start({ budgets: [{ feature: 'reports', usd: 0.000001, per: 'day', onExceed: 'block' }] });
    await ended((assistant) => assistant.outer());
    const refused = await ended((assistant) => assistant.outer());
    expect(refused.call.attributes).toMatchObject({
      'llm.error_type': 'budget_exceeded',
      'llm.budget_exceeded': true,
    });
    expect(lines().at(-1)!.level).toBe('warn');
    const truncated = (assistant: Assistant) =>
      assistant.send(() =>
        assistant.openai.chat.completions.parse({
          ...chat('[emulate truncate after=2] Hi'),
          response_format: {
            type: 'json_schema',
            json_schema: { name: 'answer', schema: z.toJSONSchema(z.object({ text: z.string() })) },
          },
        }),
      );
    expect(await typeOf(truncated)).toBe('truncated');
  });

  it('are aborted for aborted calls, which do not count as errors', async () => {
    await start();
    telemetry.emulator.program({ kind: 'stall' });
    const controller = new AbortController();
    const { call } = await ended(async (assistant) => {
      const sent = assistant.summarize('Hi', { signal: controller.signal });
      await firstRequest(telemetry.emulator);
      controller.abort();
      await sent;
    });
    expect(call.attributes['llm.error_type']).toBe('aborted');
    expect(call.attributes).not.toHaveProperty(['llm.error']);
    expect(call.status.code).toBe(SpanStatusCode.UNSET);
    expect(await metrics.sum('llm.errors')).toBeNull();
  });

  it('are timeout for AbortSignal.timeout(), even if the SDK throws an abort or no error', async () => {
    await start();
    telemetry.emulator.program({ kind: 'stall' });
    const early = new Deadline();
    void firstRequest(telemetry.emulator).then(() => early.expire());
    const thrown = await ended((assistant) => assistant.summarize('Hi', { signal: early.signal }));
    expect(thrown.error).toBeInstanceOf(OpenAI.APIUserAbortError);
    expect(thrown.call.attributes['llm.error_type']).toBe('timeout');
    const late = new Deadline();
    const silent = await ended((assistant) =>
      assistant.stream(
        '[emulate stall after=5] A story.',
        Infinity,
        { signal: late.signal },
        () => void late.expire(),
      ),
    );
    expect(silent.error).toBeNull();
    expect(silent.call.attributes['llm.error_type']).toBe('timeout');
  });

  it('are aborted with the Anthropic SDK, which hides the reason of the signal', async () => {
    await start();
    telemetry.emulator.program({ kind: 'stall' });
    const deadline = new Deadline();
    void firstRequest(telemetry.emulator).then(() => deadline.expire());
    const type = await typeOf((assistant) =>
      assistant.send(() => assistant.anthropic.messages.create(message(), { signal: deadline.signal })),
    );
    expect(type).toBe('aborted');
  });

  it('are absent from the attempt of a stream that is abandoned by break', async () => {
    await start();
    const { attempts } = await ended((assistant) => assistant.stream('[emulate stall after=9] A story.', 2));
    expect(attempts[0]!.attributes).not.toHaveProperty(['error.type']);
  });

  it('have a description in the status that never contains text of the provider', async () => {
    await start();
    const { call, attempts } = await ended((assistant) =>
      assistant.summarize('[emulate context_length] canary-in-the-prompt'),
    );
    expect(call.status.message).toBe(ERROR_DESCRIPTIONS.context_window_exceeded);
    const written = [call, ...attempts].map(({ status, events, attributes }) => ({
      status,
      events,
      attributes,
    }));
    expect(JSON.stringify(written)).not.toContain('canary');
  });
});
