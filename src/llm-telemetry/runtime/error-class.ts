import { types } from 'node:util';

/**
 * Implements `instanceof` for a public error class. It also matches errors of other copies of this package, such as another
 * version, which have the same `code`.
 *
 * @param asked Class to the right of `instanceof`: `errorClass`, or a subclass, which matches its own instances only.
 */
export function hasErrorCode(asked: unknown, errorClass: object, code: string, value: unknown): boolean {
  if (asked !== errorClass)
    return Function.prototype[Symbol.hasInstance].call(asked as () => unknown, value) as boolean;
  return types.isNativeError(value) && 'code' in value && value.code === code;
}
