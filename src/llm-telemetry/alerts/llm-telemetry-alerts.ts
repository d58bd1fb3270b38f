import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { SYSTEM_CLOCK, type Clock } from '../runtime/clock.js';
import type { CallStore } from '../store/call-store.js';
import type { FleetCoordination } from '../store/fleet.js';
import { guard, reportFault } from '../wire/guard.js';
import { AlertEvaluator, type AlertChange } from './alert-evaluator.js';
import { conditionOf } from './alert-message.js';
import { configuredRules } from './definitions/alert-definitions.js';
import type { Alert } from './definitions/alert.js';
import type { AlertFiring, AlertRule, AlertsResponse } from './definitions/alerts-response.js';
import type { AlertsOption } from './definitions/alerts.options.js';
import { AlertLogLine } from './notifications/alert-log-line.js';
import { FleetNotifications } from './notifications/fleet-notifications.js';
import type { NotifiedAlerts } from './notifications/notified-alerts.js';
import { Webhook } from './notifications/webhook.js';
import type { BudgetPaces } from './readings/reading.js';
import { instanceKey, rank, type RuleInstances } from './rule-instances.js';

const EVERY_MS = 15_000;

/** Dependencies of alerts. */
export interface AlertsSetting {
  /** `null`: the store is disabled, and so are alerts. */
  readonly store: CallStore | null;
  /** Name of the service in notifications. @defaultValue unknown */
  readonly service?: string | null;
  /**
   * True if the store keeps calls of earlier processes.
   * @defaultValue true
   */
  readonly past?: boolean;
  readonly budgets?: BudgetPaces | null;
  readonly clock?: Clock;
  /** Alerts that were notified before a restart. By default unknown. */
  readonly notified?: NotifiedAlerts | null;
  /** Other instances that evaluate the same alerts. `notified` is not used then. */
  readonly fleet?: FleetCoordination | null;
}

/**
 * Evaluates the alerts of this application and notifies changes to the log, `onAlert` and the webhook.
 *
 * @publicApi
 */
export class LlmTelemetryAlerts implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('LlmTelemetry');
  private readonly listeners = new Set<(response: AlertsResponse) => void>();
  private readonly firings = new Firings();
  private readonly clock: Clock;
  private readonly evaluator: AlertEvaluator;
  private readonly watching: boolean;
  private readonly past: boolean;
  private readonly everyMs: number;
  private readonly onAlert: ((alert: Alert) => unknown) | undefined;
  private readonly webhook: Webhook | null;
  private readonly notified: NotifiedAlerts | null;
  private readonly fleet: FleetNotifications | null;
  private readonly everyInstance: boolean;
  private readonly firing = new Set<string>();
  private stop: (() => void) | null = null;
  private running: Promise<void> | null = null;
  private evaluatedAt: number | null = null;
  private storeResponds = true;
  private stopped = false;

  constructor(
    option: AlertsOption = {},
    {
      store,
      service = null,
      past = true,
      budgets = null,
      clock = SYSTEM_CLOCK,
      notified = null,
      fleet = null,
    }: AlertsSetting,
  ) {
    const options = typeof option === 'boolean' ? {} : option;
    this.watching = option !== false && store !== null;
    this.past = past;
    this.clock = clock;
    const startedAt = clock.now();
    this.fleet = fleet && new FleetNotifications(fleet, (alert) => this.notify(alert));
    this.notified = this.fleet ?? notified;
    const notifiedBefore = once(async () => (await this.notified?.read()) ?? null);
    this.everyMs = options.everyMs ?? EVERY_MS;
    this.everyInstance = options.everyInstance ?? false;
    this.onAlert = options.onAlert && ((alert) => options.onAlert?.(alert));
    const rules = configuredRules(options).map((rule) => ({
      ...rule,
      enabled: rule.enabled && this.watching,
    }));
    this.evaluator = new AlertEvaluator(
      rules,
      { store: store ?? NO_STORE, budgets },
      async () => {
        const newest = past ? ((await store?.status())?.newest ?? null) : null;
        return newest === null ? null : Math.min(newest, startedAt);
      },
      clock,
      notifiedBefore,
    );
    const { url, headers, timeoutMs } = options.webhook ?? {};
    this.webhook = url
      ? new Webhook({ url, headers, timeoutMs }, service, clock, (sentence) => this.logger.warn(sentence))
      : null;
  }

  /** Returns all alerts in any state. */
  list(): AlertsResponse {
    const alerts = this.evaluator.rules.map((rule) => responseOf(rule));
    const firings = this.firings.list();
    return {
      evaluatedAt: this.evaluatedAt,
      alerts: alerts.sort((a, b) => rank(a.state) - rank(b.state)),
      lastFiredAt: firings[0]?.from ?? null,
      firings,
    };
  }

  /** Calls `listener` when an alert changes its state. Returns a function that removes the listener. */
  onChange(listener: (response: AlertsResponse) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Evaluates all alerts now, or waits for a running evaluation. Never rejects. */
  evaluate(): Promise<void> {
    if (!this.watching) return Promise.resolve();
    this.running ??= this.evaluateOnce().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  onApplicationBootstrap(): void {
    if (!this.watching || this.stop !== null) return;
    this.stop = this.clock.every(this.everyMs, () => void this.evaluate());
    // An in-memory store is still empty.
    if (this.past) void this.evaluate();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.stop?.();
    this.stop = null;
    await this.webhook?.close();
  }

  private async evaluateOnce(): Promise<void> {
    const evaluation = await this.evaluator.evaluate();
    if (evaluation === null) return;
    const { at, changes, complete } = evaluation;
    this.logStoreAvailability(complete);
    if (complete) this.evaluatedAt = at;
    for (const change of changes) this.applyChange(change);
    await this.fleet?.announce();
    if (changes.length > 0) await this.notified?.write(this.firing);
    if (changes.length === 0) return;
    const response = this.list();
    for (const listener of this.listeners) guard('calling an alert listener', () => listener(response));
  }

  private applyChange({ name, names, at, before, after, alert, notified }: AlertChange): void {
    if (after === 'firing') this.firings.begin(name, names, at);
    else if (before === 'firing') this.firings.end(name, names, at);
    if (after === 'firing') this.firing.add(instanceKey(name, names));
    else this.firing.delete(instanceKey(name, names));
    if (alert === null || notified) return;
    if (this.fleet === null) return void this.notify(alert);
    this.fleet.add(alert);
    if (this.everyInstance) guard('onAlert', () => this.callOnAlert(alert));
  }

  /** Resolves once the webhook has accepted the alert, or has been given up. */
  private async notify(alert: Alert): Promise<void> {
    guard('logging an alert', () => this.log(alert));
    if (this.fleet === null || !this.everyInstance) guard('onAlert', () => this.callOnAlert(alert));
    const { webhook } = this;
    if (webhook) await new Promise<void>((settled) => webhook.send(alert, settled));
  }

  private log(alert: Alert): void {
    const line = new AlertLogLine(alert);
    if (alert.state === 'resolved') this.logger.log(line);
    else if (alert.severity === 'critical') this.logger.error(line);
    else this.logger.warn(line);
  }

  private callOnAlert(alert: Alert): void {
    const result = this.onAlert?.(alert);
    if (result instanceof Promise) result.catch((error: unknown) => reportFault('onAlert', error));
  }

  private logStoreAvailability(responds: boolean): void {
    // A closing store does not respond either.
    if (responds === this.storeResponds || this.stopped) return;
    this.storeResponds = responds;
    if (responds) this.logger.log('Alerts: evaluation resumed, the store responds again.');
    else this.logger.warn('Alerts: the store does not respond. Alerts keep their state until it does.');
  }
}

/** Calls `load` at the first use and keeps its promise. */
function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | null = null;
  return () => (loaded ??= load());
}

/** Placeholder for a disabled store; it is never queried. */
const NO_STORE: Pick<CallStore, 'measure'> = {
  measure: () => Promise.reject(new Error('The store is disabled.')),
};

function responseOf(instances: RuleInstances): AlertRule {
  const { rule } = instances;
  const list = instances.list();
  return {
    name: rule.name,
    severity: rule.severity,
    state: rule.enabled ? (list[0]?.state ?? 'insufficient_data') : 'disabled',
    condition: conditionOf(rule),
    unit: rule.unit,
    limit: rule.limitIs === 'multiple' ? null : rule.limit,
    fires: rule.fires,
    windowMs: rule.windowMs,
    forMs: rule.forMs,
    instances: list,
  };
}

const MAX_PERIODS = 1000;

/** Periods in which alerts fired since the start of this process, kept in memory. */
export class Firings {
  private readonly periods: AlertFiring[] = [];

  begin(name: AlertFiring['name'], names: AlertFiring['names'], from: number): void {
    this.periods.push({ name, names, from, to: null });
    if (this.periods.length > MAX_PERIODS) this.periods.shift();
  }

  end(name: AlertFiring['name'], names: AlertFiring['names'], to: number): void {
    const key = instanceKey(name, names);
    const index = this.periods.findLastIndex(
      (period) => period.to === null && instanceKey(period.name, period.names) === key,
    );
    const period = this.periods[index];
    if (period) this.periods[index] = { ...period, to: Math.max(period.from, to) };
  }

  /** Returns the periods, the latest first. */
  list(): readonly AlertFiring[] {
    return this.periods.toReversed();
  }
}
