import { throwError } from 'rxjs';

/** What a method returns that is neither async nor a generator. */
export type ReturnKind = 'promise' | 'observable';

/**
 * Fails in place of a method that may not run, as the method itself would: an async method and one that returns a promise
 * reject, a generator fails in its first step, an Observable when it is subscribed to. Any other method throws: one that
 * returns an object with methods (an `APIPromise`, a stream) cannot be stood in for.
 */
export function refusedResult(method: unknown, error: Error, returns: ReturnKind | undefined): unknown {
  switch (kindOf(method)) {
    case '[object AsyncFunction]':
      return Promise.reject(error);
    case '[object AsyncGeneratorFunction]':
      return refusedSteps(error);
    case '[object GeneratorFunction]':
      return refusedSyncSteps(error);
    default:
  }
  switch (returns) {
    case 'promise':
      return Promise.reject(error);
    case 'observable':
      return throwError(() => error);
    case undefined:
      throw error;
  }
}

const kindOf = (method: unknown): string => Object.prototype.toString.call(method);

// oxlint-disable-next-line require-yield -- there is nothing to give
async function* refusedSteps(error: Error): AsyncGenerator {
  throw error;
}

// oxlint-disable-next-line require-yield -- as above
function* refusedSyncSteps(error: Error): Generator {
  throw error;
}
