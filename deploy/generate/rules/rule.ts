/** A rule in a Prometheus rule file. */
export type Rule = RecordingRule | AlertingRule;

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  /** If omitted, the alert fires immediately. */
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Rules that are evaluated in order, so that each can use the results of those before it. */
export interface RuleGroup {
  readonly name: string;
  /** If omitted, the default of Prometheus. */
  readonly interval?: string;
  readonly rules: readonly Rule[];
}
