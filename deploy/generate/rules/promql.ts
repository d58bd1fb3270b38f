/** A length of time as PromQL writes it: `1h30m`, `3s600ms`. */
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

/** A string in PromQL. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** Matchers in braces; nothing where there are none. */
export function selector(matchers: readonly string[]): string {
  return matchers.length === 0 ? '' : `{${matchers.join(', ')}}`;
}

/** Each line of it further in. */
export function indented(expression: string): string {
  return expression.replaceAll(/^/gm, '  ');
}

/** In parentheses, on lines of its own. */
export function enclosed(expression: string): string {
  return `(\n${indented(expression)}\n)`;
}
