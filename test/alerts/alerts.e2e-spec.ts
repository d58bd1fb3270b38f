import { Injectable, Module } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import Anthropic from '@anthropic-ai/sdk';
import {
  LlmCall,
  LlmTelemetry,
  LlmTelemetryAlerts,
  LlmTelemetryModule,
  type Alert,
  type AlertLimits,
  type AlertName,
  type AlertsResponse,
  type CallRecord,
} from 'nestjs-llm-telemetry';
import {
  startProviderEmulator,
  type EmulatorOptions,
  type ProviderEmulator,
} from 'nestjs-llm-telemetry/testing';
import OpenAI from 'openai';
import request from 'supertest';
import { CALL_STORE, type CallStore } from '../../src/llm-telemetry/store/call-store.js';
import { DASHBOARD_CLOCK } from '../../src/llm-telemetry/runtime/clock.js';
import { CapturedLogger } from '../support/captured-logger.js';
import { FakeClock } from '../support/fake-clock.js';
import { clients } from '../support/telemetry-app.js';
import { status, WebhookReceiver } from '../support/webhook-receiver.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const WEEK = 7 * 24 * HOUR;

@Injectable()
class Shop {
  constructor(
    private readonly openai: OpenAI,
    private readonly anthropic: Anthropic,
  ) {}

  @LlmCall({ feature: 'order_dashboard', operation: 'summarize' })
  async summarize(model = 'gpt-4o-mini', fault = ''): Promise<void> {
    const content = `${fault} Summarize the order of two cups.`;
    await this.openai.chat.completions.create({
      model,
      max_tokens: 60,
      messages: [{ role: 'user', content }],
    });
  }

  @LlmCall({ feature: 'support_triage', operation: 'classify' })
  async classify(): Promise<void> {
    const messages = [{ role: 'user', content: 'I was charged twice.' }] as const;
    await this.anthropic.messages.create({
      model: 'claude-haiku-4-5',
      max_tokens: 100,
      messages: [...messages],
    });
  }

  /** Sends a request and cancels the response without reading it. */
  @LlmCall({ feature: 'order_dashboard', operation: 'prefetch' })
  async prefetch(): Promise<void> {
    const messages = [{ role: 'user' as const, content: 'Summarize the order of two cups.' }];
    const response = await this.openai.chat.completions
      .create({ model: 'gpt-4o-mini', messages })
      .asResponse();
    await response.body!.cancel();
  }
}

/** A service with an emulated provider, a webhook receiver, and a clock that the test advances. */
class WatchedShop {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly emulator: ProviderEmulator,
    readonly receiver: WebhookReceiver,
    readonly logger: CapturedLogger,
    readonly clock: FakeClock,
    readonly notified: readonly Alert[],
    private readonly records: readonly CallRecord[],
  ) {}

  static async start(
    limits: AlertLimits = {},
    latency: EmulatorOptions['latency'] = 'none',
  ): Promise<WatchedShop> {
    const emulator = await startProviderEmulator({ latency });
    const receiver = await WebhookReceiver.start();
    const { openai, anthropic } = clients(emulator);
    const notified: Alert[] = [];
    const records: CallRecord[] = [];
    @Module({
      imports: [
        LlmTelemetryModule.forRoot({
          store: 'memory',
          onCall: (record) => records.push(record),
          alerts: { limits, webhook: { url: receiver.url }, onAlert: (alert) => notified.push(alert) },
        }),
      ],
      providers: [Shop, { provide: OpenAI, useValue: openai }, { provide: Anthropic, useValue: anthropic }],
    })
    class ShopModule {}

    const logger = new CapturedLogger();
    const clock = new FakeClock(Date.now());
    const testing = await Test.createTestingModule({ imports: [ShopModule] })
      .overrideProvider(DASHBOARD_CLOCK)
      .useValue(clock)
      .setLogger(logger)
      .compile();
    const app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger });
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    return new WatchedShop(app, emulator, receiver, logger, clock, notified, records);
  }

  get shop(): Shop {
    return this.app.get(Shop);
  }

  get alerts(): LlmTelemetryAlerts {
    return this.app.get(LlmTelemetryAlerts, { strict: false });
  }

  /** Makes enough calls of both features to meet the minimum of every alert. */
  async makeNormalCalls(): Promise<void> {
    for (let n = 0; n < 20; n++) await Promise.all([this.shop.summarize(), this.shop.classify()]);
  }

  /** Stores copies of all recorded calls with earlier start times. */
  repeatInThePast(ages: readonly number[]): void {
    const store = this.app.get<CallStore>(CALL_STORE, { strict: false });
    for (const age of ages)
      for (const record of this.records) store.record({ ...record, startedAt: record.startedAt - age });
  }

  async times(count: number, call: () => Promise<void>): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => call().catch(() => {})));
  }

  /** Evaluates the alerts now and after `later` milliseconds, as their timer does. */
  async evaluate(later = 0): Promise<void> {
    await this.app.get(LlmTelemetry, { strict: false }).flush();
    await this.alerts.evaluate();
    this.clock.advance(later);
    await this.alerts.evaluate();
  }

  notifications(): string[] {
    return this.notified.map(({ key, state }) => `${key} ${state}`);
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.emulator.stop();
    await this.receiver.stop();
  }
}

let watched: WatchedShop;
afterEach(() => watched.stop());

/** Faults of the provider, how long each has to last, and when its alert resolves. */
const FAULTS: ReadonlyArray<{
  name: AlertName;
  limits?: AlertLimits;
  latency?: EmulatorOptions['latency'];
  fault: () => Promise<void>;
  lastsMs: number;
  resolvesAfterMs: number;
  key: string;
}> = [
  {
    name: 'rate_limiting',
    fault: () => watched.times(25, () => watched.shop.summarize('gpt-4o-mini', '[emulate rate_limit]')),
    lastsMs: 0,
    limits: { rate_limiting: { forMs: 0 } },
    resolvesAfterMs: 2 * MINUTE,
    key: 'rate_limiting{}',
  },
  {
    name: 'truncation_spike',
    fault: () => watched.times(20, () => watched.shop.summarize('gpt-4o', '[emulate truncate after=5]')),
    lastsMs: 5 * MINUTE,
    resolvesAfterMs: 16 * MINUTE,
    key: 'truncation_spike{model="gpt-4o"}',
  },
  {
    name: 'high_latency',
    latency: { firstTokenMs: 150, perTokenMs: 0 },
    limits: { high_latency: { limit: 100, features: { support_triage: 60_000 } } },
    fault: () => watched.times(20, () => watched.shop.summarize()),
    lastsMs: 2 * MINUTE,
    resolvesAfterMs: 6 * MINUTE,
    key: 'high_latency{feature="order_dashboard",operation="summarize"}',
  },
  {
    name: 'content_filter',
    fault: () => watched.times(4, () => watched.shop.summarize('gpt-4o-mini', '[emulate filter]')),
    lastsMs: 0,
    resolvesAfterMs: HOUR + MINUTE,
    key: 'content_filter{}',
  },
  {
    name: 'error_ratio',
    limits: { error_ratio: { forMs: 4 * MINUTE } },
    fault: () => watched.times(20, () => watched.shop.summarize('gpt-4o-mini', '[emulate server_error]')),
    lastsMs: 4 * MINUTE,
    resolvesAfterMs: 6 * MINUTE,
    key: 'error_ratio{feature="order_dashboard"}',
  },
  {
    name: 'unpriced_calls',
    fault: () => watched.times(1, () => watched.shop.summarize('qwen3-32b')),
    lastsMs: 0,
    resolvesAfterMs: HOUR + MINUTE,
    key: 'unpriced_calls{}',
  },
  {
    name: 'missing_usage',
    fault: () => watched.times(20, () => watched.shop.prefetch()),
    lastsMs: 15 * MINUTE,
    resolvesAfterMs: HOUR + MINUTE,
    key: 'missing_usage{}',
  },
];

describe('a service with its alerts', () => {
  it.each(FAULTS)('$name fires for the emulated fault, not before, and resolves after it', async (fault) => {
    watched = await WatchedShop.start(fault.limits, fault.latency);
    const notified = (): string[] => watched.notifications().filter((line) => line.startsWith(fault.name));
    await watched.times(20, () => watched.shop.classify());
    await watched.evaluate();
    expect(watched.notifications()).toEqual([]);
    await fault.fault();
    await watched.evaluate(fault.lastsMs);
    expect(notified()).toEqual([`${fault.key} firing`]);
    await watched.evaluate(fault.resolvesAfterMs);
    expect(notified()).toEqual([`${fault.key} firing`, `${fault.key} resolved`]);
  });

  it('fires no alert on normal traffic', async () => {
    watched = await WatchedShop.start();
    for (let minute = 0; minute < 3; minute++) {
      await watched.makeNormalCalls();
      await watched.evaluate(MINUTE);
    }
    expect(watched.notifications()).toEqual([]);
    expect(watched.receiver.messages).toEqual([]);
    expect(watched.logger.entries.filter(({ text }) => text.includes('alert='))).toEqual([]);
  });

  it('cost_spike fires for a feature that costs more than before, and resolves', async () => {
    watched = await WatchedShop.start();
    await watched.makeNormalCalls();
    watched.repeatInThePast(Array.from({ length: 30 }, (_, hour) => (hour + 2) * HOUR));
    await watched.evaluate(10 * MINUTE);
    expect(watched.notifications()).toEqual([]);
    // The same calls with a more expensive model.
    await watched.times(40, () => watched.shop.summarize('gpt-4'));
    await watched.evaluate(10 * MINUTE);
    expect(watched.notifications()).toEqual(['cost_spike{feature="order_dashboard"} firing']);
    await watched.evaluate(HOUR);
    expect(watched.notifications().at(-1)).toBe('cost_spike{feature="order_dashboard"} resolved');
  });

  it('traffic_gone fires for a feature without calls that was busy a week before, and resolves with its next call', async () => {
    watched = await WatchedShop.start();
    await watched.makeNormalCalls();
    watched.repeatInThePast([WEEK - 45 * MINUTE]);
    watched.clock.advance(HOUR);
    await watched.evaluate();
    expect(watched.notifications().sort()).toEqual([
      'traffic_gone{feature="order_dashboard"} firing',
      'traffic_gone{feature="support_triage"} firing',
    ]);
    watched.repeatInThePast([-HOUR]);
    await watched.evaluate();
    expect(watched.notifications().slice(2).sort()).toEqual([
      'traffic_gone{feature="order_dashboard"} resolved',
      'traffic_gone{feature="support_triage"} resolved',
    ]);
  });

  it('notifies each change once: in the log, to onAlert, to the webhook and to listeners', async () => {
    watched = await WatchedShop.start();
    const { alerts, receiver, logger } = watched;
    const responses: AlertsResponse[] = [];
    alerts.onChange((response) => responses.push(response));
    receiver.answers.push(status(200));
    await watched.times(1, () => watched.shop.summarize('qwen3-32b'));
    for (let round = 0; round < 4; round++) await watched.evaluate(15_000);
    const [message] = await receiver.received(1);
    expect(watched.notifications()).toEqual(['unpriced_calls{} firing']);
    expect(message!.body).toMatchObject({
      alert: { name: 'unpriced_calls', state: 'firing', value: 1, limit: 0, unit: 'calls' },
      text: expect.stringContaining(
        'Unpriced calls: 1 in 1 h, above the limit of 0. Most affected: qwen3-32b (1 of 1).',
      ),
    });
    expect(
      logger.entries.filter(({ text }) => text.includes('alert=')).map(({ level, text }) => [level, text]),
    ).toEqual([
      [
        'warn',
        'alert=unpriced_calls state=firing value=1 limit=0 unit=calls message="Unpriced calls: 1 in 1 h, above the limit of 0. Most affected: qwen3-32b (1 of 1). Add a price with pricing.overrides or pricing.file."',
      ],
    ]);
    const firing = responses.filter(({ alerts }) =>
      alerts.some(({ name, state }) => name === 'unpriced_calls' && state === 'firing'),
    );
    expect(firing).not.toHaveLength(0);
  });

  it('lists every alert by its name at api/alerts', async () => {
    watched = await WatchedShop.start();
    await watched.evaluate();
    const { status, body } = (await request(watched.app.getHttpServer()).get('/llm/api/alerts')) as {
      status: number;
      body: AlertsResponse;
    };
    expect(status).toBe(200);
    expect(body.alerts.map(({ name }) => name).sort()).toEqual([
      'budget_burn',
      'content_filter',
      'cost_spike',
      'error_ratio',
      'high_latency',
      'missing_usage',
      'rate_limiting',
      'traffic_gone',
      'truncation_spike',
      'unpriced_calls',
    ]);
    expect(body).toEqual(JSON.parse(JSON.stringify(watched.alerts.list())));
  });

  it('records no call for its webhook, and never shows its URL', async () => {
    watched = await WatchedShop.start();
    watched.receiver.answers.push(status(404), status(404));
    await watched.times(1, () => watched.shop.summarize('qwen3-32b'));
    await watched.evaluate();
    await watched.receiver.received(1);
    const calls = watched.logger.of('LlmTelemetry').filter(({ text }) => text.includes('latency_ms='));
    expect(calls).toHaveLength(1);
    await watched.app.close();
    expect(watched.logger.of('LlmTelemetry').map(({ text }) => text)).toContain(
      'Alert unpriced_calls{} (firing) was not delivered to the webhook: HTTP 404 (attempt 2).',
    );
    expect(watched.logger.entries.filter(({ text }) => text.includes('canary-secret'))).toEqual([]);
  });
});
