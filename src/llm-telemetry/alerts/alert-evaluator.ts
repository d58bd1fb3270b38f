import type { AlertName } from './definitions/alerts-answer.js';
import type { ConfiguredRule } from './definitions/configured-rules.js';
import type { Clock } from '../runtime/clock.js';
import { instanceKey } from './instance-key.js';
import { isBeyond } from './instance-state.js';
import type { AlertSources, Reading } from './readings/reading.js';
import { readRule } from './readings/index.js';
import { RuleInstances, type StateChange } from './rule-instances.js';
import { MINUTE, startOf } from '../units/time.js';

/** A store that takes longer than this to answer has not answered. */
export const ANSWERS_WITHIN_MS = 10_000;
/** Into how many steps at most the past is divided when it is looked through. */
const MOST_STEPS_BACK = 90;
/** How far the clock may be off the time that has elapsed since the last evaluation. Beyond that, it was set. */
const CLOCK_TOLERANCE_MS = 5000;
/** A clock that is set before every evaluation must not stop alerts for good. */
const MOST_SKIPPED = 3;

/** A change, and the rule that it is of. */
export interface AlertChange extends StateChange {
  readonly name: AlertName;
  /** True if a process that was there before has notified of it already. */
  readonly told: boolean;
}

export interface Evaluation {
  /** The moment that was looked at. */
  readonly at: number;
  readonly changes: readonly AlertChange[];
  /** Whether everything that was asked has been answered. */
  readonly answered: boolean;
}

/** Looks at all rules at a moment. A rule whose readings fail stays as it was. */
export class AlertEvaluator {
  readonly rules: readonly RuleInstances[];
  /** Rules whose past has been looked through. */
  private readonly recovered = new Set<RuleInstances>();
  /** Unix milliseconds at the start of the monotonic clock, as of the last evaluation. */
  private origin: number | null = null;
  /** Evaluations in a row that were skipped because the clock was set. */
  private skipped = 0;

  constructor(
    rules: readonly ConfiguredRule[],
    private readonly sources: AlertSources,
    /** When the last call from before this process ended, Unix milliseconds; `null`: there is none. */
    private readonly newestCall: () => Promise<number | null>,
    private readonly clock: Clock,
    /** The keys of alerts that processes before this one have notified as firing; `null` if that is not known. */
    private readonly notified: () => Promise<ReadonlySet<string> | null> = async () => null,
  ) {
    this.rules = rules.map((rule) => new RuleInstances(rule));
  }

  /**
   * Never rejects. Asks one question after the other, because others wait for the store as well. `null`: the clock was
   * set since the last evaluation, and a single reading of a clock neither fires nor resolves an alert.
   */
  async evaluate(): Promise<Evaluation | null> {
    const now = this.clock.now();
    if (this.clockWasSet(now)) return null;
    const changes: AlertChange[] = [];
    let answered = true;
    for (const instances of this.rules) {
      if (!instances.rule.enabled) continue;
      try {
        changes.push(...(await this.evaluateRule(instances, now)));
      } catch (error) {
        answered = false;
        // What does not answer now would let each of the others wait as long.
        if (error instanceof NoAnswer) break;
      }
    }
    return { at: now, changes, answered };
  }

  private clockWasSet(now: number): boolean {
    const before = this.origin;
    const origin = now - this.clock.elapsed();
    // Always compared with the last evaluation: a clock that is slewed drifts in small steps.
    this.origin = origin;
    if (before === null || Math.abs(origin - before) <= CLOCK_TOLERANCE_MS) {
      this.skipped = 0;
      return false;
    }
    for (const instances of this.rules) instances.shift(origin - before);
    return ++this.skipped <= MOST_SKIPPED;
  }

  private async evaluateRule(instances: RuleInstances, now: number): Promise<readonly AlertChange[]> {
    const readings = await this.read(instances, now);
    const { name } = instances.rule;
    if (this.recovered.has(instances))
      return instances.take(readings, now).map((change) => ({ ...change, name, told: false }));
    const past = await this.recover(instances, readings, now);
    this.recovered.add(instances);
    const changes = [...(past?.changes ?? []), ...instances.take(readings, now)];
    const notified = await this.notified();
    const firing = notified && new Set(notified);
    return changes.map((change) => {
      const key = instanceKey(name, change.names);
      const told = wasTold(change, key, firing, past?.changes.includes(change) ? past.newest : null);
      if (change.after === 'firing') firing?.add(key);
      else if (change.before === 'firing') firing?.delete(key);
      return { ...change, name, told };
    });
  }

  /**
   * Returns how instances came to be beyond their limits. States are not kept, they follow from the store: at the first
   * evaluation the minutes before are replayed. `null`: there is nothing to replay. Budgets have no past: the store does
   * not tell what they were at a moment.
   */
  private async recover(
    instances: RuleInstances,
    readings: readonly Reading[],
    now: number,
  ): Promise<{ readonly newest: number; readonly changes: readonly StateChange[] } | null> {
    const { rule } = instances;
    if (rule.measure.kind === 'budget_pace') return null;
    if (!readings.some((reading) => isBeyond(reading, rule.fires))) return null;
    const newest = await this.answer(this.newestCall());
    if (newest === null) return null;
    const from = startOf(MINUTE, newest) - rule.forMs - MINUTE;
    const stepMs = Math.max(1, Math.ceil((now - from) / MINUTE / MOST_STEPS_BACK)) * MINUTE;
    const past: Array<[readonly Reading[], number]> = [];
    for (let at = from; at < now; at += stepMs) past.push([await this.read(instances, at), at]);
    return { newest, changes: past.flatMap(([readings, at]) => instances.take(readings, at)) };
  }

  private read({ rule }: RuleInstances, at: number): Promise<readonly Reading[]> {
    return this.answer(readRule(rule, this.sources, at));
  }

  private async answer<T>(question: Promise<T>): Promise<T> {
    const waiting = new AbortController();
    const late = this.clock.wait(ANSWERS_WITHIN_MS, waiting.signal).then(
      () => Promise.reject(new NoAnswer()),
      () => new Promise<never>(() => {}),
    );
    try {
      return await Promise.race([question, late]);
    } finally {
      waiting.abort();
    }
  }
}

/**
 * Whether a change has been notified before. Where that is not remembered: what changed before the last call ended has been
 * notified by the process that took that call, if it had the same limits.
 */
function wasTold(
  { at, after }: StateChange,
  key: string,
  firing: ReadonlySet<string> | null,
  newest: number | null,
): boolean {
  if (firing === null) return newest !== null && at <= newest;
  return firing.has(key) === (after === 'firing');
}

class NoAnswer extends Error {}
