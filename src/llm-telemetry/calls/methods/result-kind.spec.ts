import { createHook } from 'node:async_hooks';
import { isPlainPromise } from './result-kind.js';

describe('isPlainPromise', () => {
  it('accepts a promise with symbols of the runtime', () => {
    const hook = createHook({ init() {} }).enable();
    const promise = (async () => {
      await Promise.resolve();
    })();
    hook.disable();
    expect(Object.getOwnPropertySymbols(promise)).not.toEqual([]);
    expect(isPlainPromise(promise)).toBe(true);
  });

  it('rejects a promise with methods of a library, and a subclass', () => {
    class Cancelable extends Promise<void> {}
    expect(isPlainPromise(Object.assign(Promise.resolve(), { cancel: () => {} }))).toBe(false);
    expect(isPlainPromise(Cancelable.resolve())).toBe(false);
    expect(isPlainPromise({ then: () => {} })).toBe(false);
  });
});
