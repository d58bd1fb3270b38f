import { types } from 'node:util';
import { guard } from '../../wire/guard.js';
import type { Call } from '../call.js';
import { hook, watchOf, type Hooks } from './hooks.js';
import type { Again } from './retry.js';

/** One run of a method that returned an object whose work is still to be done. None of its functions throws. */
export interface WatchedRun {
  readonly call: Call;
  /** How to run the method again, if the decorator's `retry` asks for it. */
  readonly again: Again | null;
  /** The work has ended with a result. */
  done(result: unknown): void;
  /** The work has failed. Returns the error that the consumer gets: if a budget refused the request, the budget's. */
  failed(error: unknown): unknown;
}

/** Takes the steps of an object whose method is run again when it fails. */
export interface Retried {
  step(name: string, args: unknown[], first: FirstStep): unknown;
}

/** Takes a step on the object of the first run. */
export type FirstStep = (name: string, args: unknown[]) => unknown;

/**
 * What is known of one object that does its work while it is consumed. A method can return the same object from each run:
 * there is one watch for all of them, with one layer of hooks, and the calls that have not ended.
 */
export class Watch {
  /** Hooks stay on until `release`, also after the calls have ended. */
  kept = false;
  /** Repeats the method on behalf of the consumer; `null` without `retry`. */
  retried: Retried | null = null;
  /** How many branches of a `ReadableStream` have not been cancelled. */
  branches = 1;
  /** How many subscriptions of an Observable have not ended. */
  subscriptions = 0;
  /** How many hooked methods of a promise are running: what they call is part of them. */
  depth = 0;
  /** A `then` was called by a hooked method. */
  thenSeen = false;
  /** An error was replaced by a budget's. Hooks stay on, for the platform gives out such an error again and again. */
  private refused = false;
  private runs: WatchedRun[] = [];
  /** The run whose context is used when all have ended: requests are recorded by its name. */
  private last: WatchedRun;
  private undo: Array<() => void> = [];

  constructor(first: WatchedRun) {
    this.last = first;
    this.add(first);
  }

  add(run: WatchedRun): void {
    while (this.runs[0]?.call.ended) this.runs.shift();
    this.runs.push(run);
    this.last = run;
  }

  /** Puts hooks on the object or on a part of it. False if that is not possible. */
  attach(object: object, hooks: Hooks): boolean {
    const undo = hook(object, hooks, this);
    if (undo) this.undo.push(undo);
    return undo !== null;
  }

  /** Runs a step of the work in the context of the first call that has not ended. What it throws passes through. */
  within<T>(work: () => T): T {
    return this.withinRun(
      this.runs.find((run) => !run.call.ended),
      work,
    );
  }

  withinRun<T>(run: WatchedRun | undefined, work: () => T): T {
    const { call } = run ?? this.last;
    call.touch();
    return call.within(work);
  }

  /** Takes a step on the object itself, past its `retried`. */
  withoutRetry<T>(work: () => T): T {
    const { retried } = this;
    this.retried = null;
    try {
      return work();
    } finally {
      this.retried = retried;
    }
  }

  /** The runs whose calls one consumer pays for: the oldest, and those that it is nested in. */
  take(): WatchedRun[] {
    const taken: WatchedRun[] = [];
    for (let run = this.runs[0]; run; run = this.runs[0]) {
      if (taken.length > 0 && !taken.at(-1)!.call.isWithin(run.call)) break;
      this.runs.shift();
      taken.push(run);
    }
    return taken;
  }

  /** Every call that returned the object has been consumed or has ended. */
  get idle(): boolean {
    return this.subscriptions === 0 && this.runs.every(({ call }) => call.ended);
  }

  done(result: unknown): void {
    this.end((run) => run.done(result));
  }

  /** Returns the error that the consumer gets. */
  failed(error: unknown): unknown {
    let leaving = this.replaced(error);
    this.end((run) => {
      leaving = run.failed(leaving);
    });
    return leaving;
  }

  /** Returns what the consumer gets in place of `error`, which need not be the end of the work: see `failed`. */
  replaced(error: unknown, runs: readonly WatchedRun[] = this.runs): unknown {
    const known = refusals.get(error as object);
    if (known) return known;
    const refusal = runs.find(({ call }) => call.refusal !== null)?.call.refusal;
    if (!refusal || refusal === error) return error;
    this.refused = true;
    if (typeof error === 'object' && error !== null) refusals.set(error, refusal);
    return refusal;
  }

  /** A budget has refused a request of the calls, or may still do so. */
  get mayBeRefused(): boolean {
    return this.refused || this.runs.some(({ call }) => call.mayBeRefused);
  }

  /**
   * Stands for what a method of the object gave back: the same value, unless it is a promise that may reject with an error
   * that is to be replaced. An error that `passes` is left alone.
   */
  refusable(result: unknown, passes: (error: unknown) => boolean): unknown {
    if (!types.isPromise(result) || !this.mayBeRefused) return result;
    // They may have ended when it rejects.
    const runs = [...this.runs];
    return result.then(undefined, (error: unknown) => {
      throw passes(error) ? error : this.replaced(error, runs);
    });
  }

  /** The consumer has the response and reads it by itself. */
  handedOut(): void {
    this.end(({ call }) => call.settle('stream'));
  }

  /** The consumer stopped before the end. */
  left(): void {
    this.end(({ call }) => call.settle('value'));
  }

  /** If the object is collected before its end, its calls end. */
  endWhenCollected(object: object): void {
    abandoned.register(object, this.runs, this);
  }

  /** The work goes on without the object. */
  keepWhenCollected(): void {
    abandoned.unregister(this);
  }

  /** Takes all hooks off. */
  release(): void {
    abandoned.unregister(this);
    for (const undo of this.undo.splice(0)) guard('unwatching a result', undo);
  }

  private end(ending: (run: WatchedRun) => void): void {
    // In place: the registry has the same list.
    for (const run of this.runs.splice(0)) ending(run);
    if (!this.kept && !this.refused) this.release();
  }
}

/** The budget's error for each error that it was given out in place of. */
const refusals = new WeakMap<object, Error>();

/** An object that the application drops has no end that could be seen, but it is collected. */
const abandoned = new FinalizationRegistry<readonly WatchedRun[]>((runs) => {
  for (const { call } of runs) call.settle('value', call.lastActivityAt());
});

/**
 * Watches `object` for one more run. Returns its watch if it is new, `null` if it is watched already, and `undefined` if
 * it cannot be watched.
 */
export function watchObject(object: object, run: WatchedRun, hooks: Hooks): Watch | null | undefined {
  const known = watchOf(object);
  if (known) {
    known.add(run);
    return null;
  }
  const watch = new Watch(run);
  return watch.attach(object, hooks) ? watch : undefined;
}
