import { DAY, SECOND } from '../../units/time.js';
import { storedTime } from '../core/call-columns.js';
import { floorTo } from '../core/rollup-ranges.js';

/** The last second of DateTime, in the year 2106. */
const LAST_SECOND = 2 ** 32 - 1;
/** Rollups of later days are stored as those of this day, in seconds. */
const LAST_DAY = floorTo(LAST_SECOND, DAY / SECOND);

/** Returns the start of a rollup as it is stored, in seconds. */
export function storedStart(ms: number): number {
  return Math.min(LAST_DAY, ms / SECOND);
}

/** Values of a statement's parameters, by name. */
export type Parameters = Readonly<Record<string, unknown>>;

/** Collects the parameters of one statement. Values never become part of its text. */
export class ParameterList {
  private readonly values: Record<string, unknown> = {};
  private count = 0;

  /** Adds a value, and returns its placeholder. `type`: of ClickHouse. */
  add(type: string, value: unknown): string {
    const name = `p${this.count++}`;
    this.values[name] = value;
    return `{${name}:${type}}`;
  }

  /** Adds the end of a call in Unix milliseconds, bounded as calls are stored. */
  time(ms: number): string {
    return `fromUnixTimestamp64Milli(${this.add('Int64', storedTime(ms))}, 'UTC')`;
  }

  /** Adds the start of a rollup in Unix milliseconds. As a number: DateTime needs ten digits. */
  start(ms: number): string {
    return `toDateTime(${this.add('UInt32', Math.min(LAST_SECOND, Math.floor(ms / SECOND)))}, 'UTC')`;
  }

  all(): Parameters {
    return this.values;
  }
}

/** Returns a condition on names, of which `null` stands for none. */
export function isOneOf(
  parameters: ParameterList,
  column: string,
  names: ReadonlyArray<string | null>,
): string {
  const known = names.filter((name) => name !== null);
  const condition = `${column} IN ${parameters.add('Array(String)', known)}`;
  return known.length === names.length ? condition : `(${condition} OR ${column} IS NULL)`;
}

/** Formats a time as a text that ClickHouse reads as UTC, in whole Unix milliseconds. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').slice(0, -1);
}
