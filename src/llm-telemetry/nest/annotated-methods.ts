import 'reflect-metadata';
import { Inject, Optional } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { bindToApplication, CALL_RECORDER, type InjectedRecorder } from './application.js';
import { LlmDecoratorError } from './llm-decorator.error.js';
import { featureOf } from './llm-feature.decorator.js';
import { guard } from '../wire/guard.js';

/** The property into which Nest injects the recorder. Each copy of the library has its own. */
const RECORDER = Symbol('llm-telemetry recorder');

type Key = string | symbol;

const WITHOUT_FEATURE = Symbol.for('nestjs-llm-telemetry.methods-without-feature.v1');

/**
 * For each prototype, or class for static methods, its annotated methods that take their feature from the class. Kept
 * under a registered symbol: another copy of the library in this process may decorate classes of this application.
 */
const withoutFeature: WeakMap<object, Set<Key>> = ((
  globalThis as unknown as Record<symbol, WeakMap<object, Set<Key>> | undefined>
)[WITHOUT_FEATURE] ??= new WeakMap());

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
    // Runs for each request that creates an instance, so it must not throw.
    set(this: object, recorder: InjectedRecorder) {
      guard('binding an instance to its application', () => bindToApplication(this, recorder));
    },
  });
  Inject(CALL_RECORDER)(target, RECORDER);
  Optional()(target, RECORDER);
}

/** Registers a method that takes its feature from the class, for the check at start. */
export function needsFeature(target: object, key: Key): void {
  const methods = withoutFeature.get(target) ?? new Set();
  withoutFeature.set(target, methods.add(key));
}

/** Creates the error for a method without a feature. `type` is the class without `@LlmFeature`. */
export function missingFeature(type: string, key: Key): LlmDecoratorError {
  return new LlmDecoratorError(
    `@LlmCall on ${type}.${String(key)} has no feature: add @LlmFeature('…') to the class ${type}, or use ` +
      "@LlmCall({ feature: '…' }).",
  );
}

/**
 * Checks that each annotated method of the application's providers and controllers has a feature. Class decorators run
 * after method decorators, so the decorator of the method cannot check this. Nest creates request-scoped and transient
 * instances long after the start, so the check looks at classes, not at instances.
 *
 * @throws LlmDecoratorError for the first method without a feature.
 */
export function checkFeatures(modules: ModulesContainer): void {
  for (const { providers, controllers, injectables } of modules.values()) {
    for (const collection of [providers, controllers, injectables]) {
      for (const { metatype, isNotMetatype } of collection.values()) {
        // Factories and values have no class that could be checked.
        if (typeof metatype === 'function' && !isNotMetatype) checkClass(metatype as NamedClass);
      }
    }
  }
}

interface NamedClass {
  readonly name: string;
  readonly prototype: unknown;
}

function checkClass(type: NamedClass): void {
  if (featureOf(type) !== undefined) return;
  const key = keyWithoutFeature(type.prototype) ?? keyWithoutFeature(type);
  if (key !== undefined) throw missingFeature(type.name, key);
}

/** The first method, own or inherited, that takes its feature from the class and is not overridden. */
function keyWithoutFeature(start: unknown): Key | undefined {
  const overridden = new Set<Key>();
  for (let at = start; isObject(at); at = Object.getPrototypeOf(at)) {
    for (const key of withoutFeature.get(at) ?? []) {
      if (!overridden.has(key)) return key;
    }
    // Compares names, not functions: a decorator above `@LlmCall` may have replaced the method.
    for (const key of Reflect.ownKeys(at)) overridden.add(key);
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
