import { types } from 'node:util';

/**
 * jest runs tests in a realm of its own, where errors that the platform makes (an aborted `fetch`, say) are no
 * instances of `Error`; the SDKs then take a timeout for a broken connection. A service has one realm: so here.
 */
Object.defineProperty(Error, Symbol.hasInstance, {
  value(this: unknown, value: unknown): boolean {
    if (Function.prototype[Symbol.hasInstance].call(this, value)) return true;
    return this === Error && (types.isNativeError(value) || value instanceof DOMException);
  },
});
