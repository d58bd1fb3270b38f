import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { CallStore } from '../store/call-store.js';
import { guard, reportFault } from '../wire/guard.js';
import type { AlertRule, AlertsAnswer } from './definitions/alerts-answer.js';
import type { Alert } from './definitions/alert.js';
import { AlertEvaluator, type AlertChange } from './alert-evaluator.js';
import { configuredRules } from './definitions/configured-rules.js';
import type { AlertsOption } from './definitions/alerts.options.js';
import type { BudgetPaces } from './readings/budget-paces.js';
import { SYSTEM_CLOCK, type Clock } from '../runtime/clock.js';
import { Firings } from './firings.js';
import { instanceKey } from './instance-key.js';
import { AlertLogLine } from './notices/alert-log-line.js';
import type { NotifiedAlerts } from './notices/notified-alerts.js';
import { Webhook } from './notices/webhook.js';
import { rank, type RuleInstances } from './rule-instances.js';
import { conditionOf } from './alert-message.js';

const EVERY_MS = 15_000;

/** Dependencies of alerts. */
export interface AlertsSetting {
  /** `null`: the store is disabled, and so are alerts. */
  readonly store: CallStore | null;
  /**
   * True if the store keeps calls of earlier processes.
   * @defaultValue true
   */
  readonly past?: boolean;
  readonly budgets?: BudgetPaces | null;
  readonly clock?: Clock;
  /** Alerts that were notified before a restart. By default unknown. */
  readonly notified?: NotifiedAlerts | null;
}

/**
 * Evaluates the alerts of this application and notifies changes to the log, `onAlert` and the webhook.
 *
 * @publicApi
 */
export class LlmTelemetryAlerts implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('LlmTelemetry');
  private readonly listeners = new Set<(answer: AlertsAnswer) => void>();
  private readonly firings = new Firings();
  private readonly clock: Clock;
  private readonly evaluator: AlertEvaluator;
  private readonly watching: boolean;
  private readonly past: boolean;
  private readonly everyMs: number;
  private readonly onAlert: ((alert: Alert) => unknown) | undefined;
  private readonly webhook: Webhook | null;
  private readonly notified: NotifiedAlerts | null;
  private readonly firing = new Set<string>();
  private stop: (() => void) | null = null;
  private running: Promise<void> | null = null;
  private evaluatedAt: number | null = null;
  private storeResponds = true;
  private stopped = false;

  constructor(
    option: AlertsOption = {},
    { store, past = true, budgets = null, clock = SYSTEM_CLOCK, notified = null }: AlertsSetting,
  ) {
    const options = option === false ? {} : option;
    this.watching = option !== false && store !== null;
    this.past = past;
    this.clock = clock;
    const startedAt = clock.now();
    this.notified = notified;
    const notifiedBefore = once(async () => (await notified?.read()) ?? null);
    this.everyMs = options.everyMs ?? EVERY_MS;
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
      ? new Webhook(
          { url, headers, timeoutMs },
          process.env['OTEL_SERVICE_NAME'] || null,
          clock,
          (sentence) => this.logger.warn(sentence),
        )
      : null;
  }

  /** Returns all alerts in any state. */
  list(): AlertsAnswer {
    const alerts = this.evaluator.rules.map((rule) => answerOf(rule));
    const firings = this.firings.list();
    return {
      evaluatedAt: this.evaluatedAt,
      alerts: alerts.sort((a, b) => rank(a.state) - rank(b.state)),
      lastFiredAt: firings[0]?.from ?? null,
      firings,
    };
  }

  /** Calls `listener` when an alert changes its state. Returns a function that removes the listener. */
  onChange(listener: (answer: AlertsAnswer) => void): () => void {
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
    if (changes.length > 0) await this.notified?.write(this.firing);
    if (changes.length === 0) return;
    const answer = this.list();
    for (const listener of this.listeners) guard('calling an alert listener', () => listener(answer));
  }

  private applyChange({ name, names, at, before, after, alert, notified }: AlertChange): void {
    if (after === 'firing') this.firings.begin(name, names, at);
    else if (before === 'firing') this.firings.end(name, names, at);
    if (after === 'firing') this.firing.add(instanceKey(name, names));
    else this.firing.delete(instanceKey(name, names));
    if (alert === null || notified) return;
    guard('logging an alert', () => this.log(alert));
    guard('onAlert', () => this.callOnAlert(alert));
    this.webhook?.send(alert);
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

function answerOf(instances: RuleInstances): AlertRule {
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
