import 'reflect-metadata';
import { Inject, Optional } from '@nestjs/common';
import { bindToApplication, CALL_RECORDER, recorderOf, type InjectedRecorder } from './application.js';
import type { CallName } from './call/call.js';
import { declareFeature } from './call/declared-features.js';
import type { Attributes } from './call/record.js';
import type { RetryPolicy } from './call/retry.js';
import { runCall, type CallDefinition } from './call/run-call.js';

/**
 * Options of `@LlmCall`.
 *
 * @publicApi
 */
// oxlint-disable-next-line typescript/no-explicit-any -- inferred where `attributes` says so; nothing else depends on them
export interface LlmCallOptions<Args extends unknown[] = any[], Result = any> extends CallName {
  /**
   * Runs the method again after an error that may be gone on the next try (`rate_limit`, `overloaded`, `server_error`,
   * `timeout`, `connection`, `stream_cut`, `parse`), each run a call of its own. A number is the most runs after the
   * first. For methods that return a promise, and for async generators before their first value; others run once.
   */
  readonly retry?: number | RetryPolicy;
  /** Attributes for the span from what the method gave back. What it throws is caught. */
  readonly attributes?: (result: Result, args: Args) => Attributes;
}

/**
 * Makes each run of a method a call: what it costs, how long it takes and how it ends is known by feature and
 * operation. The method keeps its name, length and metadata, and gives back exactly what it gave back before; without
 * `LlmTelemetryModule` it runs as if it were not annotated.
 *
 * ```ts
 * @LlmCall({ feature: 'order_dashboard', operation: 'summarize' })
 * async summarize(orderText: string): Promise<string> { … }
 * ```
 *
 * @throws TypeError where it is put on something that is not a method.
 * @publicApi
 */
// oxlint-disable-next-line typescript/no-explicit-any -- as above
export function LlmCall<Args extends unknown[] = any[], Result = any>(options: LlmCallOptions<Args, Result>) {
  // oxlint-disable-next-line typescript/no-explicit-any -- any method, whatever it takes
  return <Method extends (...args: any[]) => unknown>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    const method = descriptor.value;
    if (typeof method !== 'function') {
      throw new TypeError(`@LlmCall can only annotate a method, and ${String(key)} is none`);
    }
    declareFeature(options.feature);
    findApplication(target);
    descriptor.value = annotated(method, definitions(options as LlmCallOptions)) as Method;
  };
}

/** What a run is to be recorded as, given its arguments. */
function definitions(options: LlmCallOptions): (args: unknown[]) => CallDefinition {
  const { feature, operation, retry, attributes } = options;
  const definition: CallDefinition = {
    feature,
    operation,
    retry: typeof retry === 'number' ? { maxRetries: retry } : retry,
  };
  if (!attributes) return () => definition;
  return (args) => ({ ...definition, attributes: (result) => attributes(result, args) });
}

/**
 * The method behind a proxy, which keeps its name, length and source, with the metadata of the decorators below this
 * one; those above find the proxy and put theirs on it.
 */
function annotated(
  method: (...args: unknown[]) => unknown,
  definitionFor: (args: unknown[]) => CallDefinition,
): (...args: unknown[]) => unknown {
  const proxy = new Proxy(method, {
    apply(original, self: unknown, args: unknown[]) {
      const recorder = recorderOf(self);
      if (!recorder) return Reflect.apply(original, self, args);
      return runCall(recorder, definitionFor(args), () => Reflect.apply(original, self, args), original);
    },
  });
  for (const key of Reflect.getOwnMetadataKeys(method)) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, method), proxy);
  }
  return proxy;
}

/** Where Nest puts the recorder into an instance. */
const RECORDER = Symbol('llm-telemetry recorder');

/**
 * Adds an optional property injection to the class, so that each instance knows its application: two applications in
 * one process, request scope and no module at all work. The property leaves no trace on the instance.
 */
function findApplication(target: object): void {
  // Nest does not create classes' static sides.
  if (typeof target === 'function' || Object.hasOwn(target, RECORDER)) return;
  Object.defineProperty(target, RECORDER, {
    set(this: object, recorder: InjectedRecorder) {
      bindToApplication(this, recorder);
    },
  });
  Inject(CALL_RECORDER)(target, RECORDER);
  Optional()(target, RECORDER);
}
