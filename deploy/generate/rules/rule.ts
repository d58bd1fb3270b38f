/** A rule as Prometheus' rule files have it. */
export type Rule = RecordingRule | AlertingRule;

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  /** Left out: it fires at once. */
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Rules that are evaluated one after the other, so that each sees what those before it have recorded. */
export interface RuleGroup {
  readonly name: string;
  /** Left out: Prometheus' own. */
  readonly interval?: string;
  readonly rules: readonly Rule[];
}
