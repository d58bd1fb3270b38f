/**
 * An internal error of the library. Telemetry never changes, delays or fails the application's call: every step on the
 * application's path runs in `guard`, and errors are counted and logged once.
 */
export interface FaultReport {
  /** The step that failed, as a phrase for the log: `reading a request`. */
  readonly step: string;
  readonly error: unknown;
}

type FaultListener = (fault: FaultReport) => void;

const listeners = new Set<FaultListener>();
let faults = 0;

/** Runs an internal step. Errors are reported and swallowed; the result is then `undefined`. */
export function guard<T>(step: string, run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    reportFault(step, error);
    return undefined;
  }
}

/** Runs functions in an async context. */
export interface AsyncContext {
  run(work: () => void): unknown;
}

/**
 * Runs the application's function in an async context of the library, and without it if entering the context fails.
 * Runs the function exactly once, and returns its result or throws its error.
 */
export function runGuarded<T>(step: string, context: AsyncContext, work: () => T): T {
  let state = 'waiting' as 'waiting' | 'done' | 'failed';
  let outcome: unknown;
  const once = (): void => {
    if (state !== 'waiting') return;
    state = 'done';
    try {
      outcome = work();
    } catch (error) {
      state = 'failed';
      outcome = error;
    }
  };
  try {
    context.run(once);
  } catch (error) {
    reportFault(step, error);
  }
  once();
  if (state === 'failed') throw outcome;
  return outcome as T;
}

/** Counts an internal error and notifies the listeners. Never throws. */
export function reportFault(step: string, error: unknown): void {
  faults++;
  for (const listener of listeners) {
    try {
      listener({ step, error });
    } catch {
      // There is nowhere left to report an error of a listener.
    }
  }
}

/** Adds a listener for internal errors. Returns a function that removes it. */
export function onFault(listener: FaultListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Returns the number of internal errors in this process. */
export function faultCount(): number {
  return faults;
}
