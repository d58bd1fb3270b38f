import { parse, stringify } from 'yaml';

interface GivenRule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
}

/** Returns the rules of a file that an alert depends on, because promtool needs long to evaluate all rules. */
export function onlyFor(alert: string, file: string): string {
  const { groups } = parse(file) as { groups: ReadonlyArray<{ rules: readonly GivenRule[] }> };
  const rules = groups.flatMap((group) => group.rules);
  const needed = new Set(rules.filter((rule) => rule.alert === alert));
  // The set grows during iteration, so indirect dependencies are included.
  for (const { expr } of needed) {
    for (const rule of rules) if (rule.record !== undefined && expr.includes(rule.record)) needed.add(rule);
  }
  return stringify({
    groups: groups
      .map((group) => ({ ...group, rules: group.rules.filter((rule) => needed.has(rule)) }))
      .filter((group) => group.rules.length > 0),
  });
}
