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
} from './result-kind.js';
import { watchThenable } from './lazy-promise.js';
import { watchEventStream, watchParts } from './lazy-result.js';
import type { Retrier, MethodCall, RetryPolicy, WatchedCall } from './method-call.js';
import type { Attributes } from '../record.js';
import type { CallRecorder } from '../recorder.js';
import { refusedResult, type ReturnKind } from './refused-result.js';
import { retryPromise } from './retry.js';

/** Definition of the calls of a method. */
export interface CallDefinition extends CallName {
  readonly retry?: RetryPolicy | undefined;
  /** Returns attributes from the result of the method. */
  readonly attributes?: ((result: unknown) => Attributes) | undefined;
  /** Declared result of a method that is neither async nor a generator, if known. */
  readonly returns?: ReturnKind | undefined;
  /** The method is an async function, so each of its results is a new promise of the platform. */
  readonly isAsync?: boolean | undefined;
}

/**
 * Runs a method as a call and returns a result of the same kind: a promise, a lazy promise with own methods, a generator,
 * an Observable, a stream or a plain value. Errors pass through. `declared` is the original method: its kind decides how a
 * refused call fails.
 */
export function runCall(
  recorder: CallRecorder,
  definition: CallDefinition,
  method: () => unknown,
  declared: unknown = method,
): unknown {
  const { retry } = definition;
  const retrier: Retrier | null = retry
    ? {
        policy: retry,
        start: (retryIndex) => runOnce(recorder, definition, method, declared, retryIndex, null),
      }
    : null;
  const first = runOnce(recorder, definition, method, declared, 0, retrier);
  return retrier && isPlainPromise(first.result) ? retryPromise(retrier, first) : first.result;
}

function runOnce(
  recorder: CallRecorder,
  definition: CallDefinition,
  method: () => unknown,
  declared: unknown,
  retryIndex: number,
  retrier: Retrier | null,
): MethodCall {
  const call = recorder.start(definition, retryIndex);
  if (!call) return { call, result: method() };
  const refusal = call.admit();
  if (refusal) {
    fail(call, refusal);
    return { call, result: refusedResult(declared, refusal, definition.returns) };
  }
  let result: unknown;
  try {
    result = call.run(method);
  } catch (error) {
    throw fail(call, error);
  }
  return { call, result: watch(call, definition, result, retrier) };
}

/** The derived promise of each returned promise, the same for every call that returns it. */
const derived = createStamp<Promise<unknown>>();

/** Watches the result of a method until its end; returns the result or its derived promise. */
function watch(call: Call, definition: CallDefinition, result: unknown, retrier: Retrier | null): unknown {
  const settle = (value: unknown): void => settleWith(call, definition, value, null);
  const failed = (error: unknown): unknown => fail(call, error);
  const isNew = definition.isAsync === true;
  if (isNew || isPlainPromise(result)) {
    const returned = result as Promise<unknown>;
    const known = isNew ? undefined : derived.of(returned);
    if (known) {
      returned.then(settle, failed);
      return known;
    }
    // Returning the derived promise keeps unhandled rejections visible.
    const promise = returned.then(
      (value) => {
        if (call.refusal !== null && isRefusedResponse(value)) throw failed(call.refusal);
        settle(value);
        return value;
      },
      (error: unknown) => {
        throw failed(error);
      },
    );
    if (!isNew) derived.put(returned, promise);
    return promise;
  }
  if (isThenable(result)) {
    guard('watching a promise', () => watchThenable(result, { call, retrier, done: settle, failed }));
    call.settle('thenable');
    return result;
  }
  settleWith(call, definition, result, retrier);
  return result;
}

/** Settles the call with `value`, which can be lazy. */
function settleWith(call: Call, definition: CallDefinition, value: unknown, retrier: Retrier | null): void {
  try {
    if (watchResult(call, definition, value, retrier)) return;
    addAttributes(call, definition, value);
    call.settle(!call.hasEndedAttempts && isStreamLike(value) ? 'stream' : 'value');
  } catch (error) {
    reportFault('settling a call', error);
    call.settle('value');
  }
}

/** Watches a lazy result; returns `false` for other results. */
function watchResult(
  call: Call,
  definition: CallDefinition,
  value: unknown,
  retrier: Retrier | null,
): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const failed = (error: unknown): unknown => fail(call, error);
  if (isAsyncGenerator(value) || isGenerator(value) || isObservable(value)) {
    const done = (result: unknown): void => {
      addAttributes(call, definition, result);
      call.settle('value');
    };
    return watchParts(value, { call, retrier, done, failed });
  }
  if (isEventStream(value)) {
    addAttributes(call, definition, value);
    const returnedAt = performance.now();
    watchEventStream(value, { call, retrier: null, done: () => call.settle('value', returnedAt), failed });
    return true;
  }
  // A stream whose request is observed ends with the response body.
  if (call.hasOpenAttempt) return false;
  const watched: WatchedCall = { call, retrier: null, done: () => call.settle('value'), failed };
  if (!watchParts(value, watched)) return false;
  addAttributes(call, definition, value);
  call.settle('lazy');
  return true;
}

function addAttributes(call: Call, definition: CallDefinition, result: unknown): void {
  const { attributes } = definition;
  if (attributes) guard('calling the option attributes', () => call.setAttributes(attributes(result)));
}

/** Fails the call. Returns the error for the caller: the budget's if it refused the request. */
function fail(call: Call, error: unknown): unknown {
  const thrown = call.refusal ?? error;
  guard('recording an error', () => rememberCallOf(thrown, call));
  call.fail(thrown);
  return thrown;
}
