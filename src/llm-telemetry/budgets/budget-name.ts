import type { Budget } from './budget.options.js';
import { formatExactUsd } from '../units/format.js';

const A_PERIOD = { hour: 'an hour', day: 'a day', month: 'a month' };

/** Returns the name of a budget: `$4,500 a month for all calls`, `$10 a day for tenant acme`. */
export function budgetName({ feature, tenant, usd, per }: Budget): string {
  const scope = feature ?? (tenant === undefined ? 'all calls' : `tenant ${tenant}`);
  return `${formatExactUsd(usd)} ${A_PERIOD[per]} for ${scope}`;
}
