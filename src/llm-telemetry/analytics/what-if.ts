import type { Pricer } from '../calls/cost.js';
import { modelOfAttempt } from '../calls/outcome.js';
import type { AttemptRecord, CallRecord } from '../calls/record.js';
import { tableProviders } from '../pricing/genai-prices.provider.js';
import { canonicalName, isVersionOf } from '../pricing/model-name.js';
import type { CallStore } from '../store/call-store.js';
import type { CallFilter } from '../store/calls.js';
import type { TimeRange } from '../store/measures.js';
import { sumUsd, usdDifference, UsdSum } from '../units/usd.js';
import { NO_USAGE, type Usage } from '../wire/usage.js';
import type { WhatIf } from './responses.js';

/** Target model of a repricing, with the provider whose prices are used. */
export interface TargetModel {
  readonly provider: string;
  readonly model: string;
}

const ONE_TOKEN = { ...NO_USAGE, inputTokens: 1 };

/** Finds a model at the given provider, else at the first provider with a price for it; `null`: no price found. */
export function findTarget(
  pricer: Pricer,
  model: string,
  provider: string | undefined,
  now: number,
): TargetModel | null {
  const providers = provider === undefined ? tableProviders() : [provider];
  const found = providers.find(
    (candidate) =>
      pricer.price({ provider: candidate, model, usage: ONE_TOKEN, at: now }).source !== 'unknown',
  );
  return found === undefined ? null : { provider: found, model };
}

/** Maximum number of calls read in full: about a second of the store thread. */
const MAX_CALLS = 2000;
/** Maximum number of pages searched for billed calls. */
const MAX_PAGES = 5;
const PAGE = 1000;

/** Returns the latest billed calls of a range. */
export async function readBilledCalls(
  store: CallStore,
  range: TimeRange,
  where: CallFilter,
): Promise<readonly CallRecord[]> {
  const billed: CallRecord[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES && billed.length < MAX_CALLS; page++) {
    const { records, next } = await store.records({ range, where, limit: PAGE, cursor });
    for (const record of records) if (record.usage !== null) billed.push(record);
    if (next === null) break;
    cursor = next;
  }
  return billed.slice(0, MAX_CALLS);
}

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
function distanceTo(target: TargetModel, attempt: AttemptRecord): number {
  const model = modelOfAttempt(attempt) ?? '';
  if (isVersionOf(canonicalName(model), canonicalName(target.model))) return 0;
  return makerOf(attempt.provider, model) === makerOf(target.provider, target.model) ? 1 : 2;
}

/** Makers by model name, because Bedrock and Azure serve models of several makers. */
const MAKERS: ReadonlyArray<readonly [maker: string, name: RegExp]> = [
  ['anthropic', /claude/],
  ['openai', /^(?:ft:)?(?:gpt-|chatgpt-|o\d|text-embedding-|davinci|babbage)/],
  ['google', /gemini|gemma/],
  ['meta', /llama/],
  ['mistral', /mistral|mixtral|ministral|codestral|magistral/],
  ['deepseek', /deepseek/],
  ['alibaba', /qwen/],
  ['x_ai', /grok/],
  ['cohere', /^command/],
];

/** Returns the maker of a model, which determines its tokenizer; the provider if the maker is unknown. */
function makerOf(provider: string, model: string): string {
  const name = canonicalName(model);
  return MAKERS.find(([, pattern]) => pattern.test(name))?.[0] ?? provider;
}
