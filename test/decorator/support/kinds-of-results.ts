import { Readable, PassThrough } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import {
  BehaviorSubject,
  defer,
  firstValueFrom,
  from,
  lastValueFrom,
  Observable,
  range,
  shareReplay,
  Subject,
  take,
  toArray,
} from 'rxjs';
import {
  events,
  generate,
  Lazy,
  Log,
  LoggedPromise,
  OwnIterator,
  Pages,
  ParsingPromise,
  pulling,
  readAll,
  rejecting,
  Runner,
  settled,
  SubPromise,
  subscribed,
} from './results.js';

interface Kind {
  /** Creates the result of the method. */
  make(log: Log): unknown;
  /** Consumes the result to its end. */
  consume(result: never, log: Log): unknown;
  /** The annotated method returns a derived promise. */
  derived?: true;
  /** The end of the result cannot be observed, so a flush ends the call. */
  swept?: true;
  /** Source and consumer run concurrently, so only the order within each of them is compared. */
  concurrent?: true;
}

export const KINDS: Record<string, Kind> = {
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
      // oxlint-disable-next-line unicorn/no-thenable -- the kind under test
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
  // Not watched, because it looks like a response of `fetch`.
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
