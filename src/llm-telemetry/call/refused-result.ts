const kindOf = (method: unknown): string => Object.prototype.toString.call(method);

/**
 * What stands for the result of a method that may not run: it fails as the method itself would have, in the promise of an
 * async method and in the first step of a generator. A method that is none of these throws.
 */
export function refusedResult(method: unknown, error: Error): unknown {
  switch (kindOf(method)) {
    case '[object AsyncFunction]':
      return Promise.reject(error);
    case '[object AsyncGeneratorFunction]':
      return refusedSteps(error);
    case '[object GeneratorFunction]':
      return refusedSyncSteps(error);
    default:
      throw error;
  }
}

// oxlint-disable-next-line require-yield -- there is nothing to give
async function* refusedSteps(error: Error): AsyncGenerator {
  throw error;
}

// oxlint-disable-next-line require-yield -- as above
function* refusedSyncSteps(error: Error): Generator {
  throw error;
}
