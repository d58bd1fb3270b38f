import { setTimeout as wait } from 'node:timers/promises';

/** Clock abstraction, so tests can control time. Its timers do not keep the process alive. */
export interface Clock {
  /** Unix milliseconds. Someone or something may set it, ahead or back. */
  now(): number;
  /** Milliseconds since some moment, by a clock that cannot be set. */
  elapsed(): number;
  /** Resolves after a while; rejects when the signal is aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** Calls again and again, until what it returns is called. */
  every(ms: number, run: () => void): () => void;
}

/** The token of the time that alerts and wrong tokens are told by. */
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
