import { boundedName } from '../text/bounded-name.js';

/** Identifies a call by feature and operation. @publicApi */
export interface CallName {
  /** Product feature, such as `order_dashboard`. Use a bounded set of names: it is an attribute of metrics. */
  readonly feature: string;
  /** Operation within the feature, such as `summarize`. Use a bounded set of names. */
  readonly operation: string;
}

/** Returns the name with feature and operation cut to the maximum length; the same object if both fit. */
export function boundedCallName(name: CallName): CallName {
  const feature = boundedName(name.feature);
  const operation = boundedName(name.operation);
  return feature === name.feature && operation === name.operation ? name : { feature, operation };
}
