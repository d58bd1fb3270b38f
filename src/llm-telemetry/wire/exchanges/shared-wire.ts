import { AsyncLocalStorage } from 'node:async_hooks';
import type { ExchangeObserver } from './exchange.js';
import type { WireFormat } from '../formats/format.js';

/** The part of the async context that `wire/` reads. Other folders extend it. */
export interface WireContext {
  /**
   * Observes the model requests made in this context.
   *
   * @defaultValue the observer of the application that was started first
   */
  readonly observer?: ExchangeObserver;
  /**
   * Set while an observed request is sent, so that a nested `fetch` is not observed again. A flag rather than the
   * request, because a new connection retains the context for its lifetime.
   */
  readonly sending?: true;
}

/** State shared by all copies of the library in one process. */
interface SharedWire {
  readonly contexts: AsyncLocalStorage<WireContext>;
  /** Observers of the applications, in the order in which they were started. */
  readonly observers: ExchangeObserver[];
  /** Custom formats added by `registerWireFormat`. */
  readonly formats: WireFormat[];
  tapped: boolean;
  /** The functions returned by `tapFetch`. Absent in the first version of this state. */
  taps?: WeakSet<object>;
  /** Set once the requests of `node:http` are observed. Absent in the first version of this state. */
  observesNodeHttp?: true;
  /** Loaders of `loadAtStart`, of all copies. Absent in the first version of this state. */
  loaders?: Array<() => Promise<void>>;
}

/**
 * The shared state, stored under a registered symbol, so that two copies of the library (two versions, or one that
 * is bundled into the application) tap `fetch` once and share their contexts. Its shape is a contract between versions.
 */
export const sharedWire: SharedWire = ((globalThis as unknown as Record<symbol, SharedWire | undefined>)[
  Symbol.for('nestjs-llm-telemetry.wire.v1')
] ??= { contexts: new AsyncLocalStorage(), observers: [], formats: [], tapped: false });

/** Returns the observer of the current context. */
export function currentObserver(): ExchangeObserver | undefined {
  return sharedWire.contexts.getStore()?.observer ?? sharedWire.observers[0];
}
