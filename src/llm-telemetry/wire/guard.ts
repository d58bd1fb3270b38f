/**
 * The one place where faults of our own end up. Telemetry never changes, delays or fails the application's call: each
 * step that runs inside the application's way goes through `guard`, and what throws there is counted and said once.
 */
export interface FaultReport {
  /** Where it happened, in our words. */
  readonly step: string;
  readonly error: unknown;
}

type FaultListener = (fault: FaultReport) => void;

const listeners = new Set<FaultListener>();
let faults = 0;

/** Runs a step of ours; a throw is reported and swallowed, and the answer is `undefined`. */
export function guard<T>(step: string, run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    reportFault(step, error);
    return undefined;
  }
}

/** A context of ours that work can be done in. */
export interface Surrounding {
  run(work: () => void): unknown;
}

/**
 * Does the application's own work in a context of ours, and without it where entering that fails. Does it once, gives
 * back what it gives back, and throws what it throws.
 */
export function inside<T>(step: string, surrounding: Surrounding, work: () => T): T {
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
    surrounding.run(once);
  } catch (error) {
    reportFault(step, error);
  }
  once();
  if (state === 'failed') throw outcome;
  return outcome as T;
}

/** Tells the listeners of a fault of ours. Never throws. */
export function reportFault(step: string, error: unknown): void {
  faults++;
  for (const listener of listeners) {
    try {
      listener({ step, error });
    } catch {
      // A listener that throws has nobody left to tell.
    }
  }
}

/** Calls `listener` for each fault from now on; returns what ends that. */
export function onFault(listener: FaultListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** How many steps of ours have thrown in this process. */
export function faultCount(): number {
  return faults;
}
