import { Controller, Get, Injectable, SetMetadata, Scope, UseFilters } from '@nestjs/common';
import { SpanKind, trace } from '@opentelemetry/api';
import {
  currentLlmCall,
  LlmCall,
  LlmDecoratorError,
  LlmExceptionFilter,
  LlmFeature,
  LlmTelemetry,
  type CallRecord,
} from 'nestjs-llm-telemetry';
import OpenAI, { type APIPromise } from 'openai';
import type { ChatCompletion } from 'openai/resources/chat/completions';
import { from, lastValueFrom, Observable } from 'rxjs';
import request from 'supertest';
import { chat } from '../support/prompts.js';
import { CollectedSpans } from '../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/** The claims of docs/annotating.md, in the order of the page. */

/** A decorator that sets metadata and one that replaces the method. */
const Role = SetMetadata('role', 'agent');
function Shouts(_target: object, _key: string, descriptor: PropertyDescriptor): void {
  const original = descriptor.value as (...args: unknown[]) => string;
  descriptor.value = function (this: unknown, ...args: unknown[]) {
    return original.apply(this, args).toUpperCase();
  };
}

@LlmFeature('support_chat')
@Injectable()
class Support {
  runs = 0;

  constructor(readonly openai: OpenAI) {}

  @LlmCall()
  async draftReply(text = 'Say hello.'): Promise<string> {
    this.runs++;
    return (await this.openai.chat.completions.create(chat(text))).choices[0]!.message.content!;
  }

  @LlmCall({ feature: 'triage', operation: 'classify', attributes: (category) => ({ category }) })
  classify(text: string): string {
    return text.length > 3 ? 'long' : 'short';
  }

  @LlmCall({ retry: 1 })
  async retried(text = 'Say hello.'): Promise<void> {
    this.runs++;
    await this.openai.chat.completions.create(chat(text));
  }

  @LlmCall({ retry: { maxRetries: 3, maxDelayMs: 1000 } })
  async impatient(): Promise<void> {
    this.runs++;
    await this.openai.chat.completions.create(chat());
  }

  @LlmCall({ retry: 2 })
  async *retriedStream(text: string): AsyncGenerator<string> {
    this.runs++;
    const stream = await this.openai.chat.completions.create({ ...chat(text), stream: true });
    for await (const chunk of stream) yield chunk.choices[0]?.delta.content ?? '';
  }

  @LlmCall()
  apiPromise(): APIPromise<ChatCompletion> {
    return this.openai.chat.completions.create(chat());
  }

  @LlmCall()
  async *generator(): AsyncGenerator<string> {
    yield (await this.apiPromise()).id;
  }

  @LlmCall()
  observable(): Observable<string> {
    return from(Promise.resolve('value'));
  }

  @LlmCall()
  async stream(): Promise<AsyncIterable<unknown>> {
    return this.openai.chat.completions.create({ ...chat(), stream: true });
  }

  @Role
  @LlmCall()
  above(_text: string): string {
    return 'above';
  }

  @LlmCall()
  @Role
  below(_text: string): string {
    return 'below';
  }

  @Shouts
  @LlmCall()
  shouted(): string {
    return 'hello';
  }

  @LlmCall()
  byHand(): void {
    const usage = { inputTokens: 1000, outputTokens: 10 };
    const call = currentLlmCall();
    call?.setAttributes({ 'ticket.priority': 'high' });
    call?.recordResponse({ provider: 'openai', model: 'gpt-4o-mini', usage, finishReason: 'stop' });
  }

  @LlmCall()
  handled(): string {
    currentLlmCall()?.recordError(new RangeError('private'), 'parse');
    return 'fallback';
  }
}

@LlmFeature('sales_chat')
@Injectable()
class Sales extends Support {
  @LlmCall({ operation: 'sales_reply' })
  override async draftReply(text?: string): Promise<string> {
    return super.draftReply(text);
  }
}

@Injectable()
class Plain extends Support {
  override byHand(): void {}
}

@UseFilters(new LlmExceptionFilter({ message: 'Summary service unavailable' }))
@Controller('replies')
class Replies {
  constructor(private readonly support: Support) {}

  @Get()
  async reply(): Promise<object> {
    return { reply: await this.support.draftReply() };
  }

  @Get('timeout')
  async timeout(): Promise<object> {
    throw new OpenAI.APIConnectionTimeoutError();
  }

  @Get('bug')
  async bug(): Promise<object> {
    throw new TypeError('a bug');
  }
}

const spans = new CollectedSpans();
let telemetry: TelemetryApp;
let support: Support;

beforeAll(async () => {
  telemetry = await startTelemetryApp({ providers: [Support, Sales, Plain], controllers: [Replies] });
  support = telemetry.get(Support);
});
afterAll(() => telemetry.stop());
beforeEach(() => {
  spans.clear();
  telemetry.emulator.reset();
  telemetry.records.length = 0;
  support.runs = 0;
});

async function records(): Promise<readonly CallRecord[]> {
  await telemetry.flush();
  return telemetry.records;
}

async function names(): Promise<string[]> {
  return (await records()).map(({ feature, operation }) => `${feature}/${operation}`);
}

describe('features', () => {
  it('records each run of a method as a call', async () => {
    await support.draftReply();
    await support.draftReply();
    expect(await records()).toMatchObject([{ attempts: [{}] }, { attempts: [{}] }]);
  });

  it('takes the feature from the class and the operation from the name of the method', async () => {
    await support.draftReply();
    expect(await names()).toEqual(['support_chat/draft_reply']);
  });

  it('takes feature, operation and attributes from the options', async () => {
    support.classify('abcd');
    expect(await names()).toEqual(['triage/classify']);
    const [span] = await spans.calls();
    expect(span!.attributes).toMatchObject({ category: 'long' });
    expect(telemetry.records[0]!.attributes).toEqual({ category: 'long' });
  });

  it('throws an LlmDecoratorError with a code for an invalid option when the class is loaded', () => {
    const load = (): unknown => {
      class Invalid {
        @LlmCall({ feature: '' })
        draft(): void {}
      }
      return Invalid;
    };
    expect(load).toThrow(LlmDecoratorError);
    expect(load).toThrow(expect.objectContaining({ code: 'LLM_TELEMETRY_INVALID_DECORATOR' }));
  });

  it.each([Scope.DEFAULT, Scope.REQUEST, Scope.TRANSIENT])(
    'stops the start of the application for a method without any feature (scope %s)',
    async (scope) => {
      @Injectable({ scope })
      class Nameless {
        @LlmCall()
        draft(): void {}
      }
      await expect(startTelemetryApp({ providers: [Nameless] })).rejects.toThrow(LlmDecoratorError);
    },
  );
});

describe('methods', () => {
  it('works on sync methods, promises, APIPromises, async generators, Observables and streams', async () => {
    support.classify('a');
    await support.draftReply();
    await support.apiPromise();
    for await (const id of support.generator()) expect(id).toEqual(expect.any(String));
    await lastValueFrom(support.observable());
    for await (const chunk of await support.stream()) expect(chunk).toBeDefined();
    expect((await records()).map(({ operation }) => operation).sort()).toEqual(
      ['classify', 'draft_reply', 'api_promise', 'api_promise', 'generator', 'observable', 'stream'].sort(),
    );
  });

  it('returns the object that the method returned', async () => {
    const promise = support.apiPromise();
    expect(promise).toHaveProperty('withResponse');
    const { response } = await promise.withResponse();
    expect(response.status).toBe(200);
  });

  it('ends the span when the work ends, not when the method returns', async () => {
    const stream = await support.stream();
    expect(await spans.calls()).toEqual([]);
    for await (const chunk of stream) expect(chunk).toBeDefined();
    await telemetry.flush();
    expect(await spans.calls()).toHaveLength(1);
  });

  it('keeps name, length and metadata of the method, with decorators in any order', async () => {
    for (const name of ['above', 'below'] as const) {
      expect([support[name].name, support[name].length]).toEqual([name, 1]);
      expect(Reflect.getMetadata('role', support[name])).toBe('agent');
    }
    expect(support.shouted()).toBe('HELLO');
    expect(await names()).toEqual(['support_chat/shouted']);
  });

  it('records a request outside any annotated call with the feature unattributed and its cost', async () => {
    await support.openai.chat.completions.create(chat());
    const [record] = await records();
    expect(record!.feature).toBe('unattributed');
    expect(record!.cost.costUsd).toBeGreaterThan(0);
  });
});

describe('retries', () => {
  it('does not run a method again without the option', async () => {
    telemetry.emulator.program({ kind: 'server_error', retryAfter: 0 });
    await expect(support.draftReply()).rejects.toThrow(OpenAI.APIError);
    expect(support.runs).toBe(1);
  });

  it.each(['rate_limit', 'overloaded', 'server_error'] as const)(
    'runs the method again after %s, each run a separate call',
    async (kind) => {
      telemetry.emulator.program({ kind, retryAfter: 0 });
      await support.retried();
      expect((await records()).map(({ retryIndex, failure }) => [retryIndex, failure?.type])).toEqual([
        [0, kind],
        [1, undefined],
      ]);
    },
  );

  it('does not run the method again after errors that are not temporary', async () => {
    telemetry.emulator.program({ kind: 'auth' });
    await expect(support.retried()).rejects.toThrow(OpenAI.AuthenticationError);
    expect(support.runs).toBe(1);
  });

  it('waits as long as retry-after asks', async () => {
    telemetry.emulator.program({ kind: 'rate_limit', retryAfter: 1 });
    await support.retried();
    const [first, second] = await records();
    expect(second!.startedAt - (first!.startedAt + first!.durationMs)).toBeGreaterThanOrEqual(950);
  });

  it('does not wait longer than maxDelayMs', async () => {
    telemetry.emulator.program({ kind: 'rate_limit', retryAfter: 2 });
    await expect(support.impatient()).rejects.toThrow(OpenAI.RateLimitError);
    expect(support.runs).toBe(1);
  });

  it('throws the error at once if retry-after is longer than the default of 30 s', async () => {
    telemetry.emulator.program({ kind: 'rate_limit', retryAfter: 31 });
    await expect(support.retried()).rejects.toThrow(OpenAI.RateLimitError);
    expect(support.runs).toBe(1);
  });

  describe('waits', () => {
    const waits: number[] = [];
    const { setInterval } = globalThis;
    beforeEach(() => {
      waits.length = 0;
      // RxJS waits with this; the sweeper of open calls uses 100 ms.
      globalThis.setInterval = ((work: () => void, ms: number) => {
        if (ms > 200) waits.push(ms);
        return setInterval(work, ms > 200 ? 0 : ms);
      }) as typeof setInterval;
    });
    afterEach(() => {
      globalThis.setInterval = setInterval;
    });

    it('30 s if retry-after asks for it', async () => {
      telemetry.emulator.program({ kind: 'rate_limit', retryAfter: 30 });
      await support.retried();
      expect(waits).toEqual([30_000]);
    });

    it('500 ms and then twice as long each time, less up to one half', async () => {
      telemetry.emulator.program({ kind: 'server_error', times: 3 });
      await support.impatient();
      expect(waits).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
      for (const [index, most] of [500, 1000, 1000].entries()) {
        expect(waits[index]).toBeGreaterThanOrEqual(most / 2);
        expect(waits[index]).toBeLessThanOrEqual(most);
      }
    });
  });

  it('does not run a generator again after its first value', async () => {
    const read = async (): Promise<void> => {
      for await (const piece of support.retriedStream('[emulate cut after=2] Hello.'))
        expect(piece).toEqual(expect.any(String));
    };
    await expect(read()).rejects.toThrow();
    expect(support.runs).toBe(1);
  });
});

describe('inheritance', () => {
  it('uses the feature of the class that the method is called on, else of the nearest base class', async () => {
    telemetry.get(Sales).shouted();
    telemetry.get(Plain).shouted();
    expect(await names()).toEqual(['sales_chat/shouted', 'support_chat/shouted']);
  });

  it('lets the feature of @LlmCall take precedence', async () => {
    telemetry.get(Sales).classify('a');
    expect(await names()).toEqual(['triage/classify']);
  });

  it('does not record an override that is not annotated', async () => {
    telemetry.get(Plain).byHand();
    expect(await names()).toEqual([]);
  });

  it('records an override and the method that it calls by super as two nested calls, costs counted once', async () => {
    await telemetry.get(Sales).draftReply();
    expect(await names()).toEqual(['sales_chat/draft_reply', 'sales_chat/sales_reply']);
    expect((await records()).map(({ attempts }) => attempts.length)).toEqual([1, 0]);
    expect((await records()).map(({ cost }) => (cost.costUsd ?? 0) > 0)).toEqual([true, false]);
  });
});

describe('inside an annotated method', () => {
  it('adds attributes to the span and records a model that is not called over HTTP', async () => {
    support.byHand();
    const [span] = await spans.calls();
    expect(span!.attributes).toMatchObject({ 'ticket.priority': 'high', 'llm.model': 'gpt-4o-mini' });
    expect((await records())[0]).toMatchObject({ finishReason: 'stop', usage: { inputTokens: 1000 } });
  });

  it('records a failure that the method handles', async () => {
    expect(support.handled()).toBe('fallback');
    expect((await records())[0]!.failure).toEqual({ type: 'parse', errorClass: 'RangeError' });
  });
});

describe('without a decorator', () => {
  it('runs a function as a call', async () => {
    const llm = telemetry.app.get(LlmTelemetry, { strict: false });
    await llm.run({ feature: 'jobs', operation: 'nightly' }, () =>
      support.openai.chat.completions.create(chat()),
    );
    expect((await records()).map(({ feature, attempts }) => [feature, attempts.length])).toEqual([
      ['jobs', 1],
    ]);
  });

  it('ends the calls whose methods have returned with flush', async () => {
    const llm = telemetry.app.get(LlmTelemetry, { strict: false });
    const stream = await support.stream();
    const generator = support.generator();
    await generator.next();
    await llm.flush();
    expect(telemetry.records.map(({ operation }) => operation)).toEqual(['api_promise', 'stream']);
    expect(await generator.next()).toEqual({ done: true, value: undefined });
    expect(telemetry.records.map(({ operation }) => operation)).toContain('generator');
    for await (const chunk of stream) expect(chunk).toBeDefined();
  });

  it('takes retry and attributes', async () => {
    const llm = telemetry.app.get(LlmTelemetry, { strict: false });
    telemetry.emulator.program({ kind: 'server_error', retryAfter: 0 });
    await llm.run({ feature: 'jobs', operation: 'nightly', retry: 1, attributes: () => ({ night: 1 }) }, () =>
      support.openai.chat.completions.create(chat()),
    );
    expect((await records()).map(({ retryIndex, attributes }) => [retryIndex, attributes])).toEqual([
      [0, {}],
      [1, { night: 1 }],
    ]);
  });

  it('captures clients with a custom fetch that is wrapped', async () => {
    const llm = telemetry.app.get(LlmTelemetry, { strict: false });
    const openai = new OpenAI({
      apiKey: 'sk-any',
      baseURL: telemetry.emulator.openaiBaseUrl,
      fetch: llm.wrapFetch((url, init) => fetch(url, init)),
    });
    await openai.chat.completions.create(chat());
    const attempts = (await records()).flatMap((record) => record.attempts);
    expect(attempts).toHaveLength(1);
  });
});

describe('error responses', () => {
  const get = (path: string): request.Test => request(telemetry.app.getHttpServer() as never).get(path);

  it('responds to a model error with 503, Retry-After and a body without the text of the provider', async () => {
    telemetry.emulator.program({ kind: 'rate_limit', retryAfter: 7 });
    const { body, headers } = await get('/replies').expect(503);
    expect(body).toEqual({
      statusCode: 503,
      message: 'Summary service unavailable',
      errorType: 'rate_limit',
    });
    expect(headers['retry-after']).toBe('7');
  });

  it('responds to a timeout with 504', async () => {
    const { body } = await get('/replies/timeout').expect(504);
    expect(body).toMatchObject({ statusCode: 504, errorType: 'timeout' });
  });

  it('leaves all other errors to Nest', async () => {
    const { body } = await get('/replies/bug').expect(500);
    expect(body).toEqual({ statusCode: 500, message: 'Internal server error' });
  });
});

describe('HTTP requests', () => {
  it('names the HTTP server span after the route and adds the totals of the request', async () => {
    const server = telemetry.app.getHttpAdapter().getHttpServer() as import('node:http').Server;
    const [listener] = server.listeners('request') as Array<(...args: unknown[]) => void>;
    // Stands for the HTTP instrumentation: a server span around each request.
    server.removeAllListeners('request');
    server.on('request', (incoming, response) =>
      trace.getTracer('http').startActiveSpan('GET', { kind: SpanKind.SERVER }, (span) => {
        response.once('finish', () => span.end());
        listener!(incoming, response);
      }),
    );
    const [span] = await Promise.all([
      spans.next(({ kind }) => kind === SpanKind.SERVER),
      request(server).get('/replies').expect(200),
    ]);
    expect(span.name).toBe('GET /replies');
    expect(span.attributes).toMatchObject({ 'http.route': '/replies', 'llm.request.calls': 1 });
  });
});
