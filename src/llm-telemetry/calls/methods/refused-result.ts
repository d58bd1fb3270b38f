import { throwError } from 'rxjs';

/** Declared result of a method that is neither async nor a generator. */
export type ReturnKind = 'promise' | 'observable';

/**
 * Fails like a refused method itself would: async methods and methods that return a promise reject, generators fail in
 * the first step, Observables on subscription. All other methods throw, since objects with methods (an `APIPromise`, a
 * stream) cannot be replaced.
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

// oxlint-disable-next-line require-yield -- fails in the first step
async function* refusedSteps(error: Error): AsyncGenerator {
  throw error;
}

// oxlint-disable-next-line require-yield -- as above
function* refusedSyncSteps(error: Error): Generator {
  throw error;
}
