import { Body, Catch, Controller, Injectable, Post, UseFilters, type ArgumentsHost } from '@nestjs/common';
import { APP_FILTER, BaseExceptionFilter } from '@nestjs/core';
import Anthropic from '@anthropic-ai/sdk';
import {
  currentLlmCall,
  LlmCall,
  LlmExceptionFilter,
  type CallRecord,
  type FinishReason,
} from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import request from 'supertest';
import { CollectedMetrics } from '../support/metrics.js';
import { chat } from '../support/prompts.js';
import { CollectedSpans } from '../support/spans.js';
import { PLATFORMS, startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

const NAMED = { feature: 'failures' };

@Injectable()
class Assistant {
  constructor(
    private readonly openai: OpenAI,
    private readonly anthropic: Anthropic,
  ) {}

  @LlmCall({ ...NAMED, operation: 'ask' })
  async ask(text: string): Promise<string> {
    const { choices } = await this.openai.chat.completions.create(chat(text));
    return choices[0]!.message.content!;
  }

  @LlmCall({ ...NAMED, operation: 'wrap' })
  async wrap(text: string): Promise<string> {
    return this.ask(text).catch((cause: unknown) => {
      throw new Error('The summary failed.', { cause });
    });
  }

  @LlmCall({ ...NAMED, operation: 'parse' })
  async parse(text: string): Promise<unknown> {
    return JSON.parse(await this.ask(text));
  }

  @LlmCall({ ...NAMED, operation: 'run' })
  async run(work: () => unknown): Promise<unknown> {
    return work();
  }

  @LlmCall({ ...NAMED, operation: 'fail_afterwards' })
  async failAfterwards(error: unknown): Promise<void> {
    await this.openai.chat.completions.create(chat('Hello.'));
    throw error;
  }

  @LlmCall({ ...NAMED, operation: 'message' })
  async message(text: string): Promise<unknown> {
    return this.anthropic.messages.create({
      model: 'claude-haiku-4-5',
      max_tokens: 50,
      messages: [{ role: 'user', content: text }],
    });
  }

  /** Has no annotation. */
  async plain(text: string): Promise<unknown> {
    return this.openai.chat.completions.create(chat(text));
  }
}

class EmptyAnswerError extends Error {}

const FAILURES: Record<string, (assistant: Assistant) => unknown> = {
  'a rate limit': (assistant) => assistant.ask('[emulate rate_limit retry_after=7] Hello.'),
  'a rate limit, wrapped in the controller': (assistant) =>
    assistant.ask('[emulate rate_limit retry_after=7] Hello.').catch((cause: unknown) => {
      throw new Error('outer', { cause: new Error('inner', { cause }) });
    }),
  'a rate limit, wrapped in a call': (assistant) =>
    assistant.wrap('[emulate rate_limit retry_after=7] Hello.'),
  'a rate limit of a method that is not annotated': (assistant) =>
    assistant.plain('[emulate rate_limit retry_after=7] Hello.'),
  'an answer that is no JSON': (assistant) => assistant.parse('[emulate invalid_json] Hello.'),
  'an empty answer': (assistant) => assistant.failAfterwards(new EmptyAnswerError('empty')),
  'a bug in the controller': () => (undefined as unknown as string).length,
  'a SyntaxError of the controller': () => JSON.parse('{"cut'),
  'a bug in a call': (assistant) => assistant.run(() => (undefined as unknown as string).length),
  'a bug after an answer': (assistant) => assistant.failAfterwards(new TypeError('undefined')),
  'a SyntaxError in a call without a request': (assistant) => assistant.run(() => JSON.parse('{"cut')),
  'an error of another service in a call': (assistant) =>
    assistant.failAfterwards(Object.assign(new Error('no such order'), { statusCode: 404 })),
  'an error with a status': () => {
    throw Object.assign(new Error('too large'), { statusCode: 413, code: 'FST_ERR_CTP_BODY_TOO_LARGE' });
  },
  'an error with a circle of causes': () => {
    const error = new Error('a');
    error.cause = new Error('b', { cause: error });
    throw error;
  },
};

@Controller()
@UseFilters(new LlmExceptionFilter({ message: 'The model is not available' }))
class FailingController {
  constructor(private readonly assistant: Assistant) {}

  @Post('fail')
  async fail(@Body() { how }: { how: string }): Promise<unknown> {
    return FAILURES[how]!(this.assistant);
  }
}

/** A global filter of the application, such as one that reports errors to a tracker. */
@Catch()
class EverythingFilter extends BaseExceptionFilter {
  static readonly seen: unknown[] = [];

  override catch(error: unknown, host: ArgumentsHost): void {
    EverythingFilter.seen.push(error);
    // oxlint-disable-next-line promise/valid-params -- not a promise: the method of a filter
    super.catch(error, host);
  }
}

describe.each(Object.keys(PLATFORMS) as Array<keyof typeof PLATFORMS>)(
  'LlmExceptionFilter on %s',
  (platform) => {
    let telemetry: TelemetryApp;
    beforeAll(async () => {
      telemetry = await startTelemetryApp({
        providers: [Assistant, { provide: APP_FILTER, useClass: EverythingFilter }],
        controllers: [FailingController],
        platform,
      });
    });
    afterAll(() => telemetry.stop());
    beforeEach(() => void EverythingFilter.seen.splice(0));

    const fail = (how: string): request.Test =>
      request(telemetry.app.getHttpServer()).post('/fail').send({ how });

    it.each([
      ['a rate limit', 'rate_limit', '7'],
      // sashirestela/simple-openai#292: a wrapped error lost the type of its cause.
      ['a rate limit, wrapped in the controller', 'rate_limit', '7'],
      ['a rate limit, wrapped in a call', 'rate_limit', '7'],
      ['a rate limit of a method that is not annotated', 'rate_limit', '7'],
      ['an answer that is no JSON', 'parse', undefined],
      ['an empty answer', 'unknown', undefined],
    ])('responds to %s with 503', async (how, errorType, retryAfter) => {
      const { body, headers } = await fail(how).expect(503);
      expect(body).toEqual({ statusCode: 503, message: 'The model is not available', errorType });
      expect(headers['retry-after']).toBe(retryAfter);
      expect(EverythingFilter.seen).toEqual([]);
    });

    it.each([
      ['a bug in the controller', 500],
      ['a SyntaxError of the controller', 500],
      ['a bug in a call', 500],
      ['a bug after an answer', 500],
      ['a SyntaxError in a call without a request', 500],
      ['an error of another service in a call', 500],
      ['an error with a status', 500],
      ['an error with a circle of causes', 500],
    ])('passes %s on to the global filter', async (how, status) => {
      const { body } = await fail(how).expect(status);
      expect(body).not.toHaveProperty('errorType');
      expect(EverythingFilter.seen).toHaveLength(1);
    });
  },
);

describe('errorStatuses', () => {
  const spans = new CollectedSpans();

  async function outcomeOf(
    errorStatuses: readonly FinishReason[] | undefined,
    work: (assistant: Assistant, openai: OpenAI) => Promise<unknown>,
  ): Promise<{ record: CallRecord; errors: number; span: Awaited<ReturnType<typeof spans.calls>>[number] }> {
    const metrics = new CollectedMetrics().register();
    const telemetry = await startTelemetryApp({
      providers: [Assistant],
      options: errorStatuses ? { errorStatuses } : {},
    });
    spans.clear();
    await work(telemetry.get(Assistant), telemetry.get(OpenAI));
    await telemetry.flush();
    const [span] = await spans.calls();
    const errors = (await metrics.sum('llm.errors')) ?? 0;
    await telemetry.stop();
    return { record: telemetry.records[0]!, errors, span: span! };
  }

  const failed = (assistant: Assistant, openai: OpenAI): Promise<unknown> =>
    assistant.run(() => openai.responses.create({ model: 'gpt-4o-mini', input: '[emulate failed] Hello.' }));

  it.each<[FinishReason, string, typeof failed]>([
    ['content_filter', 'content_filter', (assistant) => assistant.ask('[emulate filter] Hello.')],
    ['error', 'server_error', failed],
  ])('counts %s as a failure unless it is removed from errorStatuses', async (reason, type, work) => {
    const before = await outcomeOf(undefined, work);
    expect(before.record).toMatchObject({ finishReason: reason, failure: { type } });
    expect(before.span.attributes).toMatchObject({ 'llm.error': true, 'llm.error_type': type });
    expect(before.errors).toBe(1);

    const after = await outcomeOf(['length', 'context_window'], work);
    expect(after.record).toMatchObject({
      finishReason: reason,
      failure: null,
      attempts: [{ failure: null }],
    });
    expect(after.span.status.code).toBe(1);
    expect(after.span.attributes).not.toHaveProperty(['llm.error']);
    expect(after.span.attributes).not.toHaveProperty(['llm.error_type']);
    expect(after.errors).toBe(0);
  });
});

describe('a record', () => {
  let telemetry: TelemetryApp;
  let assistant: Assistant;
  beforeAll(async () => {
    telemetry = await startTelemetryApp({ providers: [Assistant] });
    assistant = telemetry.get(Assistant);
  });
  afterAll(() => telemetry.stop());
  beforeEach(() => void telemetry.records.splice(0));

  it.each<[string, () => Promise<unknown>, string]>([
    ['parse if the model responded', () => assistant.parse('[emulate invalid_json] Hello.'), 'parse'],
    [
      'unknown for a SyntaxError without a request',
      () => assistant.run(() => JSON.parse('{"cut')),
      'unknown',
    ],
    [
      'unknown for a SyntaxError after a failed request',
      () =>
        assistant.run(async () => {
          await assistant.ask('[emulate server_error] Hello.').catch(() => {});
          JSON.parse('<html>');
        }),
      'unknown',
    ],
    [
      'passed to recordError for the thrown error',
      () =>
        assistant.run(() => {
          const error = new Error('throttled');
          currentLlmCall()!.recordError(error, 'rate_limit');
          throw error;
        }),
      'rate_limit',
    ],
  ])('has the error type %s', async (_what, work, type) => {
    await expect(work()).rejects.toThrow();
    expect(telemetry.records.at(-1)!.failure?.type).toBe(type);
  });

  it('has an unknown cost for a manually recorded response with empty usage', async () => {
    await assistant.run(() =>
      currentLlmCall()!.recordResponse({ provider: 'openai', model: 'gpt-4o-mini', usage: {} }),
    );
    expect(telemetry.records[0]).toMatchObject({
      usage: { source: 'missing' },
      cost: { source: 'unknown' },
    });
  });

  it('does not change after it was passed to onCall', async () => {
    let call: ReturnType<typeof currentLlmCall>;
    const tags = ['a'];
    await assistant.run(() => {
      call = currentLlmCall();
      call!.setAttributes({ 'app.step': 1, 'app.tags': tags });
    });
    call!.setAttributes({ 'app.step': 2, 'app.late': true });
    call!.recordError(new Error('late'));
    tags.push('b');
    expect(telemetry.records[0]).toMatchObject({
      attributes: { 'app.step': 1, 'app.tags': ['a'] },
      failure: null,
    });
    expect(telemetry.records[0]!.attributes).not.toHaveProperty(['app.late']);
  });
});
