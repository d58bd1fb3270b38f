import { Readable, PassThrough } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { Injectable, StreamableFile } from '@nestjs/common';
import { currentLlmCall, LlmCall } from 'nestjs-llm-telemetry';
import {
  BehaviorSubject,
  defer,
  firstValueFrom,
  from,
  lastValueFrom,
  Observable,
  range,
  ReplaySubject,
  shareReplay,
  Subject,
  take,
  toArray,
} from 'rxjs';
import OpenAI from 'openai';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/**
 * Differential tests: a method returns each kind of result twice, annotated and not. What the application can see has to be
 * the same: the object, its properties and its prototype, the events in their order, the errors.
 */

@Injectable()
class Methods {
  constructor(readonly openai: OpenAI) {}

  @LlmCall({ feature: 'kinds', operation: 'returned' })
  annotated<T>(make: () => T): T {
    return make();
  }

  plain<T>(make: () => T): T {
    return make();
  }
}

let telemetry: TelemetryApp;
let methods: Methods;
beforeAll(async () => {
  telemetry = await startTelemetryApp({ providers: [Methods] });
  methods = telemetry.get(Methods);
});
afterAll(() => telemetry.stop());
beforeEach(async () => {
  // Calls that an earlier test has left open.
  await telemetry.flush();
  telemetry.emulator.reset();
  telemetry.records.length = 0;
  telemetry.logger.entries.length = 0;
});
afterEach(() => {
  const fault = telemetry.logger.entries.find(({ text }) => text.includes('Telemetry error'));
  if (fault) throw new Error(fault.text);
});

/** The events of one side, and whether the steps of the work ran in a call. */
class Log {
  readonly events: unknown[] = [];
  readonly inside: boolean[] = [];

  add(...event: unknown[]): void {
    this.events.push(event);
  }

  /** The work takes a step. */
  step(name: string): void {
    this.events.push(['step', name]);
    this.inside.push(currentLlmCall() !== undefined);
  }
}

const isStep = (event: unknown): boolean => (event as unknown[])[0] === 'step';

interface Kind {
  /** Makes what the method returns. */
  make(log: Log): unknown;
  /** Consumes it to its end. */
  consume(result: never, log: Log): unknown;
  /** A derived promise takes the place of a plain one. */
  derived?: true;
  /** The call is not seen to end here, but is swept. */
  swept?: true;
  /** The source and the consumer run at the same time, each in its own order. */
  concurrent?: true;
}

class SubPromise<T> extends Promise<T> {
  readonly label = 'mine';
}

class LoggedPromise<T> extends Promise<T> {
  readonly caught: string[] = [];
  override catch<R = never>(onError?: ((error: unknown) => R | PromiseLike<R>) | null): Promise<T | R> {
    this.caught.push('catch');
    return super.catch(onError);
  }
}

class Lazy implements PromiseLike<string> {
  #state = 'new';
  constructor(
    private readonly log: Log,
    private readonly fails = false,
  ) {}
  then<A = string, B = never>(
    onValue?: ((value: string) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#state = 'running';
    this.log.step('then');
    return (this.fails ? Promise.reject(new RangeError('lazy')) : Promise.resolve(this.#state)).then(
      onValue,
      onError,
    );
  }
}

/** As the SDKs of Stainless have it: nothing goes through `then`. */
class ParsingPromise extends Promise<string> {
  constructor(
    private readonly log: Log,
    private readonly response: Promise<string>,
  ) {
    super((resolve) => resolve(null as never));
  }
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }
  private parse(): Promise<string> {
    this.log.step('parse');
    return this.response.then((text) => text.toUpperCase());
  }
  asResponse(): Promise<string> {
    return this.response;
  }
  async withResponse(): Promise<{ data: string; response: string }> {
    const [data, response] = await Promise.all([this.parse(), this.asResponse()]);
    return { data, response };
  }
  override then<A = string, B = never>(
    onValue?: ((value: string) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.parse().then(onValue, onError);
  }
  override catch<B = never>(onError?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<string | B> {
    return this.parse().catch(onError);
  }
  override finally(onEnd?: (() => void) | null): Promise<string> {
    return this.parse().finally(onEnd);
  }
}

class Pages {
  constructor(private readonly log: Log) {}
  async *[Symbol.asyncIterator](): AsyncGenerator<number> {
    this.log.step('page');
    yield 1;
    this.log.step('page');
    yield 2;
  }
}

class OwnIterator implements AsyncIterableIterator<number> {
  private count = 0;
  constructor(private readonly log: Log) {}
  async next(): Promise<IteratorResult<number>> {
    this.log.step('next');
    return this.count++ < 2 ? { done: false, value: this.count } : { done: true, value: undefined };
  }
  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** As `MessageStream` and `ChatCompletionStream`. */
class Runner {
  private readonly listeners = new Set<() => void>();
  on(_event: 'end', listener: () => void): this {
    this.listeners.add(listener);
    return this;
  }
  off(_event: 'end', listener: () => void): this {
    this.listeners.delete(listener);
    return this;
  }
  async done(): Promise<void> {}
  abort(): void {}
  end(): void {
    for (const listener of this.listeners) listener();
  }
  get listenerCount(): number {
    return this.listeners.size;
  }
}

async function* generate(log: Log, fails = false): AsyncGenerator<string, string> {
  log.step('start');
  yield 'a';
  log.step('middle');
  await Promise.resolve();
  log.step('after await');
  if (fails) throw new RangeError('generator');
  yield 'b';
  return 'end';
}

function pulling(log: Log, options: { fails?: boolean; type?: 'bytes' } = {}): ReadableStream {
  let count = 0;
  return new ReadableStream(
    {
      ...(options.type && { type: options.type }),
      async pull(controller: ReadableStreamDefaultController) {
        log.step('pull');
        await Promise.resolve();
        log.step('pulled');
        if (++count === 3) {
          if (options.fails) throw new RangeError('pull');
          return controller.close();
        }
        controller.enqueue(options.type ? new Uint8Array([count]) : `chunk ${count}`);
      },
      cancel: (reason) => log.add('cancel', reason),
    } as UnderlyingDefaultSource,
    { highWaterMark: 0 },
  );
}

const readAll = async (values: AsyncIterable<unknown>, log: Log): Promise<void> => {
  try {
    for await (const value of values) log.add('value', String(value));
    log.add('end');
  } catch (error) {
    log.add('error', String(error));
  }
};

const settled = (promise: PromiseLike<unknown>, log: Log): Promise<void> =>
  Promise.resolve(promise).then(
    (value) => log.add('value', value),
    (error: unknown) => log.add('error', String(error)),
  );

const subscribed = (observable: Observable<unknown>, log: Log): Promise<void> =>
  new Promise((resolve) => {
    observable.subscribe({
      next: (value) => log.add('value', value),
      error: (error: unknown) => {
        log.add('error', String(error));
        resolve();
      },
      complete: () => {
        log.add('end');
        resolve();
      },
    });
    log.add('subscribed');
  });

const events = (stream: Readable, log: Log): Promise<void> =>
  new Promise((resolve) => {
    for (const event of ['data', 'end', 'error'])
      stream.on(event, (...args: unknown[]) => log.add(event, ...args.map(String)));
    stream.on('close', () => {
      log.add('close');
      resolve();
    });
  });

const rejecting = <T extends Promise<unknown>>(promise: T): T => promise;

const KINDS: Record<string, Kind> = {
  'a number': { make: () => 42, consume: (result, log) => log.add(result) },
  undefined: { make: () => undefined, consume: (result, log) => log.add(result) },
  'a plain object': { make: () => ({ a: 1, b: { c: 2 } }), consume: (result, log) => log.add(result) },
  'an object with a getter': {
    make: (log) => ({
      get stream() {
        log.add('read');
        return 1;
      },
    }),
    consume: () => {},
  },
  'a list': { make: () => [1, 'two'], consume: (result, log) => log.add(result) },
  'a promise': {
    derived: true,
    make: async (log: Log) => {
      await Promise.resolve();
      log.step('work');
      return 'value';
    },
    consume: settled,
  },
  'a promise that rejects': {
    derived: true,
    make: async () => {
      throw new RangeError('promise');
    },
    consume: settled,
  },
  'a promise with own properties': {
    swept: true,
    make: () => Object.assign(Promise.resolve('value'), { cancel: () => 'cancelled' }),
    consume: (result: Promise<string> & { cancel(): string }, log) => {
      log.add(result.cancel());
      return settled(result, log);
    },
  },
  'a subclass of Promise': {
    make: () => new SubPromise((resolve) => resolve('value')),
    consume: (result: SubPromise<string>, log) => {
      log.add(result instanceof SubPromise, result.label);
      return settled(result, log);
    },
  },
  'a subclass of Promise that rejects, with catch': {
    make: () => rejecting(new SubPromise((_resolve, reject) => reject(new RangeError('sub')))),
    consume: (result: Promise<unknown>, log) =>
      result.catch((error: unknown) => log.add('caught', String(error))),
  },
  'a subclass of Promise with finally': {
    make: () => new SubPromise((resolve) => resolve('value')),
    consume: (result: Promise<unknown>, log) =>
      settled(
        result.finally(() => log.add('finally')),
        log,
      ),
  },
  'a subclass of Promise that overrides catch': {
    make: () => rejecting(new LoggedPromise((_resolve, reject) => reject(new RangeError('logged')))),
    consume: async (result: LoggedPromise<unknown>, log) => {
      await result.catch((error: unknown) => log.add('caught', String(error)));
      log.add(...result.caught);
    },
  },
  'a thenable': { make: (log) => new Lazy(log), consume: settled },
  'a thenable that rejects': { make: (log) => new Lazy(log, true), consume: settled },
  'a frozen thenable': { swept: true, make: (log) => Object.freeze(new Lazy(log)), consume: settled },
  'a thenable whose then is a property': {
    make: (log) => ({
      // oxlint-disable-next-line unicorn/no-thenable -- that is the kind
      then: (onValue: (value: string) => void) => {
        log.step('then');
        onValue('value');
      },
    }),
    consume: settled,
  },
  'an APIPromise, awaited': {
    make: (log) => new ParsingPromise(log, Promise.resolve('text')),
    consume: settled,
  },
  'an APIPromise with catch': {
    make: (log) => new ParsingPromise(log, Promise.reject(new RangeError('api'))),
    consume: (result: Promise<unknown>, log) =>
      result.catch((error: unknown) => log.add('caught', String(error))),
  },
  'an APIPromise with finally': {
    make: (log) => new ParsingPromise(log, Promise.resolve('text')),
    consume: (result: Promise<unknown>, log) =>
      settled(
        result.finally(() => log.add('finally')),
        log,
      ),
  },
  'an APIPromise with asResponse': {
    swept: true,
    make: (log) => new ParsingPromise(log, Promise.resolve('text')),
    consume: (result: ParsingPromise, log) => settled(result.asResponse(), log),
  },
  'an APIPromise with withResponse': {
    make: (log) => new ParsingPromise(log, Promise.resolve('text')),
    consume: (result: ParsingPromise, log) => settled(result.withResponse(), log),
  },
  'a generator': {
    make: (log) =>
      (function* () {
        log.step('first');
        yield 1;
        log.step('second');
        yield 2;
      })(),
    consume: (result: Generator<number>, log) => log.add(...result),
  },
  'an async generator': { make: (log) => generate(log), consume: readAll },
  'an async generator that throws': { make: (log) => generate(log, true), consume: readAll },
  'an async generator that is left': {
    make: (log) => generate(log),
    consume: async (result: AsyncGenerator<string>, log) => {
      for await (const value of result) {
        log.add(value);
        break;
      }
    },
  },
  'an object with a generator': {
    make: (log) => ({ stream: generate(log), id: 7 }),
    consume: (result: { stream: AsyncGenerator<string> }, log) => readAll(result.stream, log),
  },
  'a list with two generators': {
    make: (log) => [generate(log), generate(log)],
    consume: async (result: Array<AsyncGenerator<string>>, log) => {
      for (const generator of result) await readAll(generator, log);
    },
  },
  'an async iterable': { make: (log) => new Pages(log), consume: readAll },
  'an async iterable object': {
    make: (log) => ({ [Symbol.asyncIterator]: () => generate(log) }),
    consume: readAll,
  },
  'an iterator that is its own iterable': { make: (log) => new OwnIterator(log), consume: readAll },
  'an Observable': {
    make: (log) =>
      new Observable((subscriber) => {
        log.step('subscribe');
        subscriber.next(1);
        subscriber.next(2);
        subscriber.complete();
        return () => log.add('teardown');
      }),
    consume: subscribed,
  },
  'an Observable that is piped': {
    make: (log) =>
      defer(() => {
        log.step('defer');
        return from(Promise.resolve(1));
      }),
    consume: async (result: Observable<number>, log) => log.add(await lastValueFrom(result.pipe(toArray()))),
  },
  'an Observable that emits without end, left after one value': {
    make: () => range(0, Infinity),
    consume: async (result: Observable<number>, log) =>
      log.add(await lastValueFrom(result.pipe(take(1), toArray()))),
  },
  'an Observable that is unsubscribed from': {
    make: (log) =>
      new Observable((subscriber) => {
        log.step('subscribe');
        subscriber.next(1);
        return () => log.add('teardown');
      }),
    consume: (result: Observable<unknown>, log) => result.subscribe((value) => log.add(value)).unsubscribe(),
  },
  'a BehaviorSubject': {
    make: () => new BehaviorSubject('now'),
    consume: async (result: BehaviorSubject<string>, log) => log.add(await firstValueFrom(result)),
  },
  'a Subject': {
    make: () => new Subject(),
    consume: async (result: Subject<string>, log) => {
      const end = subscribed(result, log);
      log.add(result.observed);
      result.next('value');
      result.complete();
      await end;
      log.add(result.observed);
    },
  },
  'an Observable with shareReplay': {
    make: (log) =>
      defer(() => {
        log.step('defer');
        return from([1, 2]);
      }).pipe(shareReplay(1)),
    consume: async (result: Observable<number>, log) => {
      await subscribed(result, log);
      await subscribed(result, log);
    },
  },
  'Readable.from, with events': { make: (log) => Readable.from(generate(log)), consume: events },
  'Readable.from, in a loop': { make: (log) => Readable.from(generate(log)), consume: readAll },
  'a Readable that breaks': { make: (log) => Readable.from(generate(log, true)), consume: events },
  'a Readable that overrides read': {
    make: (log) => {
      let count = 0;
      return new Readable({
        read() {
          log.step('read');
          this.push(count++ < 2 ? `chunk ${count}` : null);
        },
      });
    },
    consume: events,
  },
  'a Readable that is destroyed': {
    make: (log) => Readable.from(generate(log)),
    consume: async (result: Readable, log) => {
      const end = events(result, log);
      result.once('data', () => result.destroy());
      await end;
    },
  },
  'a PassThrough at the end of a pipe': {
    make: (log) => Readable.from(generate(log)).pipe(new PassThrough()),
    consume: readAll,
  },
  'a StreamableFile': {
    make: (log) => new StreamableFile(Readable.from(generate(log))),
    consume: (result: StreamableFile, log) => events(result.getStream(), log),
  },
  'a ReadableStream with a reader': {
    make: (log) => pulling(log),
    consume: async (result: ReadableStream<string>, log) => {
      const reader = result.getReader();
      for (let read = await reader.read(); !read.done; read = await reader.read()) log.add(read.value);
      await reader.closed;
      reader.releaseLock();
      log.add(result.locked);
    },
  },
  'a ReadableStream in a loop': { make: (log) => pulling(log), consume: readAll },
  'a ReadableStream that breaks': { make: (log) => pulling(log, { fails: true }), consume: readAll },
  'a ReadableStream that is cancelled': {
    make: (log) => pulling(log),
    consume: async (result: ReadableStream, log) => {
      const reader = result.getReader();
      log.add(await reader.read());
      await reader.cancel('enough');
    },
  },
  'a ReadableStream of bytes': {
    make: (log) => pulling(log, { type: 'bytes' }),
    consume: async (result: ReadableStream<Uint8Array>, log) => {
      const reader = result.getReader({ mode: 'byob' });
      log.add(await reader.read(new Uint8Array(4)));
      await reader.cancel();
    },
  },
  'a ReadableStream with pipeTo': {
    make: (log) => pulling(log),
    consume: (result: ReadableStream, log) =>
      result.pipeTo(new WritableStream({ write: (chunk) => log.add(chunk), close: () => log.add('closed') })),
  },
  'a ReadableStream with pipeThrough': {
    concurrent: true,
    make: (log) => pulling(log),
    consume: (result: ReadableStream<string>, log) =>
      readAll(result.pipeThrough(new TextEncoderStream()).pipeThrough(new TextDecoderStream()), log),
  },
  'a ReadableStream with tee': {
    make: (log) => pulling(log),
    consume: async (result: ReadableStream<string>, log) => {
      const [one, other] = result.tee();
      await readAll(one, log);
      await readAll(other, log);
    },
  },
  // It looks like a response of `fetch`, so it is not watched.
  'a Response of a stream': {
    swept: true,
    make: (log) => new Response(pulling(log, { type: 'bytes' })),
    consume: async (result: Response, log) => log.add((await result.arrayBuffer()).byteLength),
  },
  'a runner': {
    make: () => new Runner(),
    consume: (result: Runner, log) => {
      result.end();
      log.add(result.listenerCount);
    },
  },
};

interface Shape {
  readonly prototype: unknown;
  readonly own: ReadonlyArray<PropertyDescriptor & { key: PropertyKey; method: unknown }>;
}

/** What reflection shows of an object: prototype, property attributes and the identity of methods. */
function shapeOf(value: unknown): Shape {
  if (typeof value !== 'object' || value === null) return { prototype: null, own: [] };
  return {
    prototype: Object.getPrototypeOf(value) as unknown,
    own: Reflect.ownKeys(value).map((key) => {
      const {
        value: own,
        get,
        configurable,
        enumerable,
        writable,
      } = Object.getOwnPropertyDescriptor(value, key)!;
      const method: unknown = typeof own === 'function' ? own : get;
      return { key, configurable, enumerable, writable, method };
    }),
  };
}

/** The length of the chain of prototypes: each layer of hooks is one more. */
function depthOf(value: object): number {
  let depth = 0;
  for (let at: unknown = value; at !== null; at = Object.getPrototypeOf(at)) depth++;
  return depth;
}

describe.each(Object.entries(KINDS))('%s', (_name, { make, consume, derived, swept, concurrent }) => {
  async function side(method: (make: () => unknown) => unknown): Promise<{
    log: Log;
    made: unknown;
    returned: unknown;
    before: Shape;
  }> {
    const log = new Log();
    let made: unknown;
    let before = shapeOf(null);
    const returned = method(() => {
      made = make(log);
      before = shapeOf(made);
      return made;
    });
    log.add('returned');
    await consume(returned as never, log);
    return { log, made, returned, before };
  }

  it('is consumed as without the annotation: same events in the same order, same errors', async () => {
    const bare = await side(methods.plain);
    const seen = await side((make) => methods.annotated(make));
    const ordered = ({ events }: Log): unknown[] =>
      concurrent ? [events.filter(isStep), events.filter((event) => !isStep(event))] : events;
    expect(ordered(seen.log)).toEqual(ordered(bare.log));
  });

  it('is the object that the method made, and has its shape again after its end', async () => {
    const { made, returned, before } = await side((make) => methods.annotated(make));
    if (derived) expect(returned).toBeInstanceOf(Promise);
    else expect(returned).toBe(made);
    const after = shapeOf(made);
    expect(after.prototype).toBe(before.prototype);
    // Consuming may change own properties: compare with what it does without us.
    const bare = await side(methods.plain);
    const stays = isDeepStrictEqual(shapeOf(bare.made).own, bare.before.own);
    expect(isDeepStrictEqual(after.own, before.own)).toBe(stays);
    expect(after.own.map(({ method: _method, ...attributes }) => attributes)).toEqual(
      shapeOf(bare.made).own.map(({ method: _method, ...attributes }) => attributes),
    );
  });

  it('does its work in the context of the call, and the call ends with it', async () => {
    const { log } = await side((make) => methods.annotated(make));
    expect(currentLlmCall()).toBeUndefined();
    const frozen = swept === true && log.inside.length > 0;
    if (!frozen) expect(log.inside).toEqual(log.inside.map(() => true));
    if (swept) await telemetry.flush();
    expect(telemetry.records).toMatchObject([{ feature: 'kinds', operation: 'returned' }]);
    const errors = log.events.flatMap((event) =>
      String(event).includes('RangeError') ? ['RangeError'] : [],
    );
    expect(telemetry.records.flatMap(({ failure }) => failure?.errorClass ?? [])).toEqual(errors);
  });
});

describe('5,000 runs that return the same object', () => {
  const RUNS = 5000;
  const log = (): Log => new Log();
  const subject = (): Subject<number> => {
    const replay = new ReplaySubject<number>(1);
    replay.next(1);
    return replay;
  };

  it.each<[string, () => object, (shared: never) => unknown]>([
    [
      'an Observable with shareReplay',
      () => from([1]).pipe(shareReplay(1)),
      (shared: Observable<number>) => lastValueFrom(shared),
    ],
    ['a Subject', subject, (shared: Subject<number>) => firstValueFrom(shared)],
    ['a BehaviorSubject', () => new BehaviorSubject(1), (shared: Subject<number>) => firstValueFrom(shared)],
    ['a promise', () => Promise.resolve(1), (shared: Promise<number>) => shared],
    [
      'a subclass of Promise',
      () => new SubPromise((resolve) => resolve(1)),
      (shared: Promise<number>) => shared,
    ],
    [
      'an APIPromise',
      () => new ParsingPromise(log(), Promise.resolve('x')),
      (shared: Promise<string>) => shared,
    ],
    ['a thenable', () => new Lazy(log()), (shared: PromiseLike<string>) => shared],
    ['an async iterable', () => new Pages(log()), (shared: Pages) => readAll(shared, log())],
    ['a runner', () => new Runner(), (shared: Runner) => shared.end()],
  ])('%s, consumed each time', async (_name, make, consume) => {
    const shared = make();
    const before = shapeOf(shared);
    const depth = depthOf(shared);
    for (let run = 0; run < RUNS; run++) {
      const result = methods.annotated(() => shared);
      expect(depthOf(shared)).toBeLessThanOrEqual(depth + 1);
      await consume(result as never);
    }
    expect(shapeOf(shared)).toEqual(before);
    expect(Object.getPrototypeOf(shared)).toBe(before.prototype);
    expect(telemetry.records).toHaveLength(RUNS);
  });

  it.each<[string, () => object, (shared: never) => unknown]>([
    ['an Observable', () => from([1]), (shared: Observable<number>) => lastValueFrom(shared)],
    [
      'a subclass of Promise',
      () => new SubPromise((resolve) => resolve(1)),
      (shared: Promise<number>) => shared,
    ],
    ['an async generator', () => generate(log()), (shared: AsyncGenerator) => readAll(shared, log())],
    ['a Readable', () => Readable.from(generate(log())), (shared: Readable) => events(shared, log())],
    ['a ReadableStream', () => pulling(log()), (shared: ReadableStream) => readAll(shared, log())],
    ['a runner', () => new Runner(), (shared: Runner) => shared.end()],
  ])('%s, consumed once', async (name, make, consume) => {
    const shared = make();
    const before = shapeOf(shared);
    const depth = depthOf(shared);
    for (let run = 0; run < RUNS; run++) methods.annotated(() => shared);
    expect(depthOf(shared)).toBeLessThanOrEqual(depth + 1);
    if (shared instanceof Runner) expect(shared.listenerCount).toBe(1);
    await consume(shared as never);
    // Each subscription is one of the calls.
    if (name === 'an Observable')
      for (let run = 1; run < RUNS; run++) await lastValueFrom(shared as Observable<number>);
    expect(telemetry.records).toHaveLength(RUNS);
    expect(Object.getPrototypeOf(shared)).toBe(before.prototype);
  });

  it('returns the same derived promise for each run, and at most one rejection is unhandled', async () => {
    const shared = Promise.reject(new RangeError('shared'));
    const [one, other] = [methods.annotated(() => shared), methods.annotated(() => shared)];
    expect(one).toBe(other);
    await expect(one).rejects.toThrow('shared');
    expect(telemetry.records.map(({ failure }) => failure?.errorClass)).toEqual(['RangeError', 'RangeError']);
  });
});
