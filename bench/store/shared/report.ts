import Table from 'cli-table3';

/** A row of the table. */
export interface Row {
  readonly name: string;
  /** `null`: it cannot be measured here. */
  readonly measured: string | null;
  /** Empty: there is no limit. */
  readonly limit: string;
  readonly holds: boolean | null;
}

/** Numbers that other documents compute with. */
export interface Numbers {
  bytesPerCall?: number;
}

/** Collects what was measured. */
export class Report {
  readonly rows: Row[] = [];
  readonly numbers: Numbers = {};
  private readonly queries: Array<readonly [name: string, ...times: number[]]> = [];

  /** Adds a number that must not exceed a limit, if there is one. `null`: it cannot be measured. */
  atMost(name: string, value: number | null, limit: number | null, unit: string, digits = 0): void {
    const text = (number: number): string => withUnit(number, unit, digits);
    this.add({
      name,
      measured: value === null ? null : text(value),
      limit: limit === null ? '' : `≤ ${text(limit)}`,
      holds: value === null || limit === null ? null : value <= limit,
    });
  }

  atLeast(name: string, value: number, limit: number | null, unit: string): void {
    this.add({
      name,
      measured: withUnit(value, unit, 0),
      limit: limit === null ? '' : `≥ ${withUnit(limit, unit, 0)}`,
      holds: limit === null ? null : value >= limit,
    });
  }

  /** Adds what must be as expected. */
  expect(name: string, measured: string, expected: string, holds: boolean): void {
    this.add({ name, measured, limit: expected, holds });
  }

  /** Adds the times of a query over 30 days and over a day, milliseconds. They are not judged one by one. */
  addQuery(name: string, times: readonly number[]): void {
    this.queries.push([name, ...times]);
    process.stderr.write(`${name}: ${times.map((time) => time.toFixed(1)).join(' / ')} ms\n`);
  }

  get failures(): readonly string[] {
    return this.rows.flatMap(({ name, measured, limit, holds }) =>
      holds === false ? `${name}: ${measured}, expected ${limit}` : [],
    );
  }

  toString(): string {
    const table = new Table({
      head: ['', 'measured', 'limit', ''],
      colAligns: ['left', 'right', 'right', 'left'],
      style: { head: [], border: [], compact: true },
    });
    for (const { name, measured, limit, holds } of this.rows) {
      const verdict = holds === null ? '' : holds ? 'held' : 'NOT HELD';
      table.push([name, measured ?? 'not measured', limit, verdict]);
    }
    return `${this.queryTable()}\n${table.toString()}`;
  }

  private queryTable(): string {
    const table = new Table({
      head: ['ms', '30 days', 'a day'],
      colAligns: ['left', 'right', 'right'],
      style: { head: [], border: [], compact: true },
    });
    for (const [name, ...times] of this.queries) table.push([name, ...times.map((time) => time.toFixed(1))]);
    return table.toString();
  }

  private add(row: Row): void {
    this.rows.push(row);
    process.stderr.write(`${row.name}: ${row.measured ?? 'not measured'}\n`);
  }
}

function withUnit(value: number, unit: string, digits: number): string {
  const number = value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return unit === '' ? number : `${number} ${unit}`;
}
