import type { Pricer } from '../../calls/cost.js';
import type { AttemptRecord, CallRecord } from '../../calls/record.js';
import { sumUsd, usdDifference, UsdSum } from '../../units/usd.js';
import { canonicalName, isVersionOf } from '../../pricing/model-name.js';
import type { Usage } from '../../wire/usage.js';
import type { WhatIf } from '../answers/what-if.js';
import { makerOf } from './model-maker.js';
import type { TargetModel } from './target-model.js';

/** Result of a repricing. */
export type Repriced = Pick<
  WhatIf,
  | 'repricedCalls'
  | 'spentUsd'
  | 'wouldBeUsd'
  | 'differenceUsd'
  | 'notRepriced'
  | 'estimatedCalls'
  | 'confidence'
>;

/** Computes the cost of billed calls on another model. */
export function reprice(records: readonly CallRecord[], target: TargetModel, pricer: Pricer): Repriced {
  const spent = new UsdSum();
  const wouldBe = new UsdSum();
  const reasons = new Map<string, number>();
  let repricedCalls = 0;
  let estimatedCalls = 0;
  let distance = 0;
  for (const record of records) {
    const billed = record.attempts.flatMap((attempt) =>
      attempt.usage === null ? [] : [{ ...attempt, usage: attempt.usage }],
    );
    const compared = compare(billed, target, pricer);
    if ('reason' in compared) {
      reasons.set(compared.reason, (reasons.get(compared.reason) ?? 0) + 1);
      continue;
    }
    repricedCalls++;
    if (billed.some(({ usage }) => usage.source === 'estimated')) estimatedCalls++;
    distance = Math.max(distance, ...billed.map((attempt) => distanceTo(target, attempt)));
    spent.add(compared.spentUsd);
    wouldBe.add(compared.wouldBeUsd);
  }
  return {
    repricedCalls,
    spentUsd: spent.usd,
    wouldBeUsd: wouldBe.usd,
    differenceUsd: usdDifference(wouldBe.usd, spent.usd),
    notRepriced: [...reasons]
      .map(([reason, calls]) => ({ reason, calls }))
      .sort((one, other) => other.calls - one.calls),
    estimatedCalls,
    confidence: repricedCalls === 0 ? 'low' : CONFIDENCE[distance]!,
  };
}

const CONFIDENCE = ['high', 'medium', 'low'] as const;

type BilledAttempt = AttemptRecord & { readonly usage: Usage };

function compare(
  billed: readonly BilledAttempt[],
  target: TargetModel,
  pricer: Pricer,
): { spentUsd: number; wouldBeUsd: number } | { reason: string } {
  const spent: number[] = [];
  const wouldBe: number[] = [];
  for (const { provider, usage, cost, startedAt } of billed) {
    if (usage.source === 'missing') return { reason: 'no usage' };
    if (cost === null || cost.source === 'unknown') return { reason: 'unknown cost' };
    if (provider !== target.provider && isInPlace(usage))
      return { reason: `no price for ${target.model} with inference in ${usage.geo}` };
    const repriced = pricer.price({ ...target, usage, at: startedAt });
    if (repriced.source === 'unknown') return { reason: repriced.reason };
    spent.push(cost.costUsd);
    wouldBe.push(repriced.costUsd);
  }
  return { spentUsd: sumUsd(spent), wouldBeUsd: sumUsd(wouldBe) };
}

/** Regional surcharges differ between providers. */
function isInPlace({ geo }: Usage): boolean {
  return geo !== null && geo !== 'global' && geo !== 'not_available';
}

/** Returns 0 for the target model, 1 for a model by the same maker, 2 for another maker. */
function distanceTo(target: TargetModel, { provider, responseModel, requestModel }: AttemptRecord): number {
  const model = responseModel ?? requestModel ?? '';
  if (isVersionOf(canonicalName(model), canonicalName(target.model))) return 0;
  return makerOf(provider, model) === makerOf(target.provider, target.model) ? 1 : 2;
}
