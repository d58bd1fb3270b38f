import type { Dimension, Measures } from '../../store/measures.js';
import type { AlertName, AlertSeverity, AlertUnit } from './alerts-answer.js';

/**
 * Definition of an alert as data. The evaluator and the Prometheus rules are derived from the same definitions.
 *
 * Terms of this folder:
 *
 * - **definition**: an alert with its default limits. **Rule**: a definition with the application's limits.
 * - **instance**: a rule applied to one feature, operation or model. Each instance has its own state.
 * - **reading**: the value and the limit of an instance at a point in time, or the reason why there is no value.
 * - **beyond**: on the side of the limit on which the alert fires.
 */
export interface AlertDefinition {
  readonly name: AlertName;
  readonly severity: AlertSeverity;
  /** Name of the measured value; the first words of the alert message. */
  readonly subject: string;
  /** Condition under which the alert fires, with the placeholders `{limit}`, `{window}` and `{minimum}`. */
  readonly condition: string;
  /** Recommended action when the alert fires, as a sentence. */
  readonly remedy: string;
  readonly measure: AlertMeasure;
  readonly unit: AlertUnit;
  readonly limit: number;
  /** `multiple`: `limit` is a factor of the instance's earlier values or of its budget. */
  readonly limitIs: 'absolute' | 'multiple';
  readonly fires: 'above' | 'below';
  /** Dimensions of the instances. Empty: one instance for the whole application. */
  readonly by: ReadonlyArray<'feature' | 'operation' | 'model'>;
  readonly windowMs: number;
  /** Time in milliseconds that the value must stay beyond the limit before the alert fires. */
  readonly forMs: number;
  /** Minimum volume in the window for an evaluation, in the unit given by `measure`. 0: no minimum. */
  readonly minimum: number;
}

/** Computation of the value of an alert from the measures of its window. */
export type AlertMeasure =
  /** Quantile of a duration. The minimum is a number of calls. */
  | { readonly kind: 'quantile'; readonly of: 'duration'; readonly quantile: 'p99' }
  /** Share of `of` in `among`. The minimum is a number of `among`. */
  | { readonly kind: 'share'; readonly of: CountMeasure; readonly among: 'calls' | 'billedCalls' }
  /** Count in the whole window. The note names the largest contributor by `blame`. */
  | { readonly kind: 'count'; readonly of: CountMeasure; readonly blame: Dimension }
  /** Count in the busiest minute of the window. */
  | { readonly kind: 'busiest_minute'; readonly of: CountMeasure; readonly blame: Dimension }
  /**
   * Cost compared with its history: the limit is a multiple of the mean of the same window on the previous 7 days, else
   * of the previous 24 hours. The minimum is in USD.
   */
  | { readonly kind: 'cost_growth'; readonly historyMs: number }
  /** Calls of features that had at least the minimum in the same window a week before. */
  | { readonly kind: 'silence' }
  /** Projected spend of a budget at the end of its period. */
  | { readonly kind: 'budget_pace' };

/** Name of a measure that is a number. */
export type CountMeasure = {
  [Name in keyof Measures]: Measures[Name] extends number ? Name : never;
}[keyof Measures];
