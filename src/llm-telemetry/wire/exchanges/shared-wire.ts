import { AsyncLocalStorage } from 'node:async_hooks';
import type { ExchangeObserver } from './exchange.js';
import type { WireFormat } from '../formats/format.js';

/** What the wire reads of the context that a request is made in. The folders to the right put more into it. */
export interface WireContext {
  /** Takes the model requests made in this context. Absent: the observer of the application that was started first. */
  readonly observer?: ExchangeObserver;
  /**
   * While an observed request is being sent: what is fetched from inside it is that same request. Nothing of the request
   * itself, for a connection that is made then keeps the context as long as it lasts.
   */
  readonly sending?: true;
}

/** What all copies of the library in one process have in common. */
interface SharedWire {
  readonly contexts: AsyncLocalStorage<WireContext>;
  /** One for each application, in the order in which they were started. */
  readonly observers: ExchangeObserver[];
  /** The application's own formats, beside those that are known. */
  readonly formats: WireFormat[];
  tapped: boolean;
  /** The functions that `tapFetch` has returned. Absent in the first version of this state. */
  taps?: WeakSet<object>;
}

/**
 * The state of the process, kept under a registered symbol: two copies of the library (two versions, or its ESM and
 * its CommonJS build) tap `fetch` once and see each other's contexts. Its shape is a contract between versions.
 */
export const sharedWire: SharedWire = ((globalThis as unknown as Record<symbol, SharedWire | undefined>)[
  Symbol.for('nestjs-llm-telemetry.wire.v1')
] ??= { contexts: new AsyncLocalStorage(), observers: [], formats: [], tapped: false });

/** The observer that a request made here and now belongs to. */
export function currentObserver(): ExchangeObserver | undefined {
  return sharedWire.contexts.getStore()?.observer ?? sharedWire.observers[0];
}
