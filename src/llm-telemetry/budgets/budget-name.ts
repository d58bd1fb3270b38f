import type { Budget } from './budget.options.js';

const A_PERIOD = { hour: 'an hour', day: 'a day', month: 'a month' };

/** Returns the name of a budget: `$4,500 a month for all calls`, `$10 a day for tenant acme`. */
export function budgetName({ feature, tenant, usd, per }: Budget): string {
  const scope = feature ?? (tenant === undefined ? 'all calls' : `tenant ${tenant}`);
  return `${usdText(usd)} ${A_PERIOD[per]} for ${scope}`;
}

/** Formats USD with two decimals or as many as needed; without decimals if it is an integer. */
export function usdText(usd: number): string {
  const minimumFractionDigits = Number.isInteger(usd) ? 0 : 2;
  return `$${usd.toLocaleString('en-US', { minimumFractionDigits, maximumFractionDigits: 12 })}`;
}
