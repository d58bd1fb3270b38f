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

  /** Adds a time in Unix milliseconds. */
  time(ms: number): string {
    return `fromUnixTimestamp64Milli(${this.add('Int64', Math.floor(ms))}, 'UTC')`;
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
