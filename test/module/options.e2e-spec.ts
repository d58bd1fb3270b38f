import { Inject, Injectable, Module, type DynamicModule, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  LlmCall,
  LlmTelemetry,
  LlmTelemetryAlerts,
  LlmTelemetryModule,
  LlmTelemetryQueries,
  type CallRecord,
  type LlmTelemetryOptions,
  type LlmTelemetryOptionsFactory,
} from 'nestjs-llm-telemetry';
import { CapturedLogger } from '../support/captured-logger.js';

@Injectable()
class Greeter {
  @LlmCall({ feature: 'greeting', operation: 'greet' })
  async greet(): Promise<string> {
    return 'hello';
  }
}

const records: CallRecord[] = [];
const RECORDING: LlmTelemetryOptions = { onCall: (record) => records.push(record) };

let app: TestingModule | null = null;

async function start(
  telemetry: DynamicModule,
  ...imports: Array<Type | DynamicModule>
): Promise<TestingModule> {
  @Module({ imports: [telemetry, ...imports], providers: [Greeter] })
  class AppModule {}
  app = await Test.createTestingModule({ imports: [AppModule] })
    .setLogger(new CapturedLogger())
    .compile();
  return app.init();
}

/** Runs one call and returns the recorded features. */
async function recorded(): Promise<string[]> {
  await app!.get(Greeter).greet();
  await app!.get(LlmTelemetry, { strict: false }).flush();
  return records.map(({ feature }) => feature);
}

beforeEach(() => records.splice(0));
afterEach(async () => {
  await app?.close();
  app = null;
});

describe('forRoot', () => {
  it('takes no arguments', async () => {
    await start(LlmTelemetryModule.forRoot());
    await app!.get(Greeter).greet();
    await app!.get(LlmTelemetry).flush();
    expect(await app!.get(LlmTelemetryQueries).summary()).toMatchObject({ calls: 1 });
  });

  it('takes undefined', async () => {
    await start(LlmTelemetryModule.forRoot(undefined));
    expect(app!.get(LlmTelemetry)).toBeInstanceOf(LlmTelemetry);
  });

  // dmno-dev/varlock#1038, vercel/next.js#59200
  it('takes true for a dashboard, a store and alerts with defaults', async () => {
    const module = await start(
      LlmTelemetryModule.forRoot({ ...RECORDING, dashboard: true, store: true, alerts: true }),
    );
    expect(await recorded()).toEqual(['greeting']);
    await module.get(LlmTelemetry).flush();
    expect(await module.get(LlmTelemetryQueries).summary()).toMatchObject({ calls: 1 });
    const alerts = module.get(LlmTelemetryAlerts);
    await alerts.evaluate();
    expect(alerts.list().evaluatedAt).not.toBeNull();
  });

  it('accepts unset environment variables as options', async () => {
    const unset = process.env['LLM_VARIABLE_THAT_IS_NOT_SET'];
    await start(
      LlmTelemetryModule.forRoot({
        ...RECORDING,
        pricing: { file: unset },
        dashboard: { token: unset, path: unset, traceUrl: unset },
        alerts: { webhook: { url: unset, headers: { authorization: unset } } },
      }),
    );
    expect(await recorded()).toEqual(['greeting']);
  });
});

describe('forRootAsync', () => {
  @Injectable()
  class Config {
    readonly options = RECORDING;
  }

  @Module({ providers: [Config], exports: [Config] })
  class ConfigModule {}

  @Injectable()
  class TelemetryConfig implements LlmTelemetryOptionsFactory {
    constructor(@Inject(Config) private readonly config: Config) {}

    createLlmTelemetryOptions(): LlmTelemetryOptions {
      return this.config.options;
    }
  }

  @Module({ imports: [ConfigModule], providers: [TelemetryConfig], exports: [TelemetryConfig] })
  class TelemetryConfigModule {}

  it('takes a factory with dependencies', async () => {
    await start(
      LlmTelemetryModule.forRootAsync({
        imports: [ConfigModule],
        inject: [Config],
        useFactory: async (config: Config) => config.options,
      }),
    );
    expect(await recorded()).toEqual(['greeting']);
  });

  it('takes a factory that returns an empty object', async () => {
    await start(LlmTelemetryModule.forRootAsync({ useFactory: () => ({}) }));
    expect(app!.get(LlmTelemetry)).toBeInstanceOf(LlmTelemetry);
  });

  it('creates an instance of useClass', async () => {
    await start(LlmTelemetryModule.forRootAsync({ imports: [ConfigModule], useClass: TelemetryConfig }));
    expect(await recorded()).toEqual(['greeting']);
  });

  it('uses the instance of useExisting', async () => {
    await start(
      LlmTelemetryModule.forRootAsync({ imports: [TelemetryConfigModule], useExisting: TelemetryConfig }),
    );
    expect(await recorded()).toEqual(['greeting']);
  });

  it('accepts an instance of a class and calls its methods on it', async () => {
    class Options implements LlmTelemetryOptions {
      readonly #seen: string[] = [];
      enabled = true;

      onCall(record: CallRecord): void {
        this.#seen.push(record.feature);
      }

      seen(): readonly string[] {
        return this.#seen;
      }
    }
    const options = new Options();
    await start(LlmTelemetryModule.forRootAsync({ useFactory: () => options }));
    await recorded();
    expect(options.seen()).toEqual(['greeting']);
  });
});

describe('isGlobal', () => {
  @Injectable()
  class Job {
    constructor(readonly telemetry: LlmTelemetry) {}
  }

  @Module({ providers: [Job] })
  class JobModule {}

  it('is true by default: every module can inject LlmTelemetry', async () => {
    await start(LlmTelemetryModule.forRoot(), JobModule);
    expect(app!.get(Job, { strict: false }).telemetry).toBeInstanceOf(LlmTelemetry);
  });

  it.each([
    ['forRoot', LlmTelemetryModule.forRoot({ isGlobal: true })],
    ['forRootAsync', LlmTelemetryModule.forRootAsync({ isGlobal: true, useFactory: () => ({}) })],
    ['forRoot with undefined', LlmTelemetryModule.forRoot({ isGlobal: undefined })],
  ])('can be true in %s', async (_what, telemetry) => {
    await start(telemetry, JobModule);
    expect(app!.get(Job, { strict: false }).telemetry).toBeInstanceOf(LlmTelemetry);
  });

  it.each([
    ['forRoot', LlmTelemetryModule.forRoot({ isGlobal: false })],
    ['forRootAsync', LlmTelemetryModule.forRootAsync({ isGlobal: false, useFactory: () => ({}) })],
  ])('limits LlmTelemetry to the modules that import it if false in %s', async (_what, telemetry) => {
    await expect(start(telemetry, JobModule)).rejects.toThrow("can't resolve dependencies of the Job");
  });

  it('does not limit which calls are recorded if false', async () => {
    @Module({ providers: [Greeter], exports: [Greeter] })
    class GreetingModule {}
    const telemetry = LlmTelemetryModule.forRoot({ ...RECORDING, isGlobal: false });
    @Module({ imports: [telemetry, GreetingModule] })
    class AppModule {}
    app = await Test.createTestingModule({ imports: [AppModule] })
      .setLogger(new CapturedLogger())
      .compile();
    await app.init();
    await app.get(Greeter, { strict: false }).greet();
    await app.get(LlmTelemetry, { strict: false }).flush();
    expect(records.map(({ feature }) => feature)).toEqual(['greeting']);
  });
});
