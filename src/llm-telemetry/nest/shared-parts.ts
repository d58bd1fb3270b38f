import { isDeepStrictEqual } from 'node:util';
import {
  Global,
  Inject,
  Injectable,
  Logger,
  Module,
  type FactoryProvider,
  type InjectionToken,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { CALL_RECORDER, type InjectedRecorder } from './application.js';
import type { LlmTelemetryOptions } from './llm-telemetry.options.js';
import { validateOptions } from './validate-options.js';

interface Application {
  readonly parts: Map<InjectionToken, unknown>;
  /** The options of the first import. */
  readonly options: Deferred<LlmTelemetryOptions>;
  readonly recorder: Deferred<InjectedRecorder>;
  imported: boolean;
  warned: boolean;
}

/** By Nest's container: each application has one. */
const applications = new WeakMap<ModulesContainer, Application>();

/**
 * Shares one recorder, store and set of alerts between several imports of the module in one application. Nest creates a
 * separate module for each `forRoot()`; without sharing, one would record calls and another would show them.
 */
@Injectable()
export class SharedParts {
  /** `true` for the first import, whose options apply. */
  readonly isFirst: boolean;
  private readonly application: Application;

  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    this.application = applicationOf(modules);
    this.isFirst = !this.application.imported;
    this.application.imported = true;
  }

  /** Returns the part with this token; the first caller creates it. */
  once<Part>(token: InjectionToken, create: () => Part): Part {
    const { parts } = this.application;
    if (!parts.has(token)) parts.set(token, create());
    return parts.get(token) as Part;
  }

  /** Publishes the recorder to all modules of the application. */
  publish(recorder: InjectedRecorder): InjectedRecorder {
    this.application.recorder.resolve(recorder);
    return recorder;
  }

  /** Validates the options of this import and returns those of the first; warns once if they differ. */
  async options(given: unknown): Promise<LlmTelemetryOptions> {
    const { application } = this;
    const own = await validateOptions(given);
    if (this.isFirst) application.options.resolve(own);
    const options = await application.options.promise;
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
export function shared<Args extends readonly unknown[]>(
  provide: InjectionToken,
  create: (...args: Args) => unknown,
  inject: { readonly [Index in keyof Args]: InjectionToken },
): FactoryProvider {
  return {
    provide,
    useFactory: (parts: SharedParts, ...args: unknown[]) =>
      parts.once(provide, () => create(...(args as unknown as Args))),
    inject: [SharedParts, ...inject],
  };
}

/**
 * Makes the recorder injectable in every module if `isGlobal` is `false`, so that annotated classes find their application.
 */
@Global()
@Module({
  providers: [
    {
      provide: CALL_RECORDER,
      useFactory: (modules: ModulesContainer) => applicationOf(modules).recorder.promise,
      inject: [ModulesContainer],
    },
  ],
  exports: [CALL_RECORDER],
})
export class RecorderModule {}

function applicationOf(modules: ModulesContainer): Application {
  const known = applications.get(modules);
  if (known) return known;
  const created: Application = {
    parts: new Map(),
    options: deferred(),
    recorder: deferred(),
    imported: false,
    warned: false,
  };
  applications.set(modules, created);
  return created;
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
