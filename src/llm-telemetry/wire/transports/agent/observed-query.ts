import { types } from 'node:util';
import { currentObserver } from '../../exchanges/shared-wire.js';
import { guard } from '../../guard.js';
import { NotObservableError } from '../../not-observable.error.js';
import { createStamp } from '../../stamp.js';
import { inheriting } from '../../streams/observed-stream.js';
import type { ObserverNow } from '../fetch-tap.js';
import { AgentSession } from './agent-session.js';

/**
 * A query of the Claude Agent SDK, as far as it is used: it is iterated.
 *
 * @publicApi
 */
export interface AgentQuery {
  [Symbol.asyncIterator](): AsyncIterator<unknown>;
}

/**
 * Observes the messages that an application reads from a query of the Claude Agent SDK. Its requests are sent by a child
 * process, so nothing else is visible in this one. Only the prototypes of the query and of its iterator are swapped:
 * messages, errors and methods stay the same. A query that is passed twice is observed once.
 *
 * Source: types of @anthropic-ai/claude-agent-sdk 0.3 (`Query`), whose iterator is another object.
 */
export function observeQuery(query: AgentQuery, observerNow: ObserverNow = currentObserver): void {
  guard('observing a query', () => {
    if (!isQuery(query)) throw new NotObservableError('observeQuery', EXPECTED, query);
    if (!sessions.of(query)) observe(query, new AgentSession(observerNow));
  });
}

const EXPECTED = 'the Query that query() of @anthropic-ai/claude-agent-sdk returns';

function isQuery(value: unknown): value is AgentQuery {
  if (typeof value !== 'object' || value === null || !Object.isExtensible(value)) return false;
  return typeof (value as Partial<AgentQuery>)[Symbol.asyncIterator] === 'function';
}

/** Sessions by query and by iterator. */
const sessions = createStamp<AgentSession>();
const prototypes = new WeakMap<object, object>();

function observe(object: object, session: AgentSession): void {
  sessions.put(object, session);
  for (const hook of HOOKS) {
    const own = Object.getOwnPropertyDescriptor(object, hook[0]);
    if (typeof own?.value !== 'function') continue;
    const method = own.value as Method;
    Reflect.defineProperty(object, hook[0], { ...own, value: hooked(hook, () => method) });
  }
  Object.setPrototypeOf(object, observedPrototype(Object.getPrototypeOf(object) as object));
}

function observedPrototype(base: object): object {
  const known = prototypes.get(base);
  if (known) return known;
  const methods: Record<PropertyKey, Method> = {};
  for (const hook of HOOKS)
    if (typeof Reflect.get(base, hook[0]) === 'function')
      methods[hook[0]] = hooked(hook, () => Reflect.get(base, hook[0]) as Method);
  const prototype = inheriting(base, methods);
  prototypes.set(base, prototype);
  return prototype;
}

type Method = (this: object, ...args: unknown[]) => unknown;
/** Calls a method of the application and reports it to the session. */
type Hook = readonly [name: PropertyKey, run: (session: AgentSession, call: () => unknown) => unknown];

/** Returns the method that replaces another one. `original`: returns the current one, which a test can replace. */
function hooked([name, run]: Hook, original: () => Method): Method {
  const holder: Record<PropertyKey, Method> = {
    [name](this: object, ...args: unknown[]) {
      const call = (): unknown => Reflect.apply(original(), this, args);
      const session = sessions.of(this);
      return session ? run(session, call) : call();
    },
  };
  return holder[name]!;
}

const HOOKS: readonly Hook[] = [
  [
    Symbol.asyncIterator,
    (session, call) => {
      const iterator = call();
      guard('observing a query', () => {
        if (isIterator(iterator) && !sessions.of(iterator)) observe(iterator, session);
      });
      return iterator;
    },
  ],
  [
    'next',
    (session, call) => {
      guard('reading a query', () => session.reading());
      const result = call();
      return types.isPromise(result) ? result.then(...reportTo(session)) : result;
    },
  ],
  ['return', leave],
  ['throw', leave],
  ['close', leave],
  [Symbol.asyncDispose, leave],
  [
    'interrupt',
    (session, call) => {
      guard('reading a query', () => session.interrupted());
      return call();
    },
  ],
];

function leave(session: AgentSession, call: () => unknown): unknown {
  guard('leaving a query', () => session.left());
  return call();
}

function isIterator(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.isExtensible(value);
}

/** Returns the callbacks of a promise of `next`, which pass on its result or its error. */
function reportTo(session: AgentSession): [(result: unknown) => unknown, (error: unknown) => never] {
  return [
    (result) => {
      guard('reading a query', () => {
        const { done, value } = result as IteratorResult<unknown, unknown>;
        if (done) session.finished();
        else session.received(value);
      });
      return result;
    },
    (error) => {
      guard('reading a query', () => session.failed(error));
      throw error;
    },
  ];
}
