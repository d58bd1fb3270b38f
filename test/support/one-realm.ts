import { types } from 'node:util';

/**
 * Jest runs tests in a separate realm, where errors of the platform (for example of an aborted `fetch`) are not
 * instances of `Error`, so the SDKs mistake a timeout for a broken connection. Makes `instanceof Error` work as in a
 * service.
 */
Object.defineProperty(Error, Symbol.hasInstance, {
  value(this: unknown, value: unknown): boolean {
    if (Function.prototype[Symbol.hasInstance].call(this, value)) return true;
    return this === Error && (types.isNativeError(value) || value instanceof DOMException);
  },
});

/** `@google/genai` looks up the dispatcher of the platform's `fetch`, which only the realm of the platform has. */
const DISPATCHER = Symbol.for('undici.globalDispatcher.1');
const platform = (
  Reflect.construct(Headers.constructor, ['return globalThis']) as () => Record<symbol, unknown>
)();
Object.defineProperty(globalThis, DISPATCHER, { get: () => platform[DISPATCHER], configurable: true });
