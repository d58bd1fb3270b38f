import { runInNewContext } from 'node:vm';

export type Fetch = typeof globalThis.fetch;

export const CHUNKS = [
  { choices: [{ index: 0, delta: { content: 'Hel' }, finish_reason: null }] },
  { choices: [{ index: 0, delta: { content: 'lo' }, finish_reason: 'stop' }] },
];
export const USAGE_CHUNK = {
  choices: [],
  usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
};
export const events = (...chunks: object[]): string[] =>
  [...chunks.map((chunk) => JSON.stringify(chunk)), '[DONE]'].map((data) => `data: ${data}\n\n`);
export const JSON_BODY = JSON.stringify({
  id: 'chatcmpl-1',
  choices: [{ index: 0, message: { content: 'Hello' }, finish_reason: 'stop' }],
  usage: USAGE_CHUNK.usage,
});

/** Promise of a library: not native, eager, with additional methods. */
export class LibraryPromise<T> {
  readonly cancelled: string[] = [];
  constructor(private readonly inner: Promise<T>) {}
  then(onValue?: ((value: T) => unknown) | null, onError?: ((error: unknown) => unknown) | null): unknown {
    return new LibraryPromise(this.inner.then(onValue, onError));
  }
  cancel(): string {
    return 'cancelled';
  }
}

/** Subclass of Promise that sends the request when it is awaited, like the promises of SDKs. */
export class LazyPromise<T> extends Promise<T> {
  static sent = 0;
  #work: () => Promise<T>;
  #running: Promise<T> | undefined;
  constructor(work: () => Promise<T>) {
    super(() => {});
    this.#work = work;
  }
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }
  override then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    if (!this.#running) LazyPromise.sent++;
    return (this.#running ??= this.#work()).then(onValue, onError);
  }
}

export class EagerPromise<T> extends Promise<T> {
  readonly own = 'property';
}

/** Values that a `fetch` may return, by name. */
export const RESULTS: Readonly<Record<string, (inner: Fetch) => (...args: Parameters<Fetch>) => unknown>> = {
  'a native promise': (inner) => inner,
  'a native promise with own properties':
    (inner) =>
    (...args) =>
      Object.assign(inner(...args), { cancel: () => 'cancelled', id: 7 }),
  'a promise of another realm':
    (inner) =>
    (...args) =>
      (runInNewContext('(inner) => Promise.resolve(inner)') as (inner: unknown) => unknown)(inner(...args)),
  'a subclass of Promise':
    (inner) =>
    (...args) =>
      EagerPromise.resolve(inner(...args)),
  'a lazy subclass of Promise':
    (inner) =>
    (...args) =>
      new LazyPromise(() => inner(...args)),
  'a promise of a library':
    (inner) =>
    (...args) =>
      new LibraryPromise(inner(...args)),
  'a thenable object':
    (inner) =>
    (...args) => ({
      then: (onValue: (value: Response) => unknown, onError: (error: unknown) => unknown) =>
        void inner(...args).then(onValue, onError),
    }),
  'a frozen thenable':
    (inner) =>
    (...args) => {
      const promise = inner(...args);
      return Object.freeze({ then: promise.then.bind(promise) });
    },
  'a proxy of a promise':
    (inner) =>
    (...args) =>
      new Proxy(new LibraryPromise(inner(...args)), {}),
  'a response': () => () => new Response(JSON_BODY, { headers: { 'content-type': 'application/json' } }),
  undefined: () => () => undefined,
  null: () => () => null,
  'a number': () => () => 7,
  'an object of a test': () => () => ({
    ok: true,
    status: 200,
    json: async () => JSON.parse(JSON_BODY) as unknown,
  }),
  'an object whose then is no function': () => () => ({ then: 7 }),
};
