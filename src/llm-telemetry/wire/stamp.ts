/** Returns its argument from the constructor, so that a subclass adds its private fields to that object. */
class ReturnOverride {
  constructor(object: object) {
    return object;
  }
}

export interface Stamp<T> {
  /**
   * Attaches `state` to `object` and replaces earlier state. Adds no own property, so reflection and serialization do
   * not see it.
   */
  put(object: object, state: T): void;
  /** Returns the state of `object`; `undefined` if there is none. */
  of(object: unknown): T | undefined;
}

/**
 * Creates hidden state for foreign objects. A private field is as invisible as a WeakMap entry and several times
 * faster, which matters because every chunk of every stream reads it.
 */
export function createStamp<T>(): Stamp<T> {
  class Stamped extends ReturnOverride {
    #state: T;
    constructor(object: object, state: T) {
      super(object);
      this.#state = state;
    }
    static put(object: object, state: T): void {
      if (#state in object) object.#state = state;
      else void new Stamped(object, state);
    }
    static of(object: unknown): T | undefined {
      const canHold = (typeof object === 'object' && object !== null) || typeof object === 'function';
      return canHold && #state in object ? object.#state : undefined;
    }
  }
  return {
    put: (object, state) => Stamped.put(object, state),
    of: (object) => Stamped.of(object),
  };
}
