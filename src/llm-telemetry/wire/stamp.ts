/** Gives back the object that it is constructed with, so that a subclass can put a private field on it. */
class Given {
  constructor(object: object) {
    return object;
  }
}

export interface Stamp<T> {
  /**
   * Puts `state` on `object`, in place of an earlier one: no own property, nothing that reflection or serialization could
   * see.
   */
  put(object: object, state: T): void;
  /** The state on `object`, or `undefined` where there is none. */
  of(object: unknown): T | undefined;
}

/**
 * A hidden place for state on objects that are not ours. A private field is as invisible as a WeakMap entry and, on a
 * path that every chunk of every stream takes, several times faster.
 */
export function createStamp<T>(): Stamp<T> {
  class Stamped extends Given {
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
