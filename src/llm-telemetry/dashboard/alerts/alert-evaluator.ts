import type { AlertName } from '../api/alerts.js';
import type { ConfiguredRule } from './configured-rules.js';
import type { Clock } from './clock.js';
import { isBeyond } from './instance-state.js';
import type { AlertSources, Reading } from './reading.js';
import { readRule } from './readings/index.js';
import { RuleInstances, type StateChange } from './rule-instances.js';
import { MINUTE, startOf } from './time.js';

/** A store that takes longer than this to answer has not answered. */
export const ANSWERS_WITHIN_MS = 10_000;
/** Into how many steps at most the past is divided when it is looked through. */
const MOST_STEPS_BACK = 90;

/** A change, and the rule that it is of. */
export interface AlertChange extends StateChange {
  readonly name: AlertName;
  /** True where the process that was there before has told of it already. */
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

  constructor(
    rules: readonly ConfiguredRule[],
    private readonly sources: AlertSources,
    /** When the last call from before this process ended, Unix milliseconds; `null`: there is none. */
    private readonly newestCall: () => Promise<number | null>,
    private readonly clock: Clock,
  ) {
    this.rules = rules.map((rule) => new RuleInstances(rule));
  }

  /** Never rejects. One after the other: nobody waits for alerts, and others wait for the store. */
  async evaluate(): Promise<Evaluation> {
    const now = this.clock.now();
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

  private async evaluateRule(instances: RuleInstances, now: number): Promise<readonly AlertChange[]> {
    const readings = await this.read(instances, now);
    const past = this.recovered.has(instances) ? [] : await this.recover(instances, readings, now);
    this.recovered.add(instances);
    return [
      ...past,
      ...instances
        .take(readings, now)
        .map((change) => ({ ...change, name: instances.rule.name, told: false })),
    ];
  }

  /**
   * States are not kept, they follow from the store: at the first look, what is beyond its limit is followed through the
   * minutes before. What began to fire before the last call ended has been told of by the process that took that call;
   * what began later has been told of by nobody, for nobody was there.
   */
  private async recover(
    instances: RuleInstances,
    readings: readonly Reading[],
    now: number,
  ): Promise<readonly AlertChange[]> {
    const { rule } = instances;
    if (!readings.some((reading) => isBeyond(reading, rule.fires))) return [];
    const newest = await this.answer(this.newestCall());
    if (newest === null) return [];
    const from = startOf(MINUTE, newest) - rule.forMs - MINUTE;
    const stepMs = Math.max(1, Math.ceil((now - from) / MINUTE / MOST_STEPS_BACK)) * MINUTE;
    const past: Array<[readonly Reading[], number]> = [];
    for (let at = from; at < now; at += stepMs) past.push([await this.read(instances, at), at]);
    return past
      .flatMap(([readings, at]) => instances.take(readings, at))
      .map((change) => ({ ...change, name: rule.name, told: change.at <= newest }));
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

class NoAnswer extends Error {}
