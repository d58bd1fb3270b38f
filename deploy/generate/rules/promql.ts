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
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
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
