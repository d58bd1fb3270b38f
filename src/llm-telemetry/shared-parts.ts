import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable, Logger, type FactoryProvider, type InjectionToken } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { LlmTelemetryOptions } from './llm-telemetry.options.js';
import { validateOptions } from './validate-options.js';

interface Application {
  readonly parts: Map<InjectionToken, unknown>;
  /** The options of the first import. */
  readonly options: Promise<LlmTelemetryOptions>;
  readonly setOptions: (options: LlmTelemetryOptions) => void;
  warned: boolean;
}

/** Keyed by Nest's container, of which each application has one. */
const applications = new WeakMap<ModulesContainer, Application>();

/**
 * Lets several imports of the module in one application share one recorder, one store and one set of alerts. Each
 * `forRoot()` is a module of its own to Nest; without this, calls would be recorded by one of them and shown by another.
 */
@Injectable()
export class SharedParts {
  /** Whether this belongs to the first import, whose options apply. */
  readonly isFirst: boolean;
  private readonly application: Application;

  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    const known = applications.get(modules);
    this.isFirst = known === undefined;
    this.application = known ?? newApplication();
    applications.set(modules, this.application);
  }

  /** Returns the part of this application, which the first import that asks creates. */
  once<Part>(token: InjectionToken, create: () => Part): Part {
    const { parts } = this.application;
    if (!parts.has(token)) parts.set(token, create());
    return parts.get(token) as Part;
  }

  /** Validates the options of this import and returns those of the first; warns once if they differ. */
  async options(given: unknown): Promise<LlmTelemetryOptions> {
    const { application } = this;
    const own = await validateOptions(given);
    if (this.isFirst) application.setOptions(own);
    const options = await application.options;
    if (!application.warned && !isDeepStrictEqual(own, options)) {
      application.warned = true;
      new Logger('LlmTelemetry').warn(
        'LlmTelemetryModule is imported more than once with different options. The options of the first import apply, ' +
          'the others are ignored. Call forRoot() once, in the root module.',
      );
    }
    return options;
  }
}

/** Provides a part that all imports of the module in one application share. */
export function shared<Args extends readonly unknown[], Part>(
  provide: InjectionToken,
  create: (...args: Args) => Part,
  inject: { readonly [Index in keyof Args]: InjectionToken },
): FactoryProvider {
  return {
    provide,
    useFactory: (parts: SharedParts, ...args: unknown[]) =>
      parts.once(provide, () => create(...(args as unknown as Args))),
    inject: [SharedParts, ...inject],
  };
}

function newApplication(): Application {
  const { promise, resolve } = deferred<LlmTelemetryOptions>();
  return { parts: new Map(), options: promise, setOptions: resolve, warned: false };
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
