import type { CallRecord } from '../calls/record.js';
import { sumUsd } from '../units/usd.js';
import type { Spend } from './budget-ledger.js';

/** Returns the spend of a call without nested calls, which have their own records. */
export function spendOfCall({ attempts }: CallRecord): Spend {
  const amounts: number[] = [];
  let unknownCalls = 0;
  for (const { cost } of attempts) {
    if (cost?.source === 'unknown') unknownCalls = 1;
    else if (cost) amounts.push(cost.costUsd);
  }
  return { usd: sumUsd(amounts), unknownCalls };
}

export function sumOfSpend(one: Spend, other: Spend): Spend {
  return { usd: sumUsd([one.usd, other.usd]), unknownCalls: one.unknownCalls + other.unknownCalls };
}

export const NOTHING: Spend = Object.freeze({ usd: 0, unknownCalls: 0 });
