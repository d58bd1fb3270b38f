import { Controller, Get, Injectable, Module, type DynamicModule } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  LlmCall,
  LlmTelemetry,
  LlmTelemetryAlerts,
  LlmTelemetryModule,
  LlmTelemetryQueries,
  type CallRecord,
  type LlmTelemetryOptions,
} from 'nestjs-llm-telemetry';
import { CapturedLogger } from '../support/captured-logger.js';
import { PLATFORMS } from '../support/telemetry-app.js';

@Injectable()
class Greeter {
  constructor(
    readonly telemetry: LlmTelemetry,
    readonly queries: LlmTelemetryQueries,
    readonly alerts: LlmTelemetryAlerts,
  ) {}

  @LlmCall({ feature: 'greeting', operation: 'greet' })
  async greet(): Promise<string> {
    return 'hello';
  }
}

@Controller()
class GreetingController {
  constructor(private readonly greeter: Greeter) {}

  @Get('greeting')
  greet(): Promise<string> {
    return this.greeter.greet();
  }
}

const WARNING = /imported more than once with different options/;
let stop: (() => Promise<void>) | null = null;
afterEach(async () => {
  await stop?.();
  stop = null;
});

/** Starts an application with one feature module for each element of `imports`. */
async function start(
  imports: readonly DynamicModule[],
  platform: keyof typeof PLATFORMS = 'fastify',
): Promise<{ app: NestFastifyApplication; logger: CapturedLogger; greeters: Greeter[] }> {
  const modules = imports.map((telemetry, index) => {
    @Module({
      imports: [telemetry],
      providers: [Greeter],
      controllers: index === imports.length - 1 ? [GreetingController] : [],
      exports: [Greeter],
    })
    class FeatureModule {}
    return FeatureModule;
  });
  @Module({ imports: modules })
  class AppModule {}
  const logger = new CapturedLogger();
  const testing = await Test.createTestingModule({ imports: [AppModule] })
    .setLogger(logger)
    .compile();
  const app = testing.createNestApplication<NestFastifyApplication>(PLATFORMS[platform](), { logger });
  await app.listen(0, '127.0.0.1');
  stop = () => app.close();
  return { app, logger, greeters: modules.map((module) => app.select(module).get(Greeter)) };
}

const warnings = (logger: CapturedLogger): string[] =>
  logger.entries.filter(({ level, text }) => level === 'warn' && WARNING.test(text)).map(({ text }) => text);

describe('forRoot in several modules of one application', () => {
  it('warns once if the options differ', async () => {
    const { logger } = await start([
      LlmTelemetryModule.forRoot({ semconv: 'latest' }),
      LlmTelemetryModule.forRoot({ semconv: 'both' }),
      LlmTelemetryModule.forRoot(),
    ]);
    expect(warnings(logger)).toHaveLength(1);
  });

  it.each<[string, () => DynamicModule[]]>([
    ['none', () => [LlmTelemetryModule.forRoot(), LlmTelemetryModule.forRoot()]],
    ['equal', () => [1, 2].map(() => LlmTelemetryModule.forRoot({ dashboard: { path: 'costs' } }))],
    [
      'the same, asynchronous',
      () => [1, 2].map(() => LlmTelemetryModule.forRootAsync({ useFactory: () => ({}) })),
    ],
    [
      'the same dynamic module',
      () => {
        const telemetry = LlmTelemetryModule.forRoot();
        return [telemetry, telemetry];
      },
    ],
  ])('does not warn if the options are %s', async (_what, imports) => {
    const { logger } = await start(imports());
    expect(warnings(logger)).toEqual([]);
  });

  // nestjs/axios#623
  it.each(['fastify', 'express'] as const)('records each call once, on %s', async (platform) => {
    const records: CallRecord[] = [];
    const options: LlmTelemetryOptions = { onCall: (record) => records.push(record) };
    const { app, greeters } = await start(
      [LlmTelemetryModule.forRoot(options), LlmTelemetryModule.forRoot(options)],
      platform,
    );
    const response = await fetch(`${await app.getUrl()}/greeting`);
    expect(await response.text()).toBe('hello');
    await greeters[0]!.greet();
    await greeters[0]!.telemetry.flush();
    expect(records.map(({ route }) => route)).toEqual(['GET /greeting', null]);

    for (const { queries } of greeters) expect(await queries.summary()).toMatchObject({ calls: 2 });
    const summary = await fetch(`${await app.getUrl()}/llm/api/summary`);
    expect(await summary.json()).toMatchObject({ calls: 2 });
    expect(greeters[0]!.alerts).toBe(greeters[1]!.alerts);
  });

  it('uses the options of the first import', async () => {
    const seen: string[] = [];
    const { greeters, logger, app } = await start([
      LlmTelemetryModule.forRootAsync({
        // Resolved after the options of the second import.
        useFactory: async () => {
          await new Promise((resolve) => setImmediate(resolve));
          return { onCall: () => seen.push('first'), dashboard: { path: 'first' } };
        },
      }),
      LlmTelemetryModule.forRoot({ onCall: () => seen.push('second'), dashboard: { path: 'second' } }),
    ]);
    await greeters[1]!.greet();
    await greeters[1]!.telemetry.flush();
    expect(seen).toEqual(['first']);
    expect(warnings(logger)).toHaveLength(1);
    const url = await app.getUrl();
    const [first, second] = await Promise.all(
      ['first', 'second'].map(async (path) => (await fetch(`${url}/${path}/api/status`)).status),
    );
    expect([first, second]).toEqual([200, 404]);
  });

  // nestjs/nest#13492: Nest runs the hooks of a shared provider once for each import.
  it('queries the budget ledger once at startup', async () => {
    let queryCount = 0;
    const options: LlmTelemetryOptions = {
      budgets: [{ usd: 1, per: 'day', onExceed: 'warn' }],
      budgetLedger: {
        spent: async () => {
          queryCount++;
          return { usd: 0, unknownCalls: 0 };
        },
      },
    };
    await start([LlmTelemetryModule.forRoot(options), LlmTelemetryModule.forRoot(options)]);
    expect(queryCount).toBe(1);
  });

  it('validates the options of each import', async () => {
    await expect(
      start([LlmTelemetryModule.forRoot(), LlmTelemetryModule.forRoot({ semconv: 'old' as 'both' })]),
    ).rejects.toThrow('semconv must be "1.41", "latest" or "both"');
  });

  it('does not share calls or warnings with another application of the process', async () => {
    const records: CallRecord[][] = [[], []];
    const [one, two] = await Promise.all(
      records.map((list) => start([LlmTelemetryModule.forRoot({ onCall: (record) => list.push(record) })])),
    );
    try {
      await one!.greeters[0]!.greet();
      await one!.greeters[0]!.telemetry.flush();
      expect(records.map((list) => list.length)).toEqual([1, 0]);
      expect([...warnings(one!.logger), ...warnings(two!.logger)]).toEqual([]);
    } finally {
      await one!.app.close();
      await two!.app.close();
      stop = null;
    }
  });
});
