import type { Dimension, Measures } from '../../store/measures.js';
import type { AlertName, AlertSeverity, AlertUnit } from './alerts-answer.js';

/**
 * What an alert is, as data: the evaluator here and rules for other systems are made from the same definition.
 *
 * The words of this folder:
 *
 * - **definition**: what an alert watches by default. **Rule**: a definition with the application's own limits.
 * - **instance**: a rule for one feature, operation or model, with a state of its own.
 * - **reading**: what the store says of an instance at a moment: a value beside its limit, or why there is none.
 * - **beyond**: on the side of the limit on which the alert fires.
 */
export interface AlertDefinition {
  readonly name: AlertName;
  readonly severity: AlertSeverity;
  /** What is measured, as the subject of a sentence. */
  readonly subject: string;
  /** When it fires; `{limit}`, `{window}` and `{minimum}` stand for those. */
  readonly condition: string;
  readonly measure: AlertMeasure;
  readonly unit: AlertUnit;
  readonly limit: number;
  /** `multiple`: of what the instance has been before, or of its budget. */
  readonly limitIs: 'absolute' | 'multiple';
  readonly fires: 'above' | 'below';
  /** What the instances are told apart by. Empty: one for the application as a whole. */
  readonly by: ReadonlyArray<'feature' | 'operation' | 'model'>;
  readonly windowMs: number;
  /** How long it must be beyond its limit before it fires. */
  readonly forMs: number;
  /** How much there must be in the window before anything can be told, in what `measure` says; 0: anything will do. */
  readonly minimum: number;
}

/** How an alert's value is read from the measures of its window. */
export type AlertMeasure =
  /** A quantile of a duration. The minimum is in calls. */
  | { readonly kind: 'quantile'; readonly of: 'duration'; readonly quantile: 'p99' }
  /** A part of some calls. The minimum is in those calls. */
  | { readonly kind: 'share'; readonly of: CountMeasure; readonly among: 'calls' | 'billedCalls' }
  /** A number, in the whole window. `blame` names who has most of it. */
  | { readonly kind: 'count'; readonly of: CountMeasure; readonly blame: Dimension }
  /** A number, in the minute of the window that has most. */
  | { readonly kind: 'busiest_minute'; readonly of: CountMeasure; readonly blame: Dimension }
  /**
   * Cost, beside what it was: the limit is a multiple of the mean of the same window on the 7 days before, else of the
   * 24 hours before. The minimum is in USD.
   */
  | { readonly kind: 'cost_growth'; readonly historyMs: number }
  /** Calls, where there were at least the minimum of them in the same window a week before. */
  | { readonly kind: 'silence' }
  /** What a budget will have been used up to at its end, at its present pace. */
  | { readonly kind: 'budget_pace' };

export type CountMeasure = {
  [Name in keyof Measures]: Measures[Name] extends number ? Name : never;
}[keyof Measures];
