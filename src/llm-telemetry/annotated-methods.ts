import 'reflect-metadata';
import { Inject, Optional } from '@nestjs/common';
import { bindToApplication, CALL_RECORDER, type InjectedRecorder } from './application.js';
import { LlmDecoratorError } from './llm-decorator.error.js';
import { featureOf } from './llm-feature.decorator.js';

/** The property into which Nest injects the recorder. Each copy of the library has its own. */
const RECORDER = Symbol('llm-telemetry recorder');

/** For each prototype, its annotated methods that take their feature from the class. */
const withoutFeature = new WeakMap<object, Map<string | symbol, unknown>>();
const checked = new WeakSet<object>();

/**
 * Adds an optional property injection to a class, so that each instance that Nest creates knows its application: two
 * applications in one process, request scope and no module at all work. The property leaves no trace on the instance.
 *
 * A subclass inherits both the property and its injection. A second injection for the same property would make Nest 11
 * set it twice.
 */
export function injectRecorder(target: object): void {
  // Nest does not instantiate the static side of a class.
  if (typeof target === 'function' || RECORDER in target) return;
  Object.defineProperty(target, RECORDER, {
    set(this: object, recorder: InjectedRecorder) {
      checkFeatures(this);
      bindToApplication(this, recorder);
    },
  });
  Inject(CALL_RECORDER)(target, RECORDER);
  Optional()(target, RECORDER);
}

/** Remembers that a method takes its feature from the class, to be checked when Nest creates an instance. */
export function needsFeature(target: object, key: string | symbol, method: unknown): void {
  const methods = withoutFeature.get(target) ?? new Map<string | symbol, unknown>();
  withoutFeature.set(target, methods.set(key, method));
}

/** The error for a method without a feature. `type` is the class that was asked for one. */
export function missingFeature(type: string, key: string | symbol): LlmDecoratorError {
  return new LlmDecoratorError(
    `@LlmCall on ${type}.${String(key)} has no feature: add @LlmFeature('…') to the class ${type}, or use ` +
      "@LlmCall({ feature: '…' }).",
  );
}

/** Class decorators run after method decorators, so the first instance is the first chance to check. */
function checkFeatures(instance: object): void {
  const prototype = Object.getPrototypeOf(instance) as object | null;
  if (prototype === null || checked.has(prototype)) return;
  const type: unknown = prototype.constructor;
  if (featureOf(type) === undefined) {
    for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at) as object | null) {
      for (const [key, method] of withoutFeature.get(at) ?? []) {
        // A method that was overridden is not called from outside.
        if ((prototype as Record<string | symbol, unknown>)[key] !== method) continue;
        if (featureOf(at.constructor) === undefined)
          throw missingFeature((type as { name: string }).name, key);
      }
    }
  }
  checked.add(prototype);
}
