import { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { currentLlmCall, LlmCall } from 'nestjs-llm-telemetry';
import {
  BehaviorSubject,
  firstValueFrom,
  from,
  lastValueFrom,
  Observable,
  ReplaySubject,
  shareReplay,
  Subject,
} from 'rxjs';
import OpenAI from 'openai';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';
import { KINDS } from './support/kinds-of-results.js';
import {
  events,
  generate,
  Lazy,
  Log,
  Pages,
  ParsingPromise,
  pulling,
  readAll,
  Runner,
  SubPromise,
} from './support/results.js';

/**
 * Differential tests: a method returns each kind of result with and without the annotation. The application must
 * observe the same object, properties, prototype, events in the same order, and errors.
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
  // Ends calls that an earlier test left open.
  await telemetry.flush();
  telemetry.emulator.reset();
  telemetry.records.length = 0;
  telemetry.logger.entries.length = 0;
});
afterEach(() => {
  const fault = telemetry.logger.entries.find(({ text }) => text.includes('Telemetry error'));
  if (fault) throw new Error(fault.text);
});

const isStep = (event: unknown): boolean => (event as unknown[])[0] === 'step';

interface Shape {
  readonly prototype: unknown;
  readonly own: ReadonlyArray<PropertyDescriptor & { key: PropertyKey; method: unknown }>;
}

/** Describes an object by reflection: prototype, property attributes and identity of methods. */
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

/** Returns the length of the prototype chain, to which each layer of hooks adds one. */
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

  it('has the same events in the same order, and the same errors, as without the annotation', async () => {
    const bare = await side(methods.plain);
    const seen = await side((make) => methods.annotated(make));
    const ordered = ({ events }: Log): unknown[] =>
      concurrent ? [events.filter(isStep), events.filter((event) => !isStep(event))] : events;
    expect(ordered(seen.log)).toEqual(ordered(bare.log));
  });

  it('is the object that the method created, and has its original shape after its end', async () => {
    const { made, returned, before } = await side((make) => methods.annotated(make));
    if (derived) expect(returned).toBeInstanceOf(Promise);
    else expect(returned).toBe(made);
    const after = shapeOf(made);
    expect(after.prototype).toBe(before.prototype);
    // Consumption can change own properties, so the test compares with the method without the annotation.
    const bare = await side(methods.plain);
    const stays = isDeepStrictEqual(shapeOf(bare.made).own, bare.before.own);
    expect(isDeepStrictEqual(after.own, before.own)).toBe(stays);
    expect(after.own.map(({ method: _method, ...attributes }) => attributes)).toEqual(
      shapeOf(bare.made).own.map(({ method: _method, ...attributes }) => attributes),
    );
  });

  it('runs its work in the context of the call, and ends the call', async () => {
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

describe('5,000 calls that return the same object', () => {
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
  ])('add at most one layer of hooks to %s that is consumed each time', async (_name, make, consume) => {
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
  ])('add at most one layer of hooks to %s that is consumed once', async (name, make, consume) => {
    const shared = make();
    const before = shapeOf(shared);
    const depth = depthOf(shared);
    for (let run = 0; run < RUNS; run++) methods.annotated(() => shared);
    expect(depthOf(shared)).toBeLessThanOrEqual(depth + 1);
    if (shared instanceof Runner) expect(shared.listenerCount).toBe(1);
    await consume(shared as never);
    // Each subscription ends one of the calls.
    if (name === 'an Observable')
      for (let run = 1; run < RUNS; run++) await lastValueFrom(shared as Observable<number>);
    expect(telemetry.records).toHaveLength(RUNS);
    expect(Object.getPrototypeOf(shared)).toBe(before.prototype);
  });

  it('return the same derived promise for each call, and at most one rejection is unhandled', async () => {
    const shared = Promise.reject(new RangeError('shared'));
    const [one, other] = [methods.annotated(() => shared), methods.annotated(() => shared)];
    expect(one).toBe(other);
    await expect(one).rejects.toThrow('shared');
    expect(telemetry.records.map(({ failure }) => failure?.errorClass)).toEqual(['RangeError', 'RangeError']);
  });
});
