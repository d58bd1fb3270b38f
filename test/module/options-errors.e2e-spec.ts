import { Injectable, Module, type DynamicModule } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  LlmTelemetryModule,
  LlmTelemetryOptionsError,
  type LlmTelemetryOptions,
  type LlmTelemetryOptionsFactory,
} from 'nestjs-llm-telemetry';
import { CapturedLogger } from '../support/captured-logger.js';

/** Starts an application and returns the error that stops it. */
async function errorOf(create: () => DynamicModule): Promise<LlmTelemetryOptionsError> {
  const starting = async (): Promise<void> => {
    @Module({ imports: [create()] })
    class AppModule {}
    const app = await Test.createTestingModule({ imports: [AppModule] })
      .setLogger(new CapturedLogger())
      .compile();
    await app.close();
  };
  const error = await starting().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(LlmTelemetryOptionsError);
  return error as LlmTelemetryOptionsError;
}

const forRoot = (options: unknown) => (): DynamicModule =>
  LlmTelemetryModule.forRoot(options as LlmTelemetryOptions);

describe('invalid options', () => {
  // `enabled: 'false'`: arabold/docs-mcp-server#308
  it('stop the application with an error that lists all of them', async () => {
    const error = await errorOf(forRoot({ enabled: 'false', dashbord: {}, store: { path: 5 } }));
    expect(error).toMatchObject({
      name: 'LlmTelemetryOptionsError',
      code: 'LLM_TELEMETRY_INVALID_OPTION',
      problems: [
        'enabled must be true or false, received the string "false".',
        'store.path must be the path of a file, received 5.',
        'unknown option "dashbord". Did you mean "dashboard"?',
      ],
    });
    expect(error.message).toBe(
      [
        'LlmTelemetryModule: 3 invalid options:',
        '- enabled must be true or false, received the string "false".',
        '- store.path must be the path of a file, received 5.',
        '- unknown option "dashbord". Did you mean "dashboard"?',
      ].join('\n'),
    );
  });

  it('stop the application with a one-line message if there is one problem', async () => {
    const error = await errorOf(forRoot({ dashbord: {} }));
    expect(error.message).toBe('LlmTelemetryModule: unknown option "dashbord". Did you mean "dashboard"?');
  });

  it.each<[LlmTelemetryOptions | object]>([
    [{ budgets: [{ usd: '1', per: 'day', onExceed: 'warn' }] }],
    [{ dashboard: { token: '' } }],
    [{ alerts: { limits: { error_ratio: 5 } } }],
    [{ content: { capture: 'everything' } }],
    [{ metricAttributes: ['user'] }],
    [{ pricing: { overrides: { m: { input: 1 } } } }],
    [{ pricing: { file: '/no/such/prices.json' } }],
    [{ budgets: [1, 2].map(() => ({ usd: 1, per: 'day', onExceed: 'warn' })) }],
  ])('stop the application with the code LLM_TELEMETRY_INVALID_OPTION: %j', async (options) => {
    expect((await errorOf(forRoot(options))).code).toBe('LLM_TELEMETRY_INVALID_OPTION');
  });

  it('stop the application even if the module is disabled', async () => {
    expect((await errorOf(forRoot({ enabled: false, semconv: 'old' }))).problems).toHaveLength(1);
  });

  it('stop the application if a factory of forRootAsync returns them', async () => {
    const error = await errorOf(() =>
      LlmTelemetryModule.forRootAsync({
        useFactory: () => ({ enabled: 'no' }) as unknown as LlmTelemetryOptions,
      }),
    );
    expect(error.problems).toEqual(['enabled must be true or false, received the string "no".']);
  });
});

describe('the argument of forRoot', () => {
  it.each<[unknown, string]>([
    [null, 'null'],
    ['x', 'a string'],
    [[], 'an array'],
    [() => ({}), 'a function'],
  ])('cannot be %p', async (options, received) => {
    expect((await errorOf(forRoot(options))).message).toBe(
      `LlmTelemetryModule: the argument of forRoot must be an object, received ${received}. Call forRoot() for the defaults.`,
    );
  });

  // ThallesP/nestjs-better-auth#86
  it.each(['useFactory', 'useClass', 'useExisting'])('does not take %s', async (key) => {
    expect((await errorOf(forRoot({ [key]: class {} }))).message).toBe(
      `LlmTelemetryModule: forRoot does not take ${key}. Use forRootAsync instead.`,
    );
  });

  it('accepts only true or false as isGlobal', async () => {
    expect((await errorOf(forRoot({ isGlobal: 'false' }))).message).toBe(
      'LlmTelemetryModule: isGlobal must be true or false, received the string "false".',
    );
  });
});

// pragmaticivan/nestjs-otel#264, mikro-orm/nestjs#166
describe('the factory of forRootAsync', () => {
  const forRootAsync = (options: unknown) => (): DynamicModule =>
    LlmTelemetryModule.forRootAsync(options as Parameters<typeof LlmTelemetryModule.forRootAsync>[0]);

  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    ['memory', 'a string'],
    [[], 'an array'],
  ])('cannot return %p', async (options, received) => {
    const message = `LlmTelemetryModule: the options factory must return an object, received ${received}. Return {} for the defaults.`;
    expect((await errorOf(forRootAsync({ useFactory: () => options }))).message).toBe(message);
    expect((await errorOf(forRootAsync({ useFactory: async () => options }))).message).toBe(message);

    @Injectable()
    class Config implements LlmTelemetryOptionsFactory {
      createLlmTelemetryOptions(): LlmTelemetryOptions {
        return options as LlmTelemetryOptions;
      }
    }
    expect((await errorOf(forRootAsync({ useClass: Config }))).message).toBe(message);
  });

  it.each([[{}], [{ inject: [] }], [{ isGlobal: true }]])('cannot be missing: %j', async (options) => {
    expect((await errorOf(forRootAsync(options))).message).toBe(
      'LlmTelemetryModule: forRootAsync must have useFactory, useClass or useExisting.',
    );
  });

  it('must be a function', async () => {
    expect((await errorOf(forRootAsync({ useFactory: { enabled: true } }))).message).toContain(
      'received an object as useFactory',
    );
  });

  it('cannot be a class without createLlmTelemetryOptions', async () => {
    @Injectable()
    class Config {
      createOptions(): LlmTelemetryOptions {
        return {};
      }
    }
    expect((await errorOf(forRootAsync({ useClass: Config }))).message).toBe(
      'LlmTelemetryModule: Config (useClass or useExisting) must implement LlmTelemetryOptionsFactory: the method createLlmTelemetryOptions is missing.',
    );
  });
});
