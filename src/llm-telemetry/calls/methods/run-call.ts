import { guard, reportFault } from '../../wire/guard.js';
import { isRefusedResponse } from '../../wire/transports/refused-response.js';
import { createStamp } from '../../wire/stamp.js';
import type { Call } from '../call.js';
import type { CallName } from '../call-name.js';
import { rememberCallOf } from '../failure-of-error.js';
import {
  isAsyncGenerator,
  isEventStream,
  isGenerator,
  isObservable,
  isPlainPromise,
  isStreamLike,
  isThenable,
} from './kind.js';
import { watchThenable } from './lazy-promise.js';
import { watchEventStream, watchParts } from './lazy-result.js';
import type { Again, CallRun, RetryPolicy, WatchedRun } from './method-run.js';
import type { Attributes } from '../record.js';
import type { CallRecorder } from '../recorder.js';
import { refusedResult, type ReturnKind } from './refused-result.js';
import { retryPromise } from './retry.js';

/** How a method is to be run as a call. */
export interface CallDefinition extends CallName {
  readonly retry?: RetryPolicy | undefined;
  /** Attributes from what the method gave back. */
  readonly attributes?: ((result: unknown) => Attributes) | undefined;
  /** What the method returns, where that is known of one that is neither async nor a generator. */
  readonly returns?: ReturnKind | undefined;
}

/**
 * Runs a method as a call and gives back what it gives back, of the very kind that it is: a promise, a lazy promise
 * with methods of its own, a generator, an Observable, a stream, or a plain value. What it throws, it throws. `declared` is
 * the method as it was written: one that a budget refuses fails in the way of its kind.
 */
export function runCall(
  recorder: CallRecorder,
  definition: CallDefinition,
  method: () => unknown,
  declared: unknown = method,
): unknown {
  const { retry } = definition;
  const again: Again | null = retry
    ? { policy: retry, start: (run) => runOnce(recorder, definition, method, declared, run, null) }
    : null;
  const first = runOnce(recorder, definition, method, declared, 0, again);
  return again && isPlainPromise(first.result) ? retryPromise(again, first) : first.result;
}

function runOnce(
  recorder: CallRecorder,
  definition: CallDefinition,
  method: () => unknown,
  declared: unknown,
  run: number,
  again: Again | null,
): CallRun {
  const call = recorder.start(definition, run);
  if (!call) return { call, result: method() };
  const refusal = recorder.refusalOf(call);
  if (refusal) {
    fail(call, refusal);
    return { call, result: refusedResult(declared, refusal, definition.returns) };
  }
  let result: unknown;
  try {
    result = call.within(method);
  } catch (error) {
    throw fail(call, error);
  }
  return { call, result: watch(call, definition, result, again) };
}

/** For each promise that a method returned, the one that stands for it: the same for each run that returns it. */
const derived = createStamp<Promise<unknown>>();

/** Watches for the end of what a method gave back; answers it, or what stands for it. */
function watch(call: Call, definition: CallDefinition, result: unknown, again: Again | null): unknown {
  const settle = (value: unknown): void => settleWith(call, definition, value, null);
  const failed = (error: unknown): unknown => fail(call, error);
  if (isPlainPromise(result)) {
    const known = derived.of(result);
    if (known) {
      result.then(settle, failed);
      return known;
    }
    // The derived promise takes the place of the original one: an error that nobody handles stays unhandled.
    const promise = result.then(
      (value) => {
        if (call.refusal !== null && isRefusedResponse(value)) throw failed(call.refusal);
        settle(value);
        return value;
      },
      (error: unknown) => {
        throw failed(error);
      },
    );
    derived.put(result, promise);
    return promise;
  }
  if (isThenable(result)) {
    guard('watching a promise', () => watchThenable(result, { call, again, done: settle, failed }));
    call.settle('thenable');
    return result;
  }
  settleWith(call, definition, result, again);
  return result;
}

/** The method has come to an end with `value`, which may be something whose own end is still to come. */
function settleWith(call: Call, definition: CallDefinition, value: unknown, again: Again | null): void {
  try {
    if (watchResult(call, definition, value, again)) return;
    addAttributes(call, definition, value);
    call.settle(isStreamLike(value) ? 'stream' : 'value');
  } catch (error) {
    reportFault('settling a call', error);
    call.settle('value');
  }
}

/** Watches what does its work while it is consumed; false for anything else. */
function watchResult(call: Call, definition: CallDefinition, value: unknown, again: Again | null): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const failed = (error: unknown): unknown => fail(call, error);
  if (isAsyncGenerator(value) || isGenerator(value) || isObservable(value)) {
    const done = (result: unknown): void => {
      addAttributes(call, definition, result);
      call.settle('value');
    };
    return watchParts(value, { call, again, done, failed });
  }
  if (isEventStream(value)) {
    addAttributes(call, definition, value);
    const returnedAt = performance.now();
    watchEventStream(value, { call, again: null, done: () => call.settle('value', returnedAt), failed });
    return true;
  }
  // The request of a stream that is read already is known: the call ends with its body.
  if (call.hasOpenAttempt) return false;
  const run: WatchedRun = { call, again: null, done: () => call.settle('value'), failed };
  if (!watchParts(value, run)) return false;
  addAttributes(call, definition, value);
  call.settle('lazy');
  return true;
}

function addAttributes(call: Call, definition: CallDefinition, result: unknown): void {
  const { attributes } = definition;
  if (attributes) guard('asking for attributes', () => call.setAttributes(attributes(result)));
}

/** The method failed. Returns the error that its caller gets: if a budget refused its request, the budget's. */
function fail(call: Call, error: unknown): unknown {
  const leaving = call.refusal ?? error;
  guard('recording an error', () => rememberCallOf(leaving, call));
  call.fail(leaving);
  return leaving;
}
