import type { CallName } from '../calls/call-name.js';
import type { RequestIdentity } from '../calls/record.js';
import { boundedName } from '../text/bounded-name.js';
import type { Budget } from './budget.options.js';

/** Feature and tenant that a call counts for, as bounded names. */
export interface CountedFor {
  readonly feature: string;
  readonly tenant: string | undefined;
}

/** Bounds the names of a budget in the same way as stores do, so that both match. */
export function withBoundedNames(budget: Budget): Budget {
  const { feature, tenant } = budget;
  return {
    ...budget,
    ...(feature !== undefined && { feature: boundedName(feature) }),
    ...(tenant !== undefined && { tenant: boundedName(tenant) }),
  };
}

/** Returns the feature and tenant that a call counts for. */
export function countedFor({ feature }: CallName, { tenantId }: RequestIdentity): CountedFor {
  return {
    feature: boundedName(feature),
    tenant: typeof tenantId === 'string' ? boundedName(tenantId) : tenantId,
  };
}
