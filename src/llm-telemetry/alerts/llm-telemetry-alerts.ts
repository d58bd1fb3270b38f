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
import { conditionOf } from './sentence.js';

const EVERY_MS = 15_000;

/** What alerts are watched on. */
export interface AlertsSetting {
  /** `null`: nothing is remembered, and nothing can be watched. */
  readonly store: CallStore | null;
  /** Whether the store remembers calls from before this process. Default true. */
  readonly past?: boolean;
  readonly budgets?: BudgetPaces | null;
  readonly clock?: Clock;
  /** Which alerts were notified before a restart. Default: not known. */
  readonly notified?: NotifiedAlerts | null;
}

/**
 * The alerts of this application: what they are, how they stand, and when that changes.
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
  private answering = true;
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
      { store: store ?? NOWHERE, budgets },
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

  /** Every alert, in whatever state it is. */
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

  /** Calls `listener` when an alert has changed its state; returns what ends that. */
  onChange(listener: (answer: AlertsAnswer) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Looks at all alerts now instead of at the next time. Never rejects; while they are being looked at, it waits for that. */
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
    // What is only in memory has begun with this process: there is nothing to be seen yet.
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
    const { at, changes, answered } = evaluation;
    this.sayWhetherAnswered(answered);
    if (answered) this.evaluatedAt = at;
    for (const change of changes) this.take(change);
    // At the first evaluation even if nothing fires: from then on it is known that nothing was notified.
    if (changes.length > 0) await this.notified?.write(this.firing);
    if (changes.length === 0) return;
    const answer = this.list();
    for (const listener of this.listeners) guard('telling of alerts', () => listener(answer));
  }

  private take({ name, names, at, before, after, alert, told }: AlertChange): void {
    if (after === 'firing') this.firings.begin(name, names, at);
    else if (before === 'firing') this.firings.end(name, names, at);
    if (after === 'firing') this.firing.add(instanceKey(name, names));
    else this.firing.delete(instanceKey(name, names));
    if (alert === null || told) return;
    guard('logging an alert', () => this.log(alert));
    guard('onAlert', () => this.tell(alert));
    this.webhook?.send(alert);
  }

  private log(alert: Alert): void {
    const line = new AlertLogLine(alert);
    if (alert.state === 'resolved') this.logger.log(line);
    else if (alert.severity === 'critical') this.logger.error(line);
    else this.logger.warn(line);
  }

  private tell(alert: Alert): void {
    const result = this.onAlert?.(alert);
    if (result instanceof Promise) result.catch((error: unknown) => reportFault('onAlert', error));
  }

  private sayWhetherAnswered(answered: boolean): void {
    // A store that is closing does not answer either.
    if (answered === this.answering || this.stopped) return;
    this.answering = answered;
    if (answered) this.logger.log('Alerts are looked at again: the store answers.');
    else this.logger.warn('Alerts that cannot be looked at stay as they are: the store does not answer.');
  }
}

/** Asks once, when it is first called. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null;
  return () => (asked ??= ask());
}

/** Stands in the store's place where there is none; nothing asks it. */
const NOWHERE: Pick<CallStore, 'measure'> = {
  measure: () => Promise.reject(new Error('There is no store.')),
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
