import { boundedName } from '../text/bounded-name.js';

/** Identifies a call by feature and operation. @publicApi */
export interface CallName {
  /** The product feature that the model works for, e.g. `order_dashboard`. Keep it to a bounded set. */
  readonly feature: string;
  /** What the call does for it, e.g. `summarize`. Keep it to a bounded set. */
  readonly operation: string;
}

/** Returns the name with its parts bounded; the same object if nothing has to be cut. */
export function boundedCallName(name: CallName): CallName {
  const feature = boundedName(name.feature);
  const operation = boundedName(name.operation);
  return feature === name.feature && operation === name.operation ? name : { feature, operation };
}
