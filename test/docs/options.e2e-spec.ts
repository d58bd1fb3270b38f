import { readFileSync, writeFileSync } from 'node:fs';
import {
  Controller,
  Get,
  Injectable,
  Module,
  SetMetadata,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { APP_GUARD, NestFactory, Reflector } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  LlmCall,
  LlmTelemetry,
  LlmTelemetryAlerts,
  LlmTelemetryModule,
  LlmTelemetryOptionsError,
  LlmTelemetryQueries,
  type CallRecord,
  type LlmTelemetryOptions,
} from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import request from 'supertest';
import { CALL_STORE, type CallStore } from '../../src/llm-telemetry/store/call-store.js';
import { storeSettings } from '../../src/llm-telemetry/store/sqlite/store-settings.js';
import { callRecord } from '../support/call-record.js';
import { startDashboardApp, type DashboardApp } from '../support/dashboard-app.js';
import { KeptCalls } from '../support/kept-calls.js';
import { CollectedMetrics } from '../support/metrics.js';
import { chat } from '../support/prompts.js';
import { CollectedSpans } from '../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { DAY, MINUTE, WatchedCalls } from '../support/watched-calls.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

/** The statements of docs/options.md, in the order of the page. */

// Proven elsewhere:
// "The code blocks compile and run."                             → test/docs/code-and-links.e2e-spec.ts
// "pricing.file is read again when it changes."                  → test/cost/price-file.e2e-spec.ts (waits for the file)
// "The oldest calls are deleted above store.retention.maxBytes." → test/store/store-file.e2e-spec.ts
// "A budget without a known feature is reported after a minute." → src/llm-telemetry/budgets/unknown-features.spec.ts
// "alerts.limits, alerts.disabled and alerts.webhook"            → test/docs/alerts.e2e-spec.ts
// "budgets and budgetLedger"                                     → test/docs/budgets.e2e-spec.ts
// "The remedies for missing variables of the environment"        → test/module/options.e2e-spec.ts

@Injectable()
class Assistant {
  constructor(private readonly openai: OpenAI) {}

  @LlmCall({ feature: 'orders', operation: 'summarize' })
  async summarize(text?: string): Promise<void> {
    await this.openai.chat.completions.create(chat(text));
  }

  @LlmCall({ feature: 'orders', operation: 'instructed' })
  async instructed(system: string, text: string): Promise<void> {
    const { model, messages } = chat(text);
    await this.openai.chat.completions.create({
      model,
      messages: [{ role: 'system', content: system }, ...messages],
    });
  }

  /** Returns how many chunks without choices the application receives. */
  @LlmCall({ feature: 'orders', operation: 'stream' })
  async stream(): Promise<number> {
    const stream = await this.openai.chat.completions.create({ ...chat(), stream: true });
    let withoutChoices = 0;
    for await (const { choices } of stream) if (choices.length === 0) withoutChoices++;
    return withoutChoices;
  }
}

@Controller('orders')
class OrdersController {
  constructor(private readonly assistant: Assistant) {}

  @Get()
  summarize(): Promise<void> {
    return this.assistant.summarize();
  }
}

const spans = new CollectedSpans();
const folder = temporaryFolder();
const environment = process.env['NODE_ENV'];
let telemetry: TelemetryApp | undefined;
let dashboard: DashboardApp | undefined;
afterEach(async () => {
  await telemetry?.stop();
  await dashboard?.stop();
  telemetry = dashboard = undefined;
  process.env['NODE_ENV'] = environment;
  spans.clear();
});

async function start(options: LlmTelemetryOptions = {}): Promise<TelemetryApp> {
  const setup = { providers: [Assistant], controllers: [OrdersController], options };
  return (telemetry = await startTelemetryApp(setup));
}

async function called(options: LlmTelemetryOptions, text?: string): Promise<TelemetryApp> {
  const app = await start(options);
  await app
    .get(Assistant)
    .summarize(text)
    .catch(() => {});
  await app.flush();
  return app;
}

/** Starts an application that must not start, and returns its error. */
async function errorOf(options: unknown, asynchronous = false): Promise<LlmTelemetryOptionsError> {
  @Module({
    imports: [
      asynchronous
        ? LlmTelemetryModule.forRootAsync({ useFactory: () => options as LlmTelemetryOptions })
        : LlmTelemetryModule.forRoot(options as LlmTelemetryOptions),
    ],
  })
  class AppModule {}
  const error = await NestFactory.create(AppModule, new FastifyAdapter(), {
    logger: false,
    abortOnError: false,
  }).then(
    async (app) => {
      await app.close();
      throw new Error('The application has started.');
    },
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(LlmTelemetryOptionsError);
  return error as LlmTelemetryOptionsError;
}

it('all options are optional, and undefined is the same as not set', async () => {
  const unset = process.env['LLM_VARIABLE_THAT_IS_NOT_SET'];
  const app = await called({
    enabled: undefined,
    store: undefined,
    budgets: undefined,
    pricing: { file: unset },
    dashboard: { token: unset },
    alerts: { webhook: { url: unset } },
  });
  expect(app.records).toHaveLength(1);
});

describe('general options', () => {
  it('enabled: false keeps providers injectable and records nothing', async () => {
    const app = await called({ enabled: false });
    for (const type of [LlmTelemetry, LlmTelemetryQueries, LlmTelemetryAlerts])
      expect(app.get(type as never)).toBeInstanceOf(type);
    expect([app.records, await spans.calls()]).toEqual([[], []]);
  });

  it('requestContext is added to spans and records, never to logs', async () => {
    const app = await start({
      requestContext: () => ({
        userId: 'canary-user',
        tenantId: 'canary-tenant',
        sessionId: 'canary-session',
      }),
    });
    await request(app.app.getHttpServer() as never)
      .get('/orders')
      .expect(200);
    await app.flush();
    expect(app.records[0]!.identity).toEqual({
      userId: 'canary-user',
      tenantId: 'canary-tenant',
      sessionId: 'canary-session',
    });
    expect(JSON.stringify((await spans.calls())[0]!.attributes)).toContain('canary-user');
    expect(app.logger.entries.map(({ text }) => text).join()).not.toContain('canary');
  });

  it('onCall is called with the record of each call; its errors are caught and reported once', async () => {
    const records: CallRecord[] = [];
    const app = await start({
      onCall: (record) => {
        records.push(record);
        throw new Error('broken');
      },
    });
    for (let call = 0; call < 2; call++) await app.get(Assistant).summarize();
    await app.flush();
    expect(records.map(({ operation }) => operation)).toEqual(['summarize', 'summarize']);
    expect(app.logger.entries.filter(({ text }) => text.includes('Telemetry error'))).toHaveLength(1);
  });

  it('includeStreamUsage requests usage and removes the extra chunk; by default usage is estimated', async () => {
    const usageOf = async (options: LlmTelemetryOptions): Promise<[chunks: number, source: unknown]> => {
      const app = await start(options);
      const chunks = await app.get(Assistant).stream();
      await app.flush();
      const { usage } = app.records[0]!;
      await app.stop();
      telemetry = undefined;
      return [chunks, usage?.source];
    };
    expect(await usageOf({ pricing: {} })).toEqual([0, 'estimated']);
    expect(await usageOf({ includeStreamUsage: true })).toEqual([0, 'provider']);
  });

  it.each([
    ['1.41', undefined, ['gen_ai.client.operation.duration']],
    ['latest', 'latest', ['gen_ai.client.inference.duration']],
    ['both', 'both', ['gen_ai.client.inference.duration', 'gen_ai.client.operation.duration']],
  ] as const)('semconv %s (%p) sets the names of the metrics', async (_what, semconv, names) => {
    const metrics = new CollectedMetrics().register();
    await called({ semconv });
    const found = [...(await metrics.all()).keys()].filter((name) =>
      /client\.(operation|inference)\.duration/.test(name),
    );
    expect(found.sort()).toEqual(names);
  });

  it('metricAttributes adds attributes to the metrics llm.*', async () => {
    const metrics = new CollectedMetrics().register();
    const app = await start({ metricAttributes: ['http.route'] });
    await request(app.app.getHttpServer() as never)
      .get('/orders')
      .expect(200);
    await app.flush();
    expect(await metrics.sum('llm.calls', { 'http.route': '/orders' })).toBe(1);
  });

  it.each([
    ['by default', undefined, 2],
    ['only if errorStatuses contains length', ['content_filter'], 1],
  ] as const)('a truncated response sets the span status ERROR %s', async (_when, errorStatuses, code) => {
    await called({ errorStatuses }, '[emulate truncate after=5] Hello.');
    expect((await spans.calls())[0]!.status.code).toBe(code);
  });
});

describe('content', () => {
  it('is not recorded unless the option is set', async () => {
    const app = await called({}, 'canary-prompt');
    expect(app.records[0]!.attempts[0]!.content).toBeNull();
    expect(JSON.stringify((await spans.all()).map(({ attributes }) => attributes))).not.toContain('canary');
  });

  it('records system instructions, input and output messages, each text as redact returns it', async () => {
    const places = new Set<string>();
    const app = await start({
      content: {
        capture: 'messages',
        redact: (text, where) => {
          places.add(where);
          return text.replaceAll('canary', '[name]');
        },
      },
    });
    await app.get(Assistant).instructed('Greet canary.', 'Say hello to canary.');
    await app.flush();
    const content = JSON.stringify(app.records[0]!.attempts[0]!.content);
    expect(content).toContain('Say hello to [name].');
    expect(content).not.toContain('canary');
    expect(content).toContain('Greet [name].');
    expect([...places].sort()).toEqual(['input', 'output', 'system']);
  });

  it('is cut off after maxBytes bytes of UTF-8, by default 32,768', async () => {
    const inputOf = (app: TelemetryApp): string =>
      (app.records[0]!.attempts[0]!.content!.inputMessages[0]!.parts[0] as { content: string }).content;
    const short = await called({ content: { capture: 'messages', maxBytes: 5 } }, 'Grüße aus Köln');
    // "Grü" takes 4 bytes of UTF-8, "ß" takes 2.
    expect(inputOf(short)).toBe('Grü… [cut off]');
    await short.stop();
    const text = 'Hello, '.repeat(6000);
    const app = await called({ content: { capture: 'messages' } }, text);
    expect(inputOf(app)).toBe(`${text.slice(0, 32_768)}… [cut off]`);
    expect(app.records[0]!.attempts[0]!.content!.truncated).toBe(true);
  });
});

describe('pricing', () => {
  it('overrides are in USD per million tokens, and require input and output', async () => {
    const app = await called({ pricing: { overrides: { 'gpt-4o-mini': { input: 1000, output: 0 } } } });
    expect(app.records[0]!.cost).toMatchObject({
      source: 'override',
      costUsd: app.records[0]!.usage!.inputTokens / 1000,
    });
    const { problems } = await errorOf({ pricing: { overrides: { m: { input: 1 } } } });
    expect(problems.join()).toContain('output');
  });

  it('file is a JSON file of overrides', async () => {
    const file = folder.file('prices.json');
    writeFileSync(file, JSON.stringify({ 'gpt-4o-mini': { input: 1000, output: 0 } }));
    const app = await called({ pricing: { file } });
    expect(app.records[0]!.cost).toMatchObject({
      source: 'override',
      costUsd: app.records[0]!.usage!.inputTokens / 1000,
    });
  });

  it('provider replaces the table of @pydantic/genai-prices', async () => {
    const prices = { input: 1000, output: 0 };
    const app = await called({
      pricing: { provider: { find: () => ({ prices, pricedAs: 'mine', pricedFrom: 'my list' }) } },
    });
    expect(app.records[0]!.cost.costUsd).toBe(app.records[0]!.usage!.inputTokens / 1000);
  });
});

describe('store', () => {
  const storeOf = (app: TelemetryApp): CallStore | null => app.app.get(CALL_STORE, { strict: false });

  it('creates the file and its folder', async () => {
    const path = folder.file('data/calls.db');
    const app = await called({ store: { path } });
    expect(await storeOf(app)!.status()).toMatchObject({ mode: 'file', path, kept: 1 });
  });

  it('can be in memory, false, or an object that implements CallStore', async () => {
    expect(await storeOf(await called({ store: 'memory' }))!.status()).toMatchObject({ mode: 'memory' });
    await telemetry!.stop();
    expect(storeOf(await start({ store: false }))).toBeNull();
    await telemetry!.stop();
    const store = new KeptCalls();
    expect(storeOf(await called({ store }))).toBe(store);
    expect(await store.status()).toMatchObject({ kept: 1 });
    expect((await errorOf({ store: { record: () => {} } })).problems.join()).toContain(
      'must implement CallStore',
    );
  });

  it('keeps calls for 30 days, measures for 400 and 1 GiB in a file or 64 MiB in memory by default', () => {
    const kept = { callMs: 30 * DAY, rollupMs: 400 * DAY };
    expect(storeSettings({ path: 'calls.db' })).toMatchObject({
      inFile: { ...kept, maxBytes: 1024 ** 3 },
      inMemory: { ...kept, maxBytes: 64 * 1024 ** 2 },
    });
    const retention = { callDays: 7, rollupDays: 50, maxBytes: 1e6 };
    const own = { callMs: 7 * DAY, rollupMs: 50 * DAY, maxBytes: 1e6 };
    expect(storeSettings({ retention }).inFile).toEqual(own);
  });
});

describe('dashboard', () => {
  const statusOf = async (
    setup: Parameters<typeof startDashboardApp>[0],
    headers?: Record<string, string>,
    path = '/llm/api/status',
  ): Promise<number> => {
    await dashboard?.stop();
    dashboard = await startDashboardApp(setup);
    return (await dashboard.get(path, headers)).status;
  };

  it('is mounted at llm, or at path below the global prefix, and not with false', async () => {
    expect(await statusOf({})).toBe(200);
    const options = { dashboard: { path: 'internal/llm' } };
    expect(await statusOf({ options, prefix: 'api' }, {}, '/api/internal/llm/api/status')).toBe(200);
    expect(await statusOf({ options: { dashboard: false } })).toBe(404);
  });

  it('opens with the token', async () => {
    const options = { dashboard: { token: 'a-long-secret' } };
    expect(await statusOf({ options })).toBe(401);
    expect((await dashboard!.get('/llm/api/status', { authorization: 'Bearer a-long-secret' })).status).toBe(
      200,
    );
  });

  it('requires each request to pass all guards, which are classes or instances', async () => {
    const header = (name: string): CanActivate => ({
      canActivate: (context) =>
        context.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers[name] === 'yes',
    });
    @Injectable()
    class ClassGuard implements CanActivate {
      canActivate = header('x-class').canActivate;
    }
    const options = { dashboard: { guards: [ClassGuard, header('x-instance')] } };
    expect(await statusOf({ options, providers: [ClassGuard] }, { 'x-class': 'yes' })).toBe(403);
    const both = { 'x-class': 'yes', 'x-instance': 'yes' };
    expect((await dashboard!.get('/llm/api/status', both)).status).toBe(200);
  });

  it('is open in production with open: true only', async () => {
    process.env['NODE_ENV'] = 'production';
    expect(await statusOf({ options: { store: 'memory' } })).toBe(404);
    expect(await statusOf({ options: { store: 'memory', dashboard: { open: true } } })).toBe(200);
  });

  it('passes global guards that recognize publicMetadataKey, as one key or a list of keys', async () => {
    const KEY = 'isPublic';
    @Injectable()
    class GlobalGuard implements CanActivate {
      private readonly reflector = new Reflector();

      canActivate(context: ExecutionContext): boolean {
        return (
          this.reflector.getAllAndOverride<boolean>(KEY, [context.getHandler(), context.getClass()]) ?? false
        );
      }
    }
    expect(SetMetadata(KEY, true).KEY).toBe(KEY);
    const providers = [{ provide: APP_GUARD, useClass: GlobalGuard }];
    const token = 'a-long-secret';
    const headers = { authorization: `Bearer ${token}` };
    expect(await statusOf({ options: { dashboard: { token } }, providers }, headers)).toBe(403);
    for (const publicMetadataKey of [KEY, [KEY, Symbol('other')]])
      expect(
        await statusOf({ options: { dashboard: { token, publicMetadataKey } }, providers }, headers),
      ).toBe(200);
    // Without a token or guards the key would open the dashboard to everyone.
    expect(await statusOf({ options: { dashboard: { publicMetadataKey: KEY } }, providers })).toBe(403);
  });

  it('links calls to a tracing backend with traceUrl, which must contain {traceId}', async () => {
    const traceUrl = 'https://traces.example/{traceId}/{spanId}';
    dashboard = await startDashboardApp({ options: { dashboard: { traceUrl } } });
    dashboard.store.record(callRecord({ trace: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) } }));
    expect((await dashboard.get('/llm/api/calls/1')).json()).toMatchObject({
      traceUrl: `https://traces.example/${'a'.repeat(32)}/${'b'.repeat(16)}`,
    });
    const { problems } = await errorOf({ dashboard: { traceUrl: 'https://traces.example' } });
    expect(problems.join()).toContain('{traceId}');
  });
});

describe('alerts', () => {
  it('false disables all alerts', () => {
    const states = async (): Promise<unknown[]> =>
      (await start({ alerts: false }))
        .get(LlmTelemetryAlerts)
        .list()
        .alerts.map(({ state }) => state);
    return expect(states()).resolves.toEqual(Array.from({ length: 10 }, () => 'disabled'));
  });

  it('a number is the limit, and features exists for alerts by feature only', async () => {
    const watched = new WatchedCalls({ options: { limits: { error_ratio: 0.1 } } });
    expect(watched.rule('error_ratio')).toMatchObject({
      limit: 0.1,
      windowMs: 5 * MINUTE,
      forMs: 5 * MINUTE,
    });
    const { problems } = await errorOf({ alerts: { limits: { content_filter: { features: { a: 1 } } } } });
    expect(problems.join()).toContain('features');
  });

  it('webhook.headers are sent with each message', async () => {
    const receiver = await WebhookReceiver.start();
    const webhook = { url: receiver.url, headers: { authorization: 'Bearer secret' } };
    const watched = new WatchedCalls({ options: { webhook } });
    watched.calls(1, { costUsd: 'unknown' });
    await watched.alerts.evaluate();
    const [message] = await receiver.received(1);
    expect(message!.headers['authorization']).toBe('Bearer secret');
    await watched.alerts.beforeApplicationShutdown();
    await receiver.stop();
  });

  it.each([
    [{ everyMs: 999 }, 'everyMs'],
    [{ everyMs: 600_001 }, 'everyMs'],
    [{ webhook: { url: 'https://hooks.example', timeoutMs: 60_001 } }, 'timeoutMs'],
    [{ webhook: { url: 'https://hooks.example', timeoutMs: 0 } }, 'timeoutMs'],
    [{ webhook: { url: 'ftp://hooks.example' } }, 'alerts.webhook.url'],
    [{ disabled: ['no_such_alert'] }, 'disabled'],
  ])('%j is out of the documented range', async (alerts, named) => {
    expect((await errorOf({ alerts })).problems.join()).toContain(named);
  });

  it('everyMs is the interval between evaluations, by default 15,000', () => {
    const intervals = [{}, { everyMs: 1000 }].map((options) => {
      const { alerts, clock } = new WatchedCalls({ options });
      alerts.onApplicationBootstrap();
      return clock.intervals[0]!.ms;
    });
    expect(intervals).toEqual([15_000, 1000]);
  });
});

describe('budgets', () => {
  it.each([
    [{ usd: 0, per: 'day', onExceed: 'warn' }, 'usd'],
    [{ usd: 1, per: 'week', onExceed: 'warn' }, 'per'],
    [{ usd: 1, per: 'day' }, 'onExceed'],
    [{ usd: 1, per: 'day', onExceed: 'warn', feature: 'a', tenant: 'b' }, 'a feature or a tenant, not both'],
  ])('%j is not a budget', async (budget, named) => {
    expect((await errorOf({ budgets: [budget] })).problems.join()).toContain(named);
  });
});

describe('isGlobal', () => {
  @Injectable()
  class Job {
    constructor(
      readonly telemetry: LlmTelemetry,
      readonly queries: LlmTelemetryQueries,
      readonly alerts: LlmTelemetryAlerts,
    ) {}
  }
  @Module({ providers: [Job] })
  class JobModule {}

  const boot = async (
    isGlobal: boolean | undefined,
    imports: Array<typeof JobModule>,
  ): Promise<TelemetryApp> =>
    (telemetry = await startTelemetryApp({
      providers: [Assistant],
      controllers: [OrdersController],
      imports: [LlmTelemetryModule.forRoot({ isGlobal }), ...imports],
    }));

  it('lets every module inject LlmTelemetry, LlmTelemetryQueries and LlmTelemetryAlerts by default', async () => {
    const job = (await boot(undefined, [JobModule])).get(Job);
    expect([job.telemetry, job.queries, job.alerts]).toEqual([
      expect.any(LlmTelemetry),
      expect.any(LlmTelemetryQueries),
      expect.any(LlmTelemetryAlerts),
    ]);
  });

  it('false lets only modules that import LlmTelemetryModule inject them', async () => {
    await expect(boot(false, [JobModule])).rejects.toThrow("can't resolve dependencies of the Job");
  });

  it('false still records calls in all modules, with interceptor and dashboard', async () => {
    const app = await boot(false, []);
    const server = app.app.getHttpServer() as never;
    await request(server).get('/orders').expect(200);
    await app.flush();
    const { body } = await request(server).get('/llm/api/calls').expect(200);
    expect((body as { calls: object[] }).calls).toMatchObject([{ feature: 'orders', route: 'GET /orders' }]);
  });
});

describe('options from other providers', () => {
  @Injectable()
  class TelemetryConfig {
    createLlmTelemetryOptions(): LlmTelemetryOptions {
      return { dashboard: { path: 'configured' } };
    }
  }
  @Module({ providers: [TelemetryConfig], exports: [TelemetryConfig] })
  class ConfigModule {}

  it.each([
    [
      'useFactory',
      {
        imports: [ConfigModule],
        inject: [TelemetryConfig],
        useFactory: (config: TelemetryConfig) => config.createLlmTelemetryOptions(),
      },
    ],
    ['useClass', { useClass: TelemetryConfig }],
    ['useExisting', { imports: [ConfigModule], useExisting: TelemetryConfig }],
  ])('are taken by forRootAsync with %s', async (_what, options) => {
    telemetry = await startTelemetryApp({ imports: [LlmTelemetryModule.forRootAsync(options)] });
    await request(telemetry.app.getHttpServer() as never)
      .get('/configured/api/status')
      .expect(200);
  });
});

describe('several imports in one application', () => {
  it('share one recorder, use the options of the first import, and warn once if the options differ', async () => {
    const seen: string[] = [];
    telemetry = await startTelemetryApp({
      providers: [Assistant],
      imports: ['first', 'second', 'third'].map((name) =>
        LlmTelemetryModule.forRoot({ onCall: () => seen.push(name) }),
      ),
    });
    await telemetry.get(Assistant).summarize();
    await telemetry.flush();
    expect(seen).toEqual(['first']);
    const warnings = telemetry.logger.entries.filter(({ text }) => text.includes('imported more than once'));
    expect(warnings).toHaveLength(1);
  });

  it('do not warn if functions are the same', async () => {
    const onCall = (): void => {};
    telemetry = await startTelemetryApp({
      imports: [1, 2].map(() => LlmTelemetryModule.forRoot({ onCall })),
    });
    expect(telemetry.logger.entries.filter(({ text }) => text.includes('imported more than once'))).toEqual(
      [],
    );
  });

  it('share nothing with another application in the process', async () => {
    const one = await start();
    const other = await startTelemetryApp({ providers: [Assistant] });
    await one.get(Assistant).summarize();
    await Promise.all([one.flush(), other.flush()]);
    expect([one.records.length, other.records.length]).toEqual([1, 0]);
    await other.stop();
  });
});

describe('errors', () => {
  it('list all problems, as the page shows', async () => {
    const error = await errorOf({
      enabled: 'false',
      dashbord: {},
      budgets: [{ usd: '1', per: 'day', onExceed: 'warn' }],
    });
    const page = readFileSync(new URL('../../docs/options.md', import.meta.url), 'utf8');
    expect(page).toContain(`\`\`\`text\n${error.message}\n\`\`\``);
    expect(error.code).toBe('LLM_TELEMETRY_INVALID_OPTION');
    expect(error.problems).toHaveLength(3);
  });

  it('name the nearest known option at any depth, or all of them', async () => {
    expect((await errorOf({ store: { retention: { calDays: 1 } } })).message).toContain(
      'Did you mean "callDays"?',
    );
    const { message } = await errorOf({ store: { retention: { zzz: 1 } } });
    for (const name of ['callDays', 'rollupDays', 'maxBytes']) expect(message).toContain(name);
  });

  it.each([
    ['a string for a number', { budgets: [{ usd: '5', per: 'day', onExceed: 'warn' }] }],
    ['a string for a boolean', { enabled: 'true' }],
    ['an empty dashboard.token', { dashboard: { token: '' } }],
    ['an empty alerts.webhook.url', { alerts: { webhook: { url: '' } } }],
  ])('are thrown for %s', async (_what, options) => {
    expect((await errorOf(options)).problems).toHaveLength(1);
  });

  it('say that the factory of forRootAsync must return an object', async () => {
    expect((await errorOf(undefined, true)).message).toContain('Return {} for the defaults.');
  });

  it('name the line, the column and the field of an invalid pricing.file', async () => {
    const file = folder.file('prices.json');
    expect((await errorOf({ pricing: { file } })).message).toContain(file);
    writeFileSync(file, '{\n  "m": { "input": "free", "output": 1 }\n}');
    expect((await errorOf({ pricing: { file } })).message).toMatch(/prices\.json:2:\d+.*"m"\.input/);
  });

  it('never contain the token, the URL of the webhook or a header', async () => {
    const { message } = await errorOf({
      enabled: 'no',
      dashboard: { token: 5_551_234_987 },
      alerts: { webhook: { url: 'ftp://canary-secret', headers: { 'x y': 'canary-header' } } },
    });
    expect(message).not.toMatch(/canary|5551234987|5,551/);
  });
});
