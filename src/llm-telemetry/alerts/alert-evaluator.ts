import type { AlertName } from './definitions/alert.js';
import type { ConfiguredRule } from './definitions/alert-definitions.js';
import type { Clock } from '../runtime/clock.js';
import { instanceKey, isBeyond, RuleInstances, type StateChange } from './rule-instances.js';
import type { AlertSources, Reading } from './readings/reading.js';
import { readRule } from './readings/read-rule.js';
import { MINUTE, startOf } from '../units/time.js';

/** Timeout of one store query. */
export const STORE_TIMEOUT_MS = 10_000;
/** Maximum number of steps in which the past is replayed. */
const MAX_REPLAY_STEPS = 90;
/** Tolerated difference between clock time and elapsed time since the last evaluation. Beyond it, the clock was set. */
const CLOCK_TOLERANCE_MS = 5000;
/** Maximum number of consecutive skipped evaluations: a clock that is set all the time must not disable alerts. */
const MAX_SKIPPED = 3;

/** State change of an instance, with the name of its rule. */
export interface AlertChange extends StateChange {
  readonly name: AlertName;
  /** True if an earlier process already sent the notification. */
  readonly notified: boolean;
}

/** Result of an evaluation. */
export interface Evaluation {
  /** Evaluated time, Unix milliseconds. */
  readonly at: number;
  readonly changes: readonly AlertChange[];
  /** False if the store did not respond to a query. */
  readonly complete: boolean;
}

/** Evaluates all rules at a point in time. A rule whose readings fail keeps its state. */
export class AlertEvaluator {
  readonly rules: readonly RuleInstances[];
  /** Rules whose past was replayed. */
  private readonly recovered = new Set<RuleInstances>();
  /** Unix milliseconds at the start of the monotonic clock, as of the last evaluation. */
  private origin: number | null = null;
  /** Consecutive evaluations that were skipped because the clock was set. */
  private skipped = 0;

  constructor(
    rules: readonly ConfiguredRule[],
    private readonly sources: AlertSources,
    /** Returns the end of the last call before this process, Unix milliseconds; `null`: none. */
    private readonly newestCall: () => Promise<number | null>,
    private readonly clock: Clock,
    /** Returns the keys of alerts that earlier processes notified as firing; `null`: unknown. */
    private readonly notified: () => Promise<ReadonlySet<string> | null> = async () => null,
  ) {
    this.rules = rules.map((rule) => new RuleInstances(rule));
  }

  /**
   * Evaluates all rules. Queries run one after the other, because the store also serves others. Never rejects. Returns
   * `null` if the clock was set since the last evaluation: one wrong clock reading must not fire or resolve an alert.
   */
  async evaluate(): Promise<Evaluation | null> {
    const now = this.clock.now();
    if (this.clockWasSet(now)) return null;
    const changes: AlertChange[] = [];
    let complete = true;
    for (const instances of this.rules) {
      if (!instances.rule.enabled) continue;
      try {
        changes.push(...(await this.evaluateRule(instances, now)));
      } catch (error) {
        complete = false;
        // Each of the remaining rules would wait for the same timeout.
        if (error instanceof StoreTimeout) break;
      }
    }
    return { at: now, changes, complete };
  }

  private clockWasSet(now: number): boolean {
    const before = this.origin;
    const origin = now - this.clock.elapsed();
    // Compared with the last evaluation, because a slewed clock drifts in small steps.
    this.origin = origin;
    if (before === null || Math.abs(origin - before) <= CLOCK_TOLERANCE_MS) {
      this.skipped = 0;
      return false;
    }
    for (const instances of this.rules) instances.shift(origin - before);
    return ++this.skipped <= MAX_SKIPPED;
  }

  private async evaluateRule(instances: RuleInstances, now: number): Promise<readonly AlertChange[]> {
    const readings = await this.read(instances, now);
    const { name } = instances.rule;
    if (this.recovered.has(instances))
      return instances.apply(readings, now).map((change) => ({ ...change, name, notified: false }));
    const past = await this.recover(instances, readings, now);
    this.recovered.add(instances);
    const changes = [...(past?.changes ?? []), ...instances.apply(readings, now)];
    const known = await this.notified();
    const firing = known && new Set(known);
    const resolved = this.resolvedBefore(instances, known, now);
    const applied = changes.map((change) => {
      const key = instanceKey(name, change.names);
      const notified = wasNotified(change, key, firing, past?.changes.includes(change) ? past.newest : null);
      if (change.after === 'firing') firing?.add(key);
      else if (change.before === 'firing') firing?.delete(key);
      return { ...change, name, notified };
    });
    return [...applied, ...resolved.map((change) => ({ ...change, name, notified: false }))];
  }

  /** Budgets are left out, because their ledger can respond later than the first evaluation. */
  private resolvedBefore(
    instances: RuleInstances,
    known: ReadonlySet<string> | null,
    now: number,
  ): readonly StateChange[] {
    if (known === null || instances.rule.measure.kind === 'budget_pace') return [];
    return instances.resolvedBefore(known, now);
  }

  /**
   * Restores the states of instances beyond their limits. States are not persisted, they follow from the store: the
   * first evaluation replays the minutes before it. Returns `null` if there is nothing to replay. Budgets are not replayed,
   * because the store does not keep their past values.
   */
  private async recover(
    instances: RuleInstances,
    readings: readonly Reading[],
    now: number,
  ): Promise<{ readonly newest: number; readonly changes: readonly StateChange[] } | null> {
    const { rule } = instances;
    if (rule.measure.kind === 'budget_pace') return null;
    if (!readings.some((reading) => isBeyond(reading, rule.fires))) return null;
    const newest = await this.withTimeout(this.newestCall());
    if (newest === null) return null;
    const from = startOf(MINUTE, newest) - rule.forMs - MINUTE;
    const stepMs = Math.max(1, Math.ceil((now - from) / MINUTE / MAX_REPLAY_STEPS)) * MINUTE;
    const past: Array<[readonly Reading[], number]> = [];
    for (let at = from; at < now; at += stepMs) past.push([await this.read(instances, at), at]);
    return { newest, changes: past.flatMap(([readings, at]) => instances.apply(readings, at)) };
  }

  private read({ rule }: RuleInstances, at: number): Promise<readonly Reading[]> {
    return this.withTimeout(readRule(rule, this.sources, at));
  }

  private async withTimeout<T>(query: Promise<T>): Promise<T> {
    const waiting = new AbortController();
    const late = this.clock.wait(STORE_TIMEOUT_MS, waiting.signal).then(
      () => Promise.reject(new StoreTimeout()),
      () => new Promise<never>(() => {}),
    );
    try {
      return await Promise.race([query, late]);
    } finally {
      waiting.abort();
    }
  }
}

/**
 * Returns whether an earlier process already notified a change. If the notified alerts are unknown, changes before the end
 * of the last call are assumed to be notified by the process that recorded that call.
 */
function wasNotified(
  { at, after }: StateChange,
  key: string,
  firing: ReadonlySet<string> | null,
  newest: number | null,
): boolean {
  if (firing === null) return newest !== null && at <= newest;
  return firing.has(key) === (after === 'firing');
}

class StoreTimeout extends Error {}
