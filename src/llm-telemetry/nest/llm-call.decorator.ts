import 'reflect-metadata';
import { types } from 'node:util';
import { injectRecorder, missingFeature, needsFeature } from './annotated-methods.js';
import { recorderOf } from './application.js';
import { declareFeature, UNATTRIBUTED } from '../calls/call-name.js';
import type { ReturnKind } from '../calls/methods/refused-result.js';
import { runCall, type CallDefinition } from '../calls/methods/run-call.js';
import { checkOptions, invalid, type CheckedOptions, type LlmCallOptions } from './llm-call-options.js';
import { LlmDecoratorError } from './llm-decorator.error.js';
import { featureOf } from './llm-feature.decorator.js';
import { reportFault } from '../wire/guard.js';

export type { LlmCallOptions } from './llm-call-options.js';

/**
 * Records each execution of a method as a call: cost, duration and outcome by feature and operation. The method keeps
 * its name, length, metadata and return value. Without `LlmTelemetryModule`, nothing is recorded.
 *
 * Without `feature`, the feature is that of `@LlmFeature` on the class; without `operation`, it is the name of the
 * method in snake case.
 *
 * Overrides do not inherit the annotation: annotate them too. If an annotated override calls an annotated method by
 * `super`, they are two nested calls, each with its own attempts.
 *
 * @example
 * ```ts
 * @LlmCall({ feature: 'order_dashboard', operation: 'summarize' })
 * async summarize(orderText: string): Promise<string> { … }
 * ```
 *
 * @throws LlmDecoratorError if an option is invalid or the target is not a method; at start of the application if
 * neither the method nor the class has a feature.
 * @publicApi
 */
// oxlint-disable-next-line typescript/no-explicit-any -- inferred from `attributes`; nothing else depends on them
export function LlmCall<Args extends unknown[] = any[], Result = any>(
  options?: LlmCallOptions<Args, Result>,
) {
  // oxlint-disable-next-line typescript/no-explicit-any -- any method signature
  return <Method extends (...args: any[]) => unknown>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    const type = checkTarget(target, key, descriptor);
    const where = `${type.name}.${String(key)}`;
    const checked = checkOptions(options, where, key);
    const returned = declaredReturn(target, key);
    const problem = checked.retry && retryProblem(descriptor.value, returned);
    if (problem !== undefined) throw invalid(where, `retry has no effect: ${problem}`);
    if (checked.feature !== undefined) declareFeature(checked.feature);
    injectRecorder(target);
    const result = { returns: returnKindOf(returned), isAsync: isAsync(descriptor.value) };
    const method = annotated(descriptor.value!, definitions(checked, type, key, result));
    if (checked.feature === undefined) needsFeature(target, key);
    descriptor.value = method as Method;
  };
}

/** Returns the class that declares the method. @throws LlmDecoratorError if the target is not a method. */
function checkTarget(target: unknown, key: unknown, descriptor: unknown): DeclaringClass {
  if (typeof key === 'object' && key !== null && 'kind' in key) {
    throw new LlmDecoratorError(
      '@LlmCall is a legacy decorator, as Nest uses them: set "experimentalDecorators": true in tsconfig.json.',
    );
  }
  if (key === undefined) {
    const name = typeof target === 'function' ? target.name : String(target);
    throw new LlmDecoratorError(
      `@LlmCall annotates methods, but was used on the class ${name}. Use @LlmFeature for classes.`,
    );
  }
  const type = (typeof target === 'function' ? target : (target as object).constructor) as DeclaringClass;
  const { value, get, set } = (
    typeof descriptor === 'object' && descriptor !== null ? descriptor : {}
  ) as PropertyDescriptor;
  if (typeof value === 'function') return type;
  const kind = typeof descriptor === 'number' ? 'a parameter' : get || set ? 'an accessor' : 'a property';
  throw invalid(
    `${type.name}.${String(key as PropertyKey)}`,
    `expected a method, received ${kind}. Turn it into a method, or use LlmTelemetry.run()`,
  );
}

interface DeclaringClass {
  readonly name: string;
}

/** What is known about the results of a method before it is called. */
type MethodResult = Pick<CallDefinition, 'returns' | 'isAsync'>;

type DefinitionFor = (self: unknown, args: unknown[]) => CallDefinition;

/** Returns a function that creates the definition of each call. */
function definitions(
  options: CheckedOptions,
  type: DeclaringClass,
  key: string | symbol,
  result: MethodResult,
): DefinitionFor {
  const { attributes } = options;
  const base = definitionOf(options, type, key, result);
  if (!attributes) return base;
  return (self, args) => ({ ...base(self), attributes: (result) => attributes(result, args) });
}

/** Caches the definition of each class that the method is called on. */
function definitionOf(
  { feature, operation, retry }: CheckedOptions,
  type: DeclaringClass,
  key: string | symbol,
  result: MethodResult,
): (self: unknown) => CallDefinition {
  if (feature !== undefined) {
    const definition = { feature, operation, retry, ...result };
    return () => definition;
  }
  let lastClass: object | null = null;
  let last: CallDefinition | null = null;
  // Weak: classes can be created at run time, by mixins for example.
  const byClass = new WeakMap<object, CallDefinition>();
  return (self) => {
    const selfClass = classOf(self) ?? type;
    if (last !== null && selfClass === lastClass) return last;
    let definition = byClass.get(selfClass);
    if (!definition) {
      const found = featureOf(selfClass) ?? featureOf(type);
      // Classes of lazy modules, factories and values are not checked at start. Telemetry must not fail a call, so it is
      // recorded as unattributed.
      if (found === undefined) reportFault('finding the feature of a call', missingFeature(type.name, key));
      definition = { feature: found ?? UNATTRIBUTED, operation, retry, ...result };
      byClass.set(selfClass, definition);
    }
    lastClass = selfClass;
    return (last = definition);
  };
}

/** Returns the class of an instance, or the class itself for a static method. */
function classOf(self: unknown): object | undefined {
  if (typeof self === 'function') return self;
  if (typeof self !== 'object' || self === null) return undefined;
  // The instance may have an own property `constructor` with any value.
  const type: unknown = self.constructor;
  return typeof type === 'function' ? type : undefined;
}

/**
 * Wraps a method in a proxy, which keeps its name, length and source. Metadata of decorators below this one is copied;
 * decorators above it write to the proxy.
 */
function annotated(
  method: (...args: unknown[]) => unknown,
  definitionFor: DefinitionFor,
): (...args: unknown[]) => unknown {
  const proxy = new Proxy(method, {
    apply(original, self: unknown, args: unknown[]) {
      const recorder = recorderOf(self);
      if (!recorder) return Reflect.apply(original, self, args);
      return runCall(
        recorder,
        definitionFor(self, args),
        () => Reflect.apply(original, self, args),
        original,
      );
    },
  });
  for (const key of Reflect.getOwnMetadataKeys(method)) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, method), proxy);
  }
  return proxy;
}

/** Returns whether a method is an async function. V8 also counts async generators as such. */
function isAsync(method: unknown): boolean {
  return types.isAsyncFunction(method) && !types.isGeneratorFunction(method);
}

/**
 * Returns the declared return type of a method. TypeScript emits it if `emitDecoratorMetadata` is set, as in Nest
 * projects; it is `undefined` without that, and for interfaces.
 */
function declaredReturn(target: object, key: string | symbol): unknown {
  const type: unknown = Reflect.getMetadata('design:returntype', target, key);
  return type === Object ? undefined : type;
}

/** Returns how a refused method fails. Subclasses of `Promise` are excluded: a plain promise lacks their methods. */
function returnKindOf(declared: unknown): ReturnKind | undefined {
  if (declared === Promise) return 'promise';
  const prototype = prototypeOf(declared);
  return has(prototype, 'subscribe') && has(prototype, 'pipe') && !has(prototype, 'next')
    ? 'observable'
    : undefined;
}

/** Returns why `retry` has no effect on a method; `undefined` if it has, or if that is unknown. */
function retryProblem(method: unknown, declared: unknown): string | undefined {
  const prototype = prototypeOf(declared);
  if (Object.prototype.toString.call(method) === '[object GeneratorFunction]')
    return 'a synchronous generator cannot be retried. Make it async';
  if (declared === Number || declared === String || declared === Boolean)
    return 'a method that returns a plain value cannot be retried. Make it async';
  if (
    has(prototype, 'getReader') ||
    has(prototype, 'getStream') ||
    (has(prototype, 'pipe') && has(prototype, '_read'))
  )
    return 'a returned stream cannot be replaced by a new one. Return an async generator, or a promise of the stream';
  return undefined;
}

function prototypeOf(type: unknown): object | undefined {
  return typeof type === 'function' ? (type.prototype as object | undefined) : undefined;
}

function has(prototype: object | undefined, method: string): boolean {
  return prototype !== undefined && method in prototype;
}
