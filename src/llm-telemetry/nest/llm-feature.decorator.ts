import 'reflect-metadata';
import { declareFeature } from '../calls/call-name.js';
import { describeValue } from '../validation/message-text.js';
import { LlmDecoratorError } from './llm-decorator.error.js';

/** A registered symbol, so that the decorators of another copy of the library find it too. */
const FEATURE = Symbol.for('nestjs-llm-telemetry.feature.v1');

/**
 * Sets the feature for methods of a class that are annotated with `@LlmCall` without `feature`.
 *
 * The feature is looked up on the class of the instance that the method is called on, then on its base classes. So a
 * subclass with its own `@LlmFeature` changes the feature of inherited methods, also when they are called by `super`.
 * `@LlmCall({ feature })` takes precedence.
 *
 * @example
 * ```ts
 * @LlmFeature('support_chat')
 * @Injectable()
 * export class SupportChat {
 *   @LlmCall() // feature support_chat, operation draft_reply
 *   async draftReply(question: string): Promise<string> { … }
 * }
 * ```
 *
 * @throws LlmDecoratorError if the name is not a string with visible characters, or the target is not a class.
 * @publicApi
 */
export function LlmFeature(feature: string): ClassDecorator {
  return (target: object, ...rest: readonly unknown[]): void => {
    if (typeof target !== 'function' || typeof rest[0] === 'string' || typeof rest[0] === 'symbol') {
      const name = typeof rest[0] === 'string' || typeof rest[0] === 'symbol' ? ` ${String(rest[0])}` : '';
      throw new LlmDecoratorError(
        `@LlmFeature annotates classes, but was used on the member${name}. Use @LlmCall on methods.`,
      );
    }
    if (typeof feature !== 'string' || feature.trim() === '') {
      throw new LlmDecoratorError(
        `@LlmFeature on ${target.name}: expected the name of the feature, received ${describeValue(feature)}. ` +
          "Example: @LlmFeature('support_chat').",
      );
    }
    Reflect.defineMetadata(FEATURE, feature, target);
    declareFeature(feature);
  };
}

/** Returns the feature of a class or of the nearest base class that has one; `undefined` if there is none. */
export function featureOf(type: unknown): string | undefined {
  return typeof type === 'function' ? (Reflect.getMetadata(FEATURE, type) as string | undefined) : undefined;
}
