import { formatPeriod } from '../units/format.js';
import { MINUTE } from '../units/time.js';
import { conditionOf, messageOf } from './alert-message.js';
import type { ConfiguredRule } from './definitions/alert-definitions.js';
import type { Alert, AlertName, AlertNames, AlertState } from './definitions/alert.js';
import type { AlertInstance } from './definitions/alerts-response.js';
import { inconclusive, type Reading } from './readings/reading.js';

/** Maximum number of instances of a rule, those beyond its limit first: model names can come from end users. */
const MAX_INSTANCES = 200;

/** All states, the worst first. */
export const WORST_FIRST: readonly AlertState[] = [
  'firing',
  'pending',
  'resolved',
  'ok',
  'insufficient_data',
  'disabled',
];

/** Change of an instance's state. */
export interface StateChange {
  readonly at: number;
  readonly before: AlertState | null;
  readonly after: AlertState;
  readonly names: AlertNames;
  /** Notification about the change; `null` unless the instance starts or stops firing. */
  readonly alert: Alert | null;
}

interface Instance extends InstanceState {
  readonly reading: Reading;
  readonly lastFiredAt: number | null;
}

/** Instances of one rule with their states. */
export class RuleInstances {
  private readonly instances = new Map<string, Instance>();

  constructor(readonly rule: ConfiguredRule) {}

  /** Applies readings of a point in time. Returns the state changes. */
  apply(readings: readonly Reading[], now: number): readonly StateChange[] {
    const changes: StateChange[] = [];
    const present = new Set<string>();
    for (const reading of this.mostImportant(readings)) {
      const key = instanceKey(this.rule.name, reading.names);
      present.add(key);
      this.advance(key, reading, now, changes);
    }
    for (const [key, { reading }] of this.instances) {
      if (present.has(key)) continue;
      this.advance(key, this.gone(reading.names), now, changes);
      if (this.instances.get(key)!.state === 'insufficient_data') this.instances.delete(key);
    }
    return changes;
  }

  /**
   * Returns the end of firing of instances that fired when an earlier process stopped and are not beyond their limits any
   * more. `keys` are those of the firing instances of all rules.
   */
  resolvedBefore(keys: Iterable<string>, now: number): readonly StateChange[] {
    const changes: StateChange[] = [];
    for (const key of keys) {
      const instance = this.instances.get(key);
      const names = instance?.reading.names ?? namesOf(this.rule.name, key);
      if (names === null) continue;
      const after = instance?.state ?? 'insufficient_data';
      if (after === 'firing' || after === 'pending' || after === 'resolved') continue;
      const alert = this.alertOf('resolved', instance?.reading ?? this.gone(names), now);
      changes.push({ at: now, before: 'firing', after, names, alert });
    }
    return changes;
  }

  /** Shifts all times by the adjustment of the clock, so that durations stay the same. */
  shift(byMs: number): void {
    for (const [key, instance] of this.instances) {
      const { since, lastFiredAt } = instance;
      this.instances.set(key, {
        ...instance,
        since: since + byMs,
        lastFiredAt: lastFiredAt === null ? null : lastFiredAt + byMs,
      });
    }
  }

  /** Returns the instances, the worst first; with the same state, the one furthest beyond its limit first. */
  list(): readonly AlertInstance[] {
    const { fires } = this.rule;
    return [...this.instances.values()]
      .sort((a, b) => rank(a.state) - rank(b.state) || excess(b.reading, fires) - excess(a.reading, fires))
      .map(({ state, since, lastFiredAt, reading }) => ({
        state,
        names: reading.names,
        value: reading.value,
        limit: reading.limit,
        since,
        lastFiredAt,
        sentence: messageOf(this.rule, state, reading),
        note: reading.note,
      }));
  }

  private mostImportant(readings: readonly Reading[]): readonly Reading[] {
    if (readings.length <= MAX_INSTANCES) return readings;
    const beyond = (reading: Reading): number => Number(isBeyond(reading, this.rule.fires));
    return readings.toSorted((a, b) => beyond(b) - beyond(a)).slice(0, MAX_INSTANCES);
  }

  private advance(key: string, reading: Reading, now: number, changes: StateChange[]): void {
    const before = this.instances.get(key) ?? null;
    const { state, since } = nextState(before, reading, this.rule, now);
    const begins = state === 'firing' && before?.state !== 'firing';
    this.instances.set(key, {
      state,
      since,
      reading,
      lastFiredAt: begins ? now : (before?.lastFiredAt ?? null),
    });
    if (before?.state === state) return;
    const ends = before?.state === 'firing';
    changes.push({
      at: now,
      before: before?.state ?? null,
      after: state,
      names: reading.names,
      alert: begins || ends ? this.alertOf(begins ? 'firing' : 'resolved', reading, now) : null,
    });
  }

  private gone(names: AlertNames): Reading {
    return inconclusive(names, `No calls in ${formatPeriod(this.rule.windowMs)}.`);
  }

  private alertOf(state: Alert['state'], reading: Reading, now: number): Alert {
    const { rule } = this;
    return {
      name: rule.name,
      severity: rule.severity,
      state,
      names: reading.names,
      value: reading.value,
      limit: reading.limit,
      unit: rule.unit,
      condition: conditionOf(rule),
      sentence: messageOf(rule, state, reading),
      note: reading.note,
      since: now,
      windowMs: rule.windowMs,
      forMs: rule.forMs,
      key: instanceKey(rule.name, reading.names),
    };
  }
}

/** Returns the position of a state in `WORST_FIRST`. */
export function rank(state: AlertState): number {
  return WORST_FIRST.indexOf(state);
}

function excess({ value, limit }: Reading, fires: ConfiguredRule['fires']): number {
  if (value === null || limit === null) return -Infinity;
  return fires === 'above' ? value - limit : limit - value;
}

/** Time for which an instance is shown as resolved after it fired. */
export const RESOLVED_FOR_MS = 15 * MINUTE;

/** State of an instance. */
export interface InstanceState {
  readonly state: AlertState;
  /** Start of the state, Unix milliseconds. */
  readonly since: number;
}

/**
 * Returns the state that follows from a reading. An alert fires when its value stayed beyond the limit for `forMs`. It
 * resolves as soon as the value is within the limit or unknown. If the clock was set back, waits restart.
 */
export function nextState(
  before: InstanceState | null,
  reading: Reading,
  { fires, forMs }: Pick<ConfiguredRule, 'fires' | 'forMs'>,
  now: number,
): InstanceState {
  const since = before === null ? now : Math.min(before.since, now);
  if (isBeyond(reading, fires)) {
    if (before?.state === 'firing') return { state: 'firing', since };
    const beyondSince = before?.state === 'pending' ? since : now;
    return now - beyondSince >= forMs
      ? { state: 'firing', since: now }
      : { state: 'pending', since: beyondSince };
  }
  if (before?.state === 'firing') return { state: 'resolved', since: now };
  if (before?.state === 'resolved' && now - since < RESOLVED_FOR_MS) return { state: 'resolved', since };
  const calm = reading.inconclusive ?? 'ok';
  return { state: calm, since: before?.state === calm ? since : now };
}

/** Returns whether a reading is beyond its limit. An unknown value never is. */
export function isBeyond({ inconclusive, value, limit }: Reading, fires: ConfiguredRule['fires']): boolean {
  if (inconclusive !== null || value === null || limit === null) return false;
  return fires === 'above' ? value > limit : value < limit;
}

/** Returns the stable key of an instance: `error_ratio{feature="support_chat"}`. */
export function instanceKey(name: AlertName, names: AlertNames): string {
  const labels = Object.entries(names)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([dimension, value]) => `${dimension}=${JSON.stringify(value)}`);
  return `${name}{${labels.join(',')}}`;
}

/** Returns the names in a key of an instance of this rule; `null` for other keys. */
function namesOf(rule: AlertName, key: string): AlertNames | null {
  const names: Partial<Record<string, string | null>> = {};
  for (const [, dimension, value] of key.matchAll(/(\w+)=("(?:[^"\\]|\\.)*"|null)/g))
    names[dimension!] = JSON.parse(value!) as string | null;
  return instanceKey(rule, names) === key ? names : null;
}
