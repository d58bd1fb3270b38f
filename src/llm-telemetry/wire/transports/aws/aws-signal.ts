import { AsyncLocalStorage } from 'node:async_hooks';
import { runGuarded } from '../../guard.js';
import { isInstanceOf } from '../../readable.js';
import { inheriting } from '../../streams/observed-stream.js';

/** Weak reference, because a new connection retains the context, and listeners of a signal may retain the response. */
const signals = new AsyncLocalStorage<WeakRef<AbortSignal>>();

/**
 * Makes the signal that is passed to `send` known to the middleware: without it, an abort in the middle of a stream looks
 * like a broken connection. Only the prototype of the client is swapped.
 *
 * @note Versions of the SDK from 2026 tell it in the context of the middleware; older ones do not.
 */
export function observeSignals(client: object): void {
  const base = Object.getPrototypeOf(client) as { send?: unknown };
  const { send } = base;
  if (typeof send !== 'function' || !Object.isExtensible(client)) return;
  const methods = {
    send(this: unknown, ...args: [unknown?, { abortSignal?: unknown }?, ...unknown[]]) {
      const signal = typeof args[1] === 'object' && args[1] !== null ? args[1].abortSignal : undefined;
      const work = (): unknown => Reflect.apply(send, this, args) as unknown;
      if (!isInstanceOf(signal, AbortSignal.prototype)) return work();
      const reference = new WeakRef(signal as AbortSignal);
      return runGuarded('observing a signal', { run: (run) => signals.run(reference, run) }, work);
    },
  };
  Object.setPrototypeOf(client, inheriting(base, methods));
}

/**
 * Returns the signal of a request, from the context of the middleware or of the call of `send`.
 *
 * @param context - source: @smithy/types 4 (`HandlerExecutionContext`)
 */
export function signalOf(context: unknown): unknown {
  const { __smithy_context: smithy } = context as { __smithy_context?: { abortSignal?: unknown } };
  return smithy?.abortSignal ?? signals.getStore()?.deref();
}
