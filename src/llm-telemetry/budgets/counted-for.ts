import type { CallName } from '../calls/call-name.js';
import type { RequestIdentity } from '../calls/record.js';
import { boundedName } from '../text/bounded-name.js';
import type { Budget } from './budget.options.js';

/** Whom a call counts for; names as `boundedName` gives them. */
export interface CountedFor {
  readonly feature: string;
  readonly tenant: string | undefined;
}

/** Stores cut names so; a cut name matches the same name cut again. */
export function withBoundedNames(budget: Budget): Budget {
  const { feature, tenant } = budget;
  return {
    ...budget,
    ...(feature !== undefined && { feature: boundedName(feature) }),
    ...(tenant !== undefined && { tenant: boundedName(tenant) }),
  };
}

export function countedFor({ feature }: CallName, { tenantId }: RequestIdentity): CountedFor {
  return {
    feature: boundedName(feature),
    tenant: typeof tenantId === 'string' ? boundedName(tenantId) : tenantId,
  };
}
