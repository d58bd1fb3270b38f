import { Readable } from 'node:stream';
import { currentLlmCall } from 'nestjs-llm-telemetry';
import { Observable } from 'rxjs';

/** Results of methods, each noting its work in a log, and ways to consume them. */

/** The events of one side, and whether the steps of the work ran in a call. */
export class Log {
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

export class SubPromise<T> extends Promise<T> {
  readonly label = 'mine';
}

export class LoggedPromise<T> extends Promise<T> {
  readonly caught: string[] = [];
  override catch<R = never>(onError?: ((error: unknown) => R | PromiseLike<R>) | null): Promise<T | R> {
    this.caught.push('catch');
    return super.catch(onError);
  }
}

export class Lazy implements PromiseLike<string> {
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
export class ParsingPromise extends Promise<string> {
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

export class Pages {
  constructor(private readonly log: Log) {}
  async *[Symbol.asyncIterator](): AsyncGenerator<number> {
    this.log.step('page');
    yield 1;
    this.log.step('page');
    yield 2;
  }
}

export class OwnIterator implements AsyncIterableIterator<number> {
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
export class Runner {
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

export async function* generate(log: Log, fails = false): AsyncGenerator<string, string> {
  log.step('start');
  yield 'a';
  log.step('middle');
  await Promise.resolve();
  log.step('after await');
  if (fails) throw new RangeError('generator');
  yield 'b';
  return 'end';
}

export function pulling(log: Log, options: { fails?: boolean; type?: 'bytes' } = {}): ReadableStream {
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

export const readAll = async (values: AsyncIterable<unknown>, log: Log): Promise<void> => {
  try {
    for await (const value of values) log.add('value', String(value));
    log.add('end');
  } catch (error) {
    log.add('error', String(error));
  }
};

export const settled = (promise: PromiseLike<unknown>, log: Log): Promise<void> =>
  Promise.resolve(promise).then(
    (value) => log.add('value', value),
    (error: unknown) => log.add('error', String(error)),
  );

export const subscribed = (observable: Observable<unknown>, log: Log): Promise<void> =>
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

export const events = (stream: Readable, log: Log): Promise<void> =>
  new Promise((resolve) => {
    for (const event of ['data', 'end', 'error'])
      stream.on(event, (...args: unknown[]) => log.add(event, ...args.map(String)));
    stream.on('close', () => {
      log.add('close');
      resolve();
    });
  });

export const rejecting = <T extends Promise<unknown>>(promise: T): T => promise;
