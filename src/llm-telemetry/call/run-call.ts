import { guard, reportFault } from '../wire/guard.js';
import { isRefusedResponse } from '../wire/refused-response.js';
import type { Call, CallName } from './call.js';
import { rememberCallOf } from './failure-of-error.js';
import {
  isAsyncGenerator,
  isEventStream,
  isGenerator,
  isObservable,
  isPlainPromise,
  isStreamLike,
  isThenable,
} from './kind.js';
import {
  watchAsyncGenerator,
  watchEventStream,
  watchGenerator,
  watchObservable,
  watchThenable,
} from './lazy-result.js';
import type { Attributes } from './record.js';
import type { CallRecorder } from './recorder.js';
import { refusedResult } from './refused-result.js';
import { retryAsyncGenerator, retryPromise, type RetryPolicy } from './retry.js';

/** How a method is to be run as a call. */
export interface CallDefinition extends CallName {
  readonly retry?: RetryPolicy;
  /** Attributes from what the method gave back. */
  readonly attributes?: (result: unknown) => Attributes;
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
  const first = runOnce(recorder, definition, method, declared, 0);
  const { retry } = definition;
  if (!retry) return first.result;
  const again = (run: number): CallRun => runOnce(recorder, definition, method, declared, run);
  if (isPlainPromise(first.result)) return retryPromise(retry, first, again);
  if (isAsyncGenerator(first.result)) return retryAsyncGenerator(retry, first, again);
  return first.result;
}

/** One run of a method: its call, where there is one, and what the method gave back. */
export interface CallRun {
  readonly call: Call | null;
  readonly result: unknown;
}

function runOnce(
  recorder: CallRecorder,
  definition: CallDefinition,
  method: () => unknown,
  declared: unknown,
  run: number,
): CallRun {
  const call = recorder.start(definition, run);
  if (!call) return { call, result: method() };
  const refusal = recorder.refusalOf(call);
  if (refusal) {
    fail(call, refusal);
    return { call, result: refusedResult(declared, refusal) };
  }
  let result: unknown;
  try {
    result = call.within(method);
  } catch (error) {
    throw fail(call, error);
  }
  return { call, result: watch(call, definition, result) };
}

/** Watches for the end of what a method gave back; answers it, or what stands for it. */
function watch(call: Call, definition: CallDefinition, result: unknown): unknown {
  const settle = (value: unknown): void => settleWith(call, definition, value);
  const failed = (error: unknown): unknown => fail(call, error);
  if (isPlainPromise(result)) {
    // The derived promise takes the place of the original one: an error that nobody handles stays unhandled.
    return result.then(
      (value) => {
        if (call.refusal !== null && isRefusedResponse(value)) throw failed(call.refusal);
        settle(value);
        return value;
      },
      (error: unknown) => {
        throw failed(error);
      },
    );
  }
  if (isThenable(result)) {
    guard('watching a promise', () => watchThenable(result, call, settle, failed));
    call.settle('thenable');
    return result;
  }
  settle(result);
  return result;
}

/** The method has come to an end with `value`, which may be something whose own end is still to come. */
function settleWith(call: Call, definition: CallDefinition, value: unknown): void {
  try {
    if (!watchResult(call, definition, value)) {
      addAttributes(call, definition, value);
      call.settle(isStreamLike(value) ? 'stream' : 'value');
    }
  } catch (error) {
    reportFault('settling a call', error);
    call.settle('value');
  }
}

/** Watches what does its work while it is consumed; false for anything else. */
function watchResult(call: Call, definition: CallDefinition, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const done = (result: unknown): void => {
    addAttributes(call, definition, result);
    call.settle('value');
  };
  const failed = (error: unknown): unknown => fail(call, error);
  if (isAsyncGenerator(value)) watchAsyncGenerator(value, call, done, failed);
  else if (isGenerator(value)) watchGenerator(value, call, done, failed);
  else if (isEventStream(value)) {
    addAttributes(call, definition, value);
    watchEventStream(value, call);
  } else if (isObservable(value)) watchObservable(value, call, done, failed);
  else return false;
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
