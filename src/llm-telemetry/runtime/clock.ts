import { setTimeout as wait } from 'node:timers/promises';

/** Clock abstraction, so tests can control time. Its timers do not keep the process alive. */
export interface Clock {
  /** Returns the system time in Unix milliseconds. It can jump forward or back. */
  now(): number;
  /** Returns the monotonic time in milliseconds since an arbitrary origin. */
  elapsed(): number;
  /** Resolves after `ms` milliseconds; rejects when the signal is aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** Calls `run` every `ms` milliseconds. Returns a function that stops the timer. */
  every(ms: number, run: () => void): () => void;
}

/** Injection token of the `Clock` that alerts and the dashboard use. */
export const DASHBOARD_CLOCK = Symbol('DASHBOARD_CLOCK');

export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  wait: (ms, signal) => wait(ms, undefined, { ref: false, signal }),
  every: (ms, run) => {
    const timer = setInterval(run, ms).unref();
    return () => clearInterval(timer);
  },
};
