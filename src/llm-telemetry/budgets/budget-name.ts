import type { Budget } from './budget.options.js';

const A_PERIOD = { hour: 'an hour', day: 'a day', month: 'a month' };

/** `$4,500 a month for all calls`, `$0.50 an hour for support_chat`, `$10 a day for tenant acme`. */
export function budgetName({ feature, tenant, usd, per }: Budget): string {
  const whom = feature ?? (tenant === undefined ? 'all calls' : `tenant ${tenant}`);
  return `${usdText(usd)} ${A_PERIOD[per]} for ${whom}`;
}

/** Two digits after the point, or as many more as it needs; none where it is whole. */
export function usdText(usd: number): string {
  const minimumFractionDigits = Number.isInteger(usd) ? 0 : 2;
  return `$${usd.toLocaleString('en-US', { minimumFractionDigits, maximumFractionDigits: 12 })}`;
}
