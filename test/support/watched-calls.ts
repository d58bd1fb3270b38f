import { Logger } from '@nestjs/common';
import { LlmTelemetryAlerts } from '../../src/llm-telemetry/alerts/llm-telemetry-alerts.js';
import type { Alert, AlertName } from '../../src/llm-telemetry/alerts/definitions/alert.js';
import type { AlertsOptions } from '../../src/llm-telemetry/alerts/definitions/alerts.options.js';
import type { NotifiedAlerts } from '../../src/llm-telemetry/alerts/notifications/notified-alerts.js';
import type { BudgetPaces } from '../../src/llm-telemetry/alerts/readings/reading.js';
import type { AlertInstance, AlertRule } from '../../src/llm-telemetry/alerts/definitions/alerts-response.js';
import { endedCall, type EndedCall } from './ended-calls.js';
import { FakeClock } from './fake-clock.js';
import { RollupStore } from './rollup-store.js';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** A Tuesday, twelve seconds after a full minute. */
export const NOW = Date.UTC(2026, 10, 24, 14, 3, 12);

Logger.overrideLogger(false);

/** Notified alerts of each store, which a real store keeps in a file. */
const notifiedAlerts = new WeakMap<RollupStore, ReadonlySet<string>>();

function notifiedOf(store: RollupStore): NotifiedAlerts {
  const before = notifiedAlerts.get(store) ?? null;
  return {
    read: async () => before,
    write: async (keys) => void notifiedAlerts.set(store, new Set(keys)),
  };
}

export type Traffic = Omit<EndedCall, 'endedAt'>;

/** Store, clock and alerts that a test evaluates on demand. */
export class WatchedCalls {
  readonly notified: Alert[] = [];
  readonly store: RollupStore;
  readonly clock: FakeClock;
  readonly alerts: LlmTelemetryAlerts;

  constructor({
    options = {},
    store = new RollupStore(),
    budgets = null,
    now = NOW,
  }: { options?: AlertsOptions; store?: RollupStore; budgets?: BudgetPaces | null; now?: number } = {}) {
    this.store = store;
    this.clock = new FakeClock(now);
    this.alerts = new LlmTelemetryAlerts(
      { onAlert: (alert) => this.notified.push(alert), ...options },
      { store, budgets, clock: this.clock, notified: notifiedOf(store) },
    );
  }

  /** Adds `count` calls that end at `endedAt`, by default now. */
  calls(count: number, traffic: Traffic = {}, endedAt = this.clock.now()): void {
    for (let n = 0; n < count; n++) this.store.record(endedCall({ ...traffic, endedAt }));
  }

  /** Adds calls each minute for `ms` milliseconds and evaluates the alerts twice a minute. */
  async run(ms: number, ...traffic: Array<readonly [perMinute: number, Traffic]>): Promise<void> {
    for (let passed = 0; passed < ms; passed += MINUTE / 2) {
      if (passed % MINUTE === 0) for (const [perMinute, draft] of traffic) this.calls(perMinute, draft);
      await this.alerts.evaluate();
      this.clock.advance(MINUTE / 2);
    }
  }

  /** Adds past calls, one burst in the middle of every hour, up to an hour ago. */
  history(ms: number, perHour: number, traffic: Traffic = {}): void {
    const now = this.clock.now();
    for (let at = now - HOUR - 30 * MINUTE; at >= now - ms; at -= HOUR) this.calls(perHour, traffic, at);
  }

  rule(name: AlertName): AlertRule {
    return this.alerts.list().alerts.find((alert) => alert.name === name)!;
  }

  /** Returns the worst instance of an alert. */
  worst(name: AlertName): AlertInstance {
    return this.rule(name).instances[0]!;
  }

  /** Returns the notifications as `name state`, in order. */
  news(): string[] {
    return this.notified.map(({ key, state }) => `${key} ${state}`);
  }
}
