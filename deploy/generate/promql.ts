import { DAY, HOUR, MINUTE, SECOND } from '../../src/llm-telemetry/units/time.js';

/** Builders of PromQL expressions, shared by alert rules and dashboards. */

/** Series whose increase is counted. All durations are in PromQL. */
export interface CountedSeries {
  /** Selector of the counted series. */
  readonly series: string;
  /**
   * Selector used to find out whether a series is new, which can have fewer matchers.
   * @defaultValue `series`
   */
  readonly known?: string;
  /** Selector of a series that each process has in every scrape or export. */
  readonly process: string;
  /** Labels to group by. Empty: everything is summed. */
  readonly by: readonly string[];
  readonly window: string;
  /** Time since the end of the window. By default, the window ends now. */
  readonly offset?: string;
  /** Range before the window in which a series must have no sample to be new. */
  readonly before: string;
  /**
   * Time since the end of the range `before`.
   * @defaultValue `window`
   */
  readonly beforeOffset?: string;
  /**
   * How a new series is counted.
   *
   * - `greatest_value`: exact, as comparisons with a limit need it, unless the process restarts within the window.
   * - `first_value_and_increase`: includes restarts, but `increase()` extrapolates.
   */
  readonly newSeries: 'greatest_value' | 'first_value_and_increase';
}

/**
 * Returns an expression for the count in a window.
 *
 * A counter exists from its first count, and `increase()` includes only later additions, so the first unpriced call
 * would be missed. The first value of a series that is new in the window is therefore counted if its process was
 * scraped before. Otherwise it can contain counts of a long time. `increase()` detects restarts. The counts of processes
 * are summed.
 */
export function counted({
  series,
  known = series,
  process,
  by,
  window,
  offset,
  before,
  beforeOffset = window,
  newSeries,
}: CountedSeries): string {
  const now = at(series, window, offset);
  const ofNew = (count: string): string => `${count}
unless
last_over_time(${at(known, before, beforeOffset)})
and
(
  count_over_time(${at(known, window, offset)})
  < on (job, instance) group_left ()
  max by (job, instance) (count_over_time(${at(process, window, offset)}))
)`;
  const counts =
    newSeries === 'greatest_value'
      ? `${enclosed(ofNew(`max_over_time(${now})`))}
or
increase(${now})`
      : `increase(${now})
or
label_replace(
${indented(ofNew(`min_over_time(${now})`))},
  "counted", "first", "", ""
)`;
  return `sum${by.length === 0 ? '' : ` by (${by.join(', ')})`} ${enclosed(counts)}`;
}

function at(selector: string, range: string, offset?: string): string {
  return `${selector}[${range}]${offset === undefined ? '' : ` offset ${offset}`}`;
}

/** Returns the ratio of a part to a whole: 0 without a part, no result without a whole. */
export function ratio(part: string, whole: string, layout: 'lines' | 'line' = 'lines'): string {
  const over = layout === 'lines' ? '\n/\n' : ' / ';
  return `(${part} or ${whole} * 0)${over}(${whole} > 0)`;
}

/** Returns the lesser of two values with the same labels. */
export function lesser(one: string, other: string): string {
  return `${one} < ${other}\nor\n${indented(other).trimStart()}`;
}

/** Formats a duration in PromQL: `1h30m`, `3s600ms`. */
export function duration(ms: number): string {
  let left = Math.max(1, Math.round(ms));
  let text = '';
  for (const [unit, length] of UNITS) {
    const count = Math.floor(left / length);
    left -= count * length;
    if (count > 0) text += `${count}${unit}`;
  }
  return text;
}

const UNITS: ReadonlyArray<readonly [unit: string, ms: number]> = [
  ['d', DAY],
  ['h', HOUR],
  ['m', MINUTE],
  ['s', SECOND],
  ['ms', 1],
];

/** Formats a PromQL string. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** Formats label matchers in braces; empty without matchers. */
export function selector(matchers: readonly string[]): string {
  return matchers.length === 0 ? '' : `{${matchers.join(', ')}}`;
}

/** Indents each line. */
export function indented(expression: string): string {
  return expression.replaceAll(/^/gm, '  ');
}

/** Encloses an expression in parentheses on separate lines. */
export function enclosed(expression: string): string {
  return `(\n${indented(expression)}\n)`;
}
