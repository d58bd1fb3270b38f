import { parse, stringify } from 'yaml';

interface GivenRule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
}

/** Of a file of rules those that an alert is made from: what promtool need not evaluate for days of traffic is left out. */
export function onlyFor(alert: string, file: string): string {
  const { groups } = parse(file) as { groups: ReadonlyArray<{ rules: readonly GivenRule[] }> };
  const rules = groups.flatMap((group) => group.rules);
  const needed = new Set(rules.filter((rule) => rule.alert === alert));
  // The set grows while it is gone through.
  for (const { expr } of needed) {
    for (const rule of rules) if (rule.record !== undefined && expr.includes(rule.record)) needed.add(rule);
  }
  return stringify({
    groups: groups
      .map((group) => ({ ...group, rules: group.rules.filter((rule) => needed.has(rule)) }))
      .filter((group) => group.rules.length > 0),
  });
}
