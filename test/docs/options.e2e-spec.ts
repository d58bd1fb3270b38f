import { readFileSync, writeFileSync } from 'node:fs';
import { Injectable, Module } from '@nestjs/common';
import {
  LlmTelemetry,
  LlmTelemetryAlerts,
  LlmTelemetryModule,
  LlmTelemetryQueries,
  type CallRecord,
  type LlmTelemetryOptions,
} from 'nestjs-llm-telemetry';
import request from 'supertest';
import { CollectedMetrics } from '../support/metrics.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';
import {
  Assistant,
  called,
  errorOf,
  folder,
  OrdersController,
  running,
  spans,
  start,
} from './support/application-of-options.js';

/** Verifies the claims of docs/options.md, in the order of the page. */

// Tested elsewhere:
// "The code blocks compile and run."                             → test/docs/code-and-links.e2e-spec.ts
// "pricing.file is reloaded when it changes."                    → test/cost/price-file.e2e-spec.ts (waits for the file)
// "The oldest calls are deleted above store.retention.maxBytes." → test/store/store-file.e2e-spec.ts
// "A budget without a known feature is reported after a minute." → src/llm-telemetry/budgets/unknown-features.spec.ts
// "alerts.limits, alerts.disabled and alerts.webhook"            → test/docs/alerts.e2e-spec.ts
// "budgets and budgetLedger"                                     → test/docs/budgets.e2e-spec.ts
// "Suggestions for missing environment variables"                → test/module/options.e2e-spec.ts

it('all options are optional, and undefined equals not set', async () => {
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
  it('records nothing but keeps providers injectable with enabled: false', async () => {
    const app = await called({ enabled: false });
    for (const type of [LlmTelemetry, LlmTelemetryQueries, LlmTelemetryAlerts])
      expect(app.get(type as never)).toBeInstanceOf(type);
    expect([app.records, await spans.calls()]).toEqual([[], []]);
  });

  it('adds requestContext to spans and records, never to logs', async () => {
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

  it('calls onCall with the record of each call, and reports its errors once', async () => {
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

  it('requests usage and removes the extra chunk with includeStreamUsage; by default usage is estimated', async () => {
    const usageOf = async (options: LlmTelemetryOptions): Promise<[chunks: number, source: unknown]> => {
      const app = await start(options);
      const chunks = await app.get(Assistant).stream();
      await app.flush();
      const { usage } = app.records[0]!;
      await app.stop();
      running.telemetry = undefined;
      return [chunks, usage?.source];
    };
    expect(await usageOf({ pricing: {} })).toEqual([0, 'estimated']);
    expect(await usageOf({ includeStreamUsage: true })).toEqual([0, 'provider']);
  });

  it.each([
    ['1.41', undefined, ['gen_ai.client.operation.duration']],
    ['latest', 'latest', ['gen_ai.client.inference.duration']],
    ['without metrics', { metrics: false }, []],
    ['latest, as an object', { names: 'latest' }, ['gen_ai.client.inference.duration']],
    ['both', 'both', ['gen_ai.client.inference.duration', 'gen_ai.client.operation.duration']],
  ] as const)('uses the metric names of semconv %s (%p)', async (_what, semconv, names) => {
    const metrics = new CollectedMetrics().register();
    await called({ semconv });
    const found = [...(await metrics.all()).keys()].filter((name) =>
      /client\.(operation|inference)\.duration/.test(name),
    );
    expect(found.sort()).toEqual(names);
  });

  it('adds metricAttributes to the metrics llm.*', async () => {
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
  ] as const)(
    'sets the span status ERROR for a truncated response %s',
    async (_when, errorStatuses, code) => {
      await called({ errorStatuses }, '[emulate truncate after=5] Hello.');
      expect((await spans.calls())[0]!.status.code).toBe(code);
    },
  );
});

describe('content', () => {
  it('is not recorded unless the option is set', async () => {
    const app = await called({}, 'canary-prompt');
    expect(app.records[0]!.attempts[0]!.content).toBeNull();
    expect(JSON.stringify((await spans.all()).map(({ attributes }) => attributes))).not.toContain('canary');
  });

  it('records system instructions, input and output messages, with each text as returned by redact', async () => {
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

  it('is truncated to maxBytes bytes of UTF-8, by default 32,768', async () => {
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
  it('accepts overrides in USD per million tokens, and requires input and output', async () => {
    const app = await called({ pricing: { overrides: { 'gpt-4o-mini': { input: 1000, output: 0 } } } });
    expect(app.records[0]!.cost).toMatchObject({
      source: 'override',
      costUsd: app.records[0]!.usage!.inputTokens / 1000,
    });
    const { problems } = await errorOf({ pricing: { overrides: { m: { input: 1 } } } });
    expect(problems.join()).toContain('output');
  });

  it('reads overrides from the JSON file in file', async () => {
    const file = folder.file('prices.json');
    writeFileSync(file, JSON.stringify({ 'gpt-4o-mini': { input: 1000, output: 0 } }));
    const app = await called({ pricing: { file } });
    expect(app.records[0]!.cost).toMatchObject({
      source: 'override',
      costUsd: app.records[0]!.usage!.inputTokens / 1000,
    });
  });

  it('replaces the price list of @pydantic/genai-prices with provider', async () => {
    const prices = { input: 1000, output: 0 };
    const app = await called({
      pricing: { provider: { find: () => ({ prices, pricedAs: 'mine', pricedFrom: 'my list' }) } },
    });
    expect(app.records[0]!.cost.costUsd).toBe(app.records[0]!.usage!.inputTokens / 1000);
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
    (running.telemetry = await startTelemetryApp({
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

  it('restricts injection to modules that import LlmTelemetryModule with false', async () => {
    await expect(boot(false, [JobModule])).rejects.toThrow("can't resolve dependencies of the Job");
  });

  it('records calls of all modules with false, including interceptor and dashboard', async () => {
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
  ])('are accepted by forRootAsync with %s', async (_what, options) => {
    running.telemetry = await startTelemetryApp({ imports: [LlmTelemetryModule.forRootAsync(options)] });
    await request(running.telemetry.app.getHttpServer() as never)
      .get('/configured/api/status')
      .expect(200);
  });
});

describe('several imports in one application', () => {
  it('share one recorder, use the options of the first import, and warn once if the options differ', async () => {
    const seen: string[] = [];
    running.telemetry = await startTelemetryApp({
      providers: [Assistant],
      imports: ['first', 'second', 'third'].map((name) =>
        LlmTelemetryModule.forRoot({ onCall: () => seen.push(name) }),
      ),
    });
    await running.telemetry.get(Assistant).summarize();
    await running.telemetry.flush();
    expect(seen).toEqual(['first']);
    const warnings = running.telemetry.logger.entries.filter(({ text }) =>
      text.includes('imported more than once'),
    );
    expect(warnings).toHaveLength(1);
  });

  it('do not warn if the functions are identical', async () => {
    const onCall = (): void => {};
    running.telemetry = await startTelemetryApp({
      imports: [1, 2].map(() => LlmTelemetryModule.forRoot({ onCall })),
    });
    expect(
      running.telemetry.logger.entries.filter(({ text }) => text.includes('imported more than once')),
    ).toEqual([]);
  });

  it('share nothing with another application in the same process', async () => {
    const one = await start();
    const other = await startTelemetryApp({ providers: [Assistant] });
    await one.get(Assistant).summarize();
    await Promise.all([one.flush(), other.flush()]);
    expect([one.records.length, other.records.length]).toEqual([1, 0]);
    await other.stop();
  });
});

describe('errors', () => {
  it('list all problems as documented', async () => {
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

  it('suggest the nearest known option at any depth, or list all options', async () => {
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

  it('state that the factory of forRootAsync must return an object', async () => {
    expect((await errorOf(undefined, true)).message).toContain('Return {} for the defaults.');
  });

  it('state the line, the column and the field of an invalid pricing.file', async () => {
    const file = folder.file('prices.json');
    expect((await errorOf({ pricing: { file } })).message).toContain(file);
    writeFileSync(file, '{\n  "m": { "input": "free", "output": 1 }\n}');
    expect((await errorOf({ pricing: { file } })).message).toMatch(/prices\.json:2:\d+.*"m"\.input/);
  });

  it('never contain the token, the webhook URL or a header', async () => {
    const { message } = await errorOf({
      enabled: 'no',
      dashboard: { token: 5_551_234_987 },
      alerts: { webhook: { url: 'ftp://canary-secret', headers: { 'x y': 'canary-header' } } },
    });
    expect(message).not.toMatch(/canary|5551234987|5,551/);
  });
});
