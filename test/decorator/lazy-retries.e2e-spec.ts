import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { LlmBudgetExceededError, LlmCall, LlmTelemetry, type LlmRunOptions } from 'nestjs-llm-telemetry';
import OpenAI, { type APIPromise } from 'openai';
import type { ChatCompletion } from 'openai/resources/chat/completions';
import { from, lastValueFrom, Observable, toArray } from 'rxjs';
import { chat } from '../support/prompts.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';
import { records, LAZY, lazy, Lazy, llm, telemetry } from './support/lazy-methods.js';

describe('retry', () => {
  it.each<[string, (promise: APIPromise<ChatCompletion>) => Promise<unknown>]>([
    ['await', async (promise) => promise],
    ['catch', (promise) => promise.catch(() => 'not called')],
    ['finally', (promise) => promise.finally(() => undefined)],
    ['asResponse', async (promise) => (await promise.asResponse()).json()],
    ['withResponse', async (promise) => (await promise.withResponse()).data],
  ])('repeats a method that returns an APIPromise: %s', async (_name, consume) => {
    telemetry.emulator.program({ kind: 'server_error', retryAfter: 0, times: 2 });
    expect(await consume(lazy.retriedPromise())).toMatchObject({ object: 'chat.completion' });
    expect(lazy.runs).toBe(3);
    await llm.flush();
    expect(records.now.map(({ retryIndex, failure }) => [retryIndex, failure?.type])).toEqual([
      [0, 'server_error'],
      [1, 'server_error'],
      [2, undefined],
    ]);
  });

  it('resolves an APIPromise that is awaited several times with the same result', async () => {
    telemetry.emulator.program({ kind: 'server_error', retryAfter: 0 });
    const promise = lazy.retriedPromise();
    const [one, two] = await Promise.all([promise, promise]);
    expect(one).toBe(two);
    expect(await promise).toBe(one);
    expect(lazy.runs).toBe(2);
  });

  it('rejects with the last error after the last retry', async () => {
    telemetry.emulator.program({ kind: 'server_error', retryAfter: 0, times: 3 });
    await expect(lazy.retriedPromise()).rejects.toThrow(OpenAI.InternalServerError);
    expect(lazy.runs).toBe(3);
  });

  it('stops if the method returns the same promise again', async () => {
    telemetry.emulator.program({ kind: 'server_error', retryAfter: 0 });
    await expect(lazy.cached('a')).rejects.toThrow(OpenAI.InternalServerError);
    expect(lazy.runs).toBe(2);
  });

  it('repeats a method that returns an Observable', async () => {
    telemetry.emulator.program({ kind: 'server_error', retryAfter: 0 });
    expect(await lastValueFrom(lazy.retriedObservable().pipe(toArray()))).toHaveLength(1);
    expect(lazy.runs).toBe(2);
    expect(records.now.map(({ retryIndex }) => retryIndex)).toEqual([0, 1]);
  });

  it('does not repeat a method whose Observable has emitted a value', async () => {
    telemetry.emulator.program({ kind: 'server_error', retryAfter: 0 });
    await expect(lastValueFrom(lazy.retriedObservable(['first']))).rejects.toThrow(
      OpenAI.InternalServerError,
    );
    expect(lazy.runs).toBe(1);
  });
});

it('an invalid retry option of LlmTelemetry.run is reported once', async () => {
  const options = { ...LAZY, operation: 'run', retry: true } as unknown as LlmRunOptions;
  for (let run = 0; run < 2; run++) await llm.run(options, async () => 'value');
  const reports = telemetry.logger.entries.filter(({ text }) =>
    text.includes('the option retry of LlmTelemetry.run'),
  );
  expect(reports).toHaveLength(1);
});

describe('retry on a method that cannot be repeated', () => {
  it('throws when the class is loaded', () => {
    const load = (): unknown => {
      class Streams {
        @LlmCall({ ...LAZY, retry: 1 })
        stream(): Readable {
          return Readable.from([]);
        }
      }
      return Streams;
    };
    expect(load).toThrow('@LlmCall on Streams.stream: retry has no effect');
    expect(() => {
      class Generators {
        @LlmCall({ ...LAZY, retry: 1 })
        *steps(): Generator<number> {
          yield 1;
        }
      }
      return Generators;
    }).toThrow('@LlmCall on Generators.steps: retry has no effect');
    expect(() => {
      class Values {
        @LlmCall({ ...LAZY, retry: 1 })
        value(): number {
          return 1;
        }
      }
      return Values;
    }).toThrow('@LlmCall on Values.value: retry has no effect');
  });
});

describe('a call that a budget refuses', () => {
  @Injectable()
  class Refused {
    ran = 0;
    @LlmCall(LAZY)
    promise(): Promise<string> {
      this.ran++;
      return Promise.resolve('value');
    }
    @LlmCall(LAZY)
    observable(): Observable<string> {
      this.ran++;
      return from(['value']);
    }
    @LlmCall(LAZY)
    value(): string {
      this.ran++;
      return 'value';
    }
  }

  let limited: TelemetryApp;
  beforeAll(async () => {
    limited = await startTelemetryApp({
      providers: [Lazy, Refused],
      options: { budgets: [{ feature: 'lazy', usd: 1e-9, per: 'day', onExceed: 'block' }] },
    });
    await limited.get(Lazy).apiPromise();
    await limited.flush();
  });
  afterAll(() => limited.stop());

  it('rejects in LlmTelemetry.run for any kind of work', async () => {
    let ran = 0;
    const run = <T>(work: () => T): T =>
      limited.get(LlmTelemetry).run({ ...LAZY, operation: 'refused' }, work);
    const works: Array<() => unknown> = [
      () => Promise.resolve(ran++),
      () => limited.get(Lazy).openai.chat.completions.create(chat(`${ran++}`)),
      async () => ran++,
      () => ran++,
    ];
    for (const work of works) {
      const refused: unknown = run(work);
      expect(refused).toBeInstanceOf(Promise);
      await expect(refused).rejects.toThrow(LlmBudgetExceededError);
    }
    expect(ran).toBe(0);
  });

  it('rejects, errors or throws, depending on the declared result type of the method', async () => {
    const refused = limited.get(Refused);
    await expect(refused.promise()).rejects.toThrow(LlmBudgetExceededError);
    await expect(lastValueFrom(refused.observable())).rejects.toThrow(LlmBudgetExceededError);
    expect(() => refused.value()).toThrow(LlmBudgetExceededError);
    expect(refused.ran).toBe(0);
  });
});
