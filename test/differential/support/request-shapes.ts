import { Request as UndiciRequest } from 'undici';

/** Log of the reads of an observable object by the platform or the library. */
export type Reads = string[];

type Shape<In, Out = unknown> = (given: In, reads: Reads) => Out;

/** Creates a proxy that logs each trap. */
export function watched<T extends object>(target: T, name: string, reads: Reads): T {
  const handler: Record<string, unknown> = {};
  for (const trap of Reflect.ownKeys(Reflect) as string[]) {
    const original: unknown = Reflect[trap as keyof typeof Reflect];
    if (typeof original !== 'function') continue;
    handler[trap] = (...args: unknown[]) => {
      const [, key] = args;
      reads.push(`${name} ${trap} ${typeof key === 'string' || typeof key === 'symbol' ? String(key) : ''}`);
      return Reflect.apply(original, Reflect, args) as unknown;
    };
  }
  return new Proxy(target, handler as ProxyHandler<T>);
}

/** Creates an object whose members are getters that log each read. */
function getters(
  members: object,
  name: string,
  reads: Reads,
  prototype: object | null = Object.prototype,
): object {
  const object = Object.create(prototype) as object;
  for (const [key, value] of Object.entries(members)) {
    const get = (): unknown => {
      reads.push(`${name} get ${key}`);
      return value;
    };
    Object.defineProperty(object, key, { get, enumerable: true, configurable: true });
  }
  return object;
}

/** Creates an object that logs each conversion to a string. */
function convertible(text: string, name: string, reads: Reads): object {
  return {
    toString: () => {
      reads.push(`${name} toString`);
      return text;
    },
  };
}

function* once<T>(items: Iterable<T>, name: string, reads: Reads): Generator<T, undefined> {
  reads.push(`${name} iterated`);
  for (const item of items) {
    reads.push(`${name} next`);
    yield item;
  }
}

/** Types of the first argument of `fetch`. */
export const INPUTS: Readonly<Record<string, Shape<string>>> = {
  'a string': (url) => url,
  'a URL': (url) => new URL(url),
  'a subclass of URL': (url) => new (class extends URL {})(url),
  'a subclass of URL with its own toString': (url, reads) =>
    new (class extends URL {
      override toString(): string {
        reads.push('URL toString');
        return super.toString();
      }
    })(url),
  'a URL with its own Symbol.toPrimitive': (url, reads) =>
    Object.assign(new URL(url), {
      [Symbol.toPrimitive]: () => {
        reads.push('URL toPrimitive');
        return url;
      },
    }),
  'a frozen URL': (url) => Object.freeze(new URL(url)),
  'a URL with a getter href': (url, reads) =>
    Object.defineProperty(new URL(url), 'href', {
      get: () => {
        reads.push('URL get href');
        return 'http://127.0.0.1:1/v1/chat/completions';
      },
    }),
  'a String object': (url) => new String(url),
  'an object with toString': (url, reads) => convertible(url, 'input', reads),
  'an array of one string': (url) => [url],
  'a proxy of a URL': (url, reads) => watched(new URL(url), 'input', reads),
  'a proxy of an object with toString': (url, reads) =>
    watched(convertible(url, 'input', reads), 'input', reads),
  'an object that inherits from a proxy': (url, reads) =>
    Object.create(watched(convertible(url, 'input', reads), 'input', reads)) as object,
  'a Request': (url) => new Request(url),
  'a Request with everything': (url) =>
    new Request(url, { method: 'POST', headers: { authorization: 'Bearer a' }, body: '{"messages":[]}' }),
  'a subclass of Request with its own getters': (url, reads) => {
    class Own extends Request {
      override get url(): string {
        reads.push('Request get url');
        return 'http://127.0.0.1:1/other';
      }
      override get headers(): Headers {
        reads.push('Request get headers');
        return super.headers;
      }
      override get method(): string {
        reads.push('Request get method');
        return super.method;
      }
    }
    return new Own(url, { headers: { authorization: 'Bearer a' } });
  },
  'a proxy of a Request': (url, reads) => watched(new Request(url), 'input', reads),
  'a Request of npm undici': (url) => new UndiciRequest(url),
};

type Pairs = ReadonlyArray<readonly [string, string]>;

/** Types of headers that `fetch` accepts or rejects. */
export const HEADERS: Readonly<Record<string, Shape<Pairs>>> = {
  none: () => undefined,
  null: () => null,
  'an object': (pairs) => Object.fromEntries(pairs),
  'a frozen object': (pairs) => Object.freeze(Object.fromEntries(pairs)),
  'an object without a prototype': (pairs) =>
    Object.assign(Object.create(null) as object, Object.fromEntries(pairs)),
  'an object that inherits them': (pairs) => Object.create(Object.fromEntries(pairs)) as object,
  'an instance of a class': (pairs) => Object.assign(new (class Own {})(), Object.fromEntries(pairs)),
  'an object with getters': (pairs, reads) => getters(Object.fromEntries(pairs), 'headers', reads),
  'an object with one getter': (pairs, reads) =>
    Object.defineProperties(
      Object.fromEntries(pairs),
      Object.getOwnPropertyDescriptors(getters({ 'x-one': '1' }, 'headers', reads)),
    ),
  'an object with values to convert': (pairs, reads) =>
    Object.fromEntries(pairs.map(([name, value]) => [name, convertible(value, name, reads)])),
  'an object with String objects': (pairs) =>
    Object.fromEntries(pairs.map(([name, value]) => [name, new String(value)])),
  'an object with a number': (pairs) => ({ ...Object.fromEntries(pairs), 'x-stainless-retry-count': 1 }),
  'an object with a symbol': (pairs) => ({ ...Object.fromEntries(pairs), [Symbol('s')]: 'x' }),
  'an object with a hidden member': (pairs) =>
    Object.defineProperty(Object.fromEntries(pairs), 'x-hidden', { value: '1', enumerable: false }),
  'an object with an invalid name': (pairs) => ({ ...Object.fromEntries(pairs), 'a b': '1' }),
  'a proxy of an object': (pairs, reads) => watched(Object.fromEntries(pairs), 'headers', reads),
  'an object that inherits from a proxy': (pairs, reads) =>
    Object.assign(Object.create(watched({}, 'headers', reads)) as object, Object.fromEntries(pairs)),
  Headers: (pairs) => new Headers(pairs as [string, string][]),
  'a frozen Headers': (pairs) => Object.freeze(new Headers(pairs as [string, string][])),
  'a subclass of Headers': (pairs) => new (class extends Headers {})(pairs as [string, string][]),
  'a subclass of Headers with its own get': (pairs, reads) =>
    new (class extends Headers {
      override get(name: string): string | null {
        reads.push(`headers.get ${name}`);
        return super.get(name);
      }
    })(pairs as [string, string][]),
  'a subclass of Headers with its own iterator': (pairs, reads) =>
    new (class extends Headers {
      override [Symbol.iterator]() {
        return once(super[Symbol.iterator](), 'headers', reads) as HeadersIterator<[string, string]>;
      }
    })(pairs as [string, string][]),
  'a proxy of Headers': (pairs, reads) => watched(new Headers(pairs as [string, string][]), 'headers', reads),
  // openai/openai-node#2696: an object like Headers may be readable only once.
  'an object like Headers that can be read once': (pairs, reads) => {
    const iterator = once(pairs, 'headers', reads);
    class OwnHeaders {
      get [Symbol.toStringTag](): string {
        return 'Headers';
      }
      get(name: string): string | null {
        reads.push(`headers.get ${name}`);
        return null;
      }
      [Symbol.iterator](): Iterator<readonly [string, string]> {
        return iterator;
      }
    }
    return new OwnHeaders();
  },
  pairs: (pairs) => pairs.map((pair) => [...pair]),
  'frozen pairs': (pairs) => Object.freeze(pairs.map((pair) => Object.freeze([...pair]))),
  'pairs that can be read once': (pairs, reads) => pairs.map((pair) => once(pair, 'pair', reads)),
  'pairs with values to convert': (pairs, reads) =>
    pairs.map(([name, value]) => [name, convertible(value, name, reads)]),
  'pairs of proxies': (pairs, reads) => pairs.map((pair) => watched([...pair], 'pair', reads)),
  'an array with a getter': (pairs, reads) => {
    const array: unknown[] = pairs.slice(1).map((pair) => [...pair]);
    const get = (): unknown => {
      reads.push('headers get last');
      return [...pairs[0]!];
    };
    return Object.defineProperty(array, array.length, { get, enumerable: true, configurable: true });
  },
  'an array with its own iterator': (pairs, reads) =>
    Object.assign(
      pairs.map((pair) => [...pair]),
      { [Symbol.iterator]: () => once(pairs, 'headers', reads) },
    ),
  'a proxy of an array': (pairs, reads) =>
    watched(
      pairs.map((pair) => [...pair]),
      'headers',
      reads,
    ),
  'an array with a pair too long': (pairs) => [...pairs.map((pair) => [...pair]), ['a', 'b', 'c']],
  'a Map': (pairs) => new Map(pairs),
  'a subclass of Map with its own iterator': (pairs, reads) =>
    new (class extends Map<string, string> {
      override [Symbol.iterator]() {
        return once(super[Symbol.iterator](), 'headers', reads) as MapIterator<[string, string]>;
      }
    })(pairs),
  'a Set of pairs': (pairs) => new Set(pairs),
  URLSearchParams: (pairs) => new URLSearchParams(pairs as [string, string][]),
  'a generator': (pairs, reads) => once(pairs, 'headers', reads),
  'an iterator of a Map': (pairs) => new Map(pairs).entries(),
  'an iterator of Headers': (pairs) => new Headers(pairs as [string, string][]).entries(),
  'a generator of generators': (pairs, reads) =>
    once(
      pairs.map((pair) => once(pair, 'pair', reads)),
      'headers',
      reads,
    ),
  'an object with a getter of its iterator': (pairs, reads) =>
    Object.defineProperty({}, Symbol.iterator, {
      get: () => {
        reads.push('headers get iterator');
        return () => once(pairs, 'headers', reads);
      },
    }),
  'a string': () => 'authorization: Bearer a',
};

/** Types of bodies that `fetch` accepts or rejects. */
export const BODIES: Readonly<Record<string, Shape<string>>> = {
  none: () => undefined,
  null: () => null,
  'a string': (text) => text,
  'a String object': (text) => new String(text),
  'an object with toString': (text, reads) => convertible(text, 'body', reads),
  'a Uint8Array': (text) => new TextEncoder().encode(text),
  'a Buffer': (text) => Buffer.from(text),
  'a part of a Buffer': (text) => Buffer.from(`__${text}__`).subarray(2, -2),
  'a Uint8Array with getters': (text, reads) => {
    const bytes = new TextEncoder().encode(text);
    for (const key of ['buffer', 'byteOffset', 'byteLength'] as const) {
      const value = bytes[key];
      Object.defineProperty(bytes, key, {
        get: () => {
          reads.push(`body get ${key}`);
          return value;
        },
      });
    }
    return bytes;
  },
  'a Uint8Array whose memory has moved': (text) => {
    const bytes = new TextEncoder().encode(text);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    return bytes;
  },
  'shared memory': (text) => {
    const bytes = new Uint8Array(new SharedArrayBuffer(Buffer.byteLength(text)));
    bytes.set(Buffer.from(text));
    return bytes;
  },
  'a proxy of a Uint8Array': (text, reads) => watched(new TextEncoder().encode(text), 'body', reads),
  'an ArrayBuffer': (text) => new TextEncoder().encode(text).buffer,
  'a DataView': (text) => new DataView(new TextEncoder().encode(text).buffer),
  'a Blob': (text) => new Blob([text], { type: 'application/json' }),
  'a File': (text) => new File([text], 'body.json'),
  URLSearchParams: (text) => new URLSearchParams({ model: 'm', messages: text }),
  FormData: (text) => formOf(new FormData(), text),
  'a subclass of FormData with its own methods': (text, reads) =>
    formOf(
      new (class extends FormData {
        override get(name: string): FormDataEntryValue | null {
          reads.push(`body.get ${name}`);
          return super.get(name);
        }
        override has(name: string): boolean {
          reads.push(`body.has ${name}`);
          return super.has(name);
        }
        override forEach(): void {
          reads.push('body.forEach');
        }
      })(),
      text,
    ),
  'a proxy of FormData': (text, reads) => watched(formOf(new FormData(), text), 'body', reads),
  'a ReadableStream': (text) => new Blob([text]).stream(),
  'an async generator': (text, reads) =>
    (async function* () {
      for (const piece of once([text.slice(0, 9), text.slice(9)], 'body', reads)) yield Buffer.from(piece);
    })(),
  'an object without toString': () => Object.create(null) as object,
};

function formOf(form: FormData, text: string): FormData {
  form.set('model', 'gpt-4o-mini');
  form.set('messages', text);
  form.set('file', new File(['audio'], 'a.wav'));
  return form;
}

export interface Members {
  readonly method?: unknown;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly signal?: unknown;
  readonly duplex?: unknown;
}

/** Types of the second argument of `fetch`. */
export const INITS: Readonly<Record<string, Shape<Members>>> = {
  'an object': (members) => ({ ...members }),
  'a frozen object': (members) => Object.freeze({ ...members }),
  'an object without a prototype': (members) => Object.assign(Object.create(null) as object, members),
  'an object that inherits all': (members) => Object.create(members) as object,
  'an object that inherits one': ({ headers, ...members }) =>
    Object.assign(Object.create({ headers }) as object, members),
  'an object with hidden members': (members) =>
    Object.defineProperties(
      {},
      Object.fromEntries(Object.entries(members).map(([key, value]) => [key, { value, enumerable: false }])),
    ),
  'an object with symbols': (members) => ({ ...members, [Symbol('s')]: 1, extra: 2 }),
  'an instance of a class': (members) => Object.assign(new (class Own {})(), members),
  'an object with getters': (members, reads) => getters(members, 'init', reads),
  'an object that inherits getters': (members, reads) =>
    Object.create(getters(members, 'init', reads)) as object,
  // PostHog/posthog-js#3711: a copy with the spread operator loses inherited members.
  'a class with a getter': ({ headers, ...members }, reads) => {
    class Own {
      #headers = headers;
      get headers(): unknown {
        reads.push('init get headers');
        return this.#headers;
      }
    }
    return Object.assign(new Own(), members);
  },
  'an object with a getter of no interest': (members, reads) =>
    Object.defineProperties(
      { ...members },
      Object.getOwnPropertyDescriptors(getters({ redirect: 'follow', extra: 1 }, 'init', reads)),
    ),
  'an object with a setter only': (members) =>
    Object.defineProperty({ ...members }, 'referrer', { set: () => {}, enumerable: true }),
  'a proxy': (members, reads) => watched({ ...members }, 'init', reads),
  'an object that inherits from a proxy': (members, reads) =>
    Object.create(watched({ ...members }, 'init', reads)) as object,
  'a function': (members) => Object.assign(() => {}, members),
  'a Request': (members) => new Request('http://127.0.0.1:1/', members as RequestInit),
};

export const METHODS: Readonly<Record<string, Shape<string>>> = {
  'a string': (method) => method,
  'in lower case': (method) => method.toLowerCase(),
  'a String object': (method) => new String(method),
  'an object with toString': (method, reads) => convertible(method, 'method', reads),
  none: () => undefined,
};

export const SIGNALS: Readonly<Record<string, Shape<AbortSignal>>> = {
  none: () => undefined,
  'a signal': (signal) => signal,
  null: () => null,
  'an aborted signal': () => AbortSignal.abort(),
  'a signal with a getter': (signal, reads) =>
    Object.defineProperty(signal, 'aborted', {
      get: () => {
        reads.push('signal get aborted');
        return false;
      },
    }),
  'a proxy of a signal': (signal, reads) => watched(signal, 'signal', reads),
};
