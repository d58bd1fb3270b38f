import { boundedName } from '../text/bounded-name.js';

/** Identifies a call by feature and operation. @publicApi */
export interface CallName {
  /** Product feature, such as `order_dashboard`. Use a bounded set of names: it is an attribute of metrics. */
  readonly feature: string;
  /** Operation within the feature, such as `summarize`. Use a bounded set of names. */
  readonly operation: string;
}

/** Feature of model requests outside of calls. */
export const UNATTRIBUTED = 'unattributed';

/** Returns the name with feature and operation cut to the maximum length; the same object if both fit. */
export function boundedCallName(name: CallName): CallName {
  const feature = boundedName(name.feature);
  const operation = boundedName(name.operation);
  return feature === name.feature && operation === name.operation ? name : { feature, operation };
}

const KEY = Symbol.for('nestjs-llm-telemetry.features.v1');

/** Kept under a registered symbol: another copy of the library in this process may decorate classes too. */
const features: Set<string> = ((globalThis as unknown as Record<symbol, Set<string> | undefined>)[KEY] ??=
  new Set());

/** Registers the feature of a decorator. */
export function declareFeature(name: string): void {
  features.add(name);
}

/** Returns the features of all decorators that were evaluated. */
export function declaredFeatures(): ReadonlySet<string> {
  return features;
}
