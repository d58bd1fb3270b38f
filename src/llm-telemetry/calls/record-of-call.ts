import type { Exchange, ModelRequest } from '../wire/exchanges/exchange.js';
import { isTruncated, type FinishReason } from '../wire/finish-reason.js';
import {
  NO_COUNTS,
  NO_TOOLS,
  USAGE_PART_NAMES,
  type ToolUses,
  type Usage,
  type UsageCounts,
  type UsagePartName,
  type UsageSource,
} from '../wire/usage.js';
import type { Attempt } from './attempt.js';
import { failure, failureOfExchange, finishOfExchange } from './failure-of-exchange.js';
import type { Call } from './call.js';
import type { ContentCapture } from './content.js';
import type { Cost, KnownCost, PricedUsage, PriceMultiplier, Pricer } from './cost.js';
import { correctFailures, failureOfCall } from './failure-of-call.js';
import type { BilledUsage } from './ports.js';
import type { AttemptRecord, CallCost, CallRecord } from './record.js';
import { sumUsd } from '../units/usd.js';

/** Builds the record of an ended call. `errorStatuses`: finish reasons that count as failures. */
export function recordOfCall(
  call: Call,
  pricer: Pricer,
  content: ContentCapture | null,
  errorStatuses: ReadonlySet<FinishReason>,
): CallRecord {
  const drafts: AttemptRecord[] = [];
  for (const attempt of call.attempts)
    drafts.push(recordOfAttempt(attempt, drafts.at(-1) ?? null, pricer, content, call));
  const attempts = correctFailures(drafts, call, errorStatuses);
  const last = attempts.at(-1) ?? null;
  const answered = attempts.findLast((attempt) => attempt.usage !== null) ?? last;
  const finishReason = last?.finishReason ?? null;
  let providerTimeMs = 0;
  let waitingTimeMs = 0;
  for (const { durationMs, waitedMs, isRetry } of attempts) {
    providerTimeMs += durationMs;
    if (isRetry) waitingTimeMs += waitedMs;
  }

  return {
    feature: call.name.feature,
    operation: call.name.operation,
    retryIndex: call.retryIndex,
    isRetry: call.retryIndex > 0,
    startedAt: call.startedAtUnix,
    durationMs: call.lastActivityAt() - call.startedAt,
    providerTimeMs,
    waitingTimeMs,
    timeToFirstTokenMs: timeToFirstToken(attempts, call.startedAtUnix),
    trace: call.trace.ids,
    identity: call.request?.identity ?? {},
    route: call.request?.route ?? null,
    attributes: call.attributes,
    provider: answered?.provider ?? null,
    model: answered?.responseModel ?? answered?.requestModel ?? null,
    requestModel: answered?.requestModel ?? null,
    parameters: last?.parameters ?? null,
    usage: sumOfUsage(attempts),
    cost: attempts.length === 0 ? costWithoutAttempts(call) : sumOfCost(attempts),
    providerCostUsd: sumOfProviderCost(attempts),
    finishReason,
    truncated: isTruncated(finishReason),
    failure: failureOfCall(call, attempts, errorStatuses),
    budgetExceeded: call.budgetExceeded ? true : undefined,
    attempts,
  };
}

function timeToFirstToken(attempts: readonly AttemptRecord[], callStartedAt: number): number | null {
  for (const { startedAt, timeToFirstTokenMs } of attempts)
    if (timeToFirstTokenMs !== null) return startedAt - callStartedAt + timeToFirstTokenMs;
  return null;
}

function recordOfAttempt(
  attempt: Attempt,
  before: AttemptRecord | null,
  pricer: Pricer,
  content: ContentCapture | null,
  { startedAt: callStartedAt, startedAtUnix }: Call,
): AttemptRecord {
  const startedAt = startedAtUnix + (attempt.startedAt - callStartedAt);
  const waitedMs = before ? Math.max(0, startedAt - before.startedAt - before.durationMs) : 0;
  const waitAskedMs = before?.retryAfterMs ?? null;
  if (attempt.recorded !== null) {
    const { provider, model, usage, finishReason } = attempt.recorded;
    return {
      attempt: attempt.index,
      isRetry: attempt.isRetry,
      startedAt,
      waitedMs,
      waitAskedMs,
      operation: 'chat',
      provider,
      requestModel: model,
      responseModel: model,
      responseId: null,
      requestId: null,
      server: null,
      parameters: { model, stream: false },
      durationMs: attempt.lastActivityAt - attempt.startedAt,
      timeToFirstChunkMs: null,
      timeToFirstTokenMs: null,
      timePerOutputChunkMs: null,
      status: null,
      rateLimits: {},
      ending: 'finished',
      finishReason,
      providerFinishReasons: finishReason === null ? [] : [finishReason],
      failure: finishReason === 'content_filter' ? failure('content_filter') : null,
      usage,
      cost: costOf(pricer, { provider, model, usage, at: startedAt }),
      providerCostUsd: null,
      retryAfterMs: null,
      content: null,
      turns: undefined,
    };
  }

  const position = { attempt: attempt.index, isRetry: attempt.isRetry, startedAt, waitedMs, waitAskedMs };
  return recordOfExchange(attempt.exchange, position, pricer, content);
}

/** The place of an attempt within its call. */
type Position = Pick<AttemptRecord, 'attempt' | 'isRetry' | 'startedAt' | 'waitedMs' | 'waitAskedMs'>;

/** Builds the record of an ended exchange. */
export function recordOfExchange(
  exchange: Exchange,
  position: Position,
  pricer: Pricer,
  content: ContentCapture | null,
): AttemptRecord {
  const { request, response, head } = exchange;
  const usage = exchange.usage();
  const { attempt, isRetry, startedAt, waitedMs, waitAskedMs } = position;
  // Not `...position`: fields after a spread are added one by one, each with a change of the object's shape.
  return {
    attempt,
    isRetry,
    startedAt,
    waitedMs,
    waitAskedMs,
    operation: request.format.operation,
    provider: request.provider,
    requestModel: request.parameters.model,
    responseModel: response.model,
    responseId: response.id,
    requestId: head?.requestId ?? null,
    server: serverOf(request),
    parameters: request.parameters,
    durationMs: exchange.lastActivityAt - exchange.startedAt,
    timeToFirstChunkMs: exchange.eventStream ? timeUntil(exchange.firstChunkAt, exchange) : null,
    timeToFirstTokenMs: timeUntil(exchange.firstTokenAt, exchange),
    timePerOutputChunkMs: timePerOutputChunk(exchange),
    status: head?.status ?? null,
    rateLimits: head?.rateLimits ?? {},
    ending: exchange.ending ?? 'unread',
    finishReason: finishOfExchange(exchange),
    providerFinishReasons: response.finishReasons,
    failure: failureOfExchange(exchange),
    usage,
    cost: usage === null ? null : costOfExchange(exchange, usage, pricer, startedAt),
    providerCostUsd: exchange.providerCostUsd,
    retryAfterMs: head?.retryAfterMs ?? response.error?.retryAfterMs ?? null,
    content: content?.contentOf(exchange) ?? null,
    turns: response.turns ?? undefined,
  };
}

function serverOf({ host, port, place }: ModelRequest): AttemptRecord['server'] {
  if (host === null) return null;
  return place === null ? { address: host, port } : { address: host, port, place };
}

function timeUntil(at: number | null, exchange: Exchange): number | null {
  return at === null ? null : at - exchange.startedAt;
}

/** Returns the mean since the first content of a stream; `null` with fewer than two chunks. */
function timePerOutputChunk({ firstTokenAt, lastActivityAt, response }: Exchange): number | null {
  if (firstTokenAt === null || response.outputChunks < 2) return null;
  return (lastActivityAt - firstTokenAt) / (response.outputChunks - 1);
}

/** Returns the usage of an ended exchange and its cost; `null` if nothing can have been billed. */
export function billedUsageOf(exchange: Exchange, pricer: Pricer, startedAt: number): BilledUsage | null {
  const usage = exchange.usage();
  return usage === null ? null : { usage, cost: costOfExchange(exchange, usage, pricer, startedAt) };
}

/** If several models worked on one response, each part is priced by its model. */
function costOfExchange(exchange: Exchange, usage: Usage, pricer: Pricer, at: number): Cost {
  const { request, response } = exchange;
  const model = response.model ?? request.parameters.model;
  const parts = exchange.usageByModel();
  const { provider, place } = request;
  const { requestInputs } = response;
  if (parts === null) return costOf(pricer, { provider, model, usage, place, requestInputs, at });
  return sumOfParts(
    parts.map((part) =>
      costOf(pricer, { provider, model: part.model ?? model, usage: part.usage, place, at }),
    ),
  );
}

function sumOfParts(costs: readonly Cost[]): Cost {
  const known: KnownCost[] = [];
  for (const cost of costs) {
    if (cost.source === 'unknown') return cost;
    known.push(cost);
  }
  return {
    source: known.some(({ source }) => source === 'override') ? 'override' : 'table',
    costUsd: sumUsd(known.map(({ costUsd }) => costUsd)),
    lines: known.flatMap(({ lines, pricedAs }) => lines.map((line) => ({ ...line, pricedAs }))),
    pricedAs: [...new Set(known.map(({ pricedAs }) => pricedAs))].join(', '),
    pricedFrom: [...new Set(known.map(({ pricedFrom }) => pricedFrom))].join(', '),
    ...sumOfMultipliers(known),
  };
}

/** Different models can have different multipliers of one name: the factor tells them apart. */
function sumOfMultipliers(costs: readonly KnownCost[]): Pick<KnownCost, 'multipliers'> {
  const distinct = new Map<string, PriceMultiplier>();
  for (const { multipliers = [] } of costs)
    for (const multiplier of multipliers) distinct.set(`${multiplier.name} ${multiplier.factor}`, multiplier);
  return distinct.size === 0 ? {} : { multipliers: [...distinct.values()] };
}

type MaybeNamed = Omit<PricedUsage, 'model'> & { readonly model: string | null };

function costOf(pricer: Pricer, priced: MaybeNamed): Cost {
  if (priced.usage.source === 'missing')
    return { source: 'unknown', reason: 'the usage is not known', reasonCode: 'missing_usage' };
  return isNamed(priced)
    ? pricer.price(priced)
    : { source: 'unknown', reason: 'the model is not known', reasonCode: 'missing_model' };
}

function isNamed(priced: MaybeNamed): priced is PricedUsage {
  return priced.model !== null;
}

/** Returns the cost of a call: the sum over its attempts. */
export function sumOfCost(attempts: readonly AttemptRecord[]): CallCost {
  const amounts: number[] = [];
  let source: KnownCost['source'] | null = null;
  for (const { cost } of attempts) {
    if (cost === null) continue;
    if (cost.source === 'unknown') return UNKNOWN_COST;
    if (source !== 'override') source = cost.source;
    amounts.push(cost.costUsd);
  }
  return source === null ? NOT_BILLED : { source, costUsd: sumUsd(amounts) };
}

/** A call without a request is free only if the reason is known: otherwise its client may not have been captured. */
function costWithoutAttempts({ requestSeen, budgetExceeded, failure }: Call): CallCost {
  const refused = budgetExceeded && failure?.type === 'budget_exceeded';
  return requestSeen || refused ? NOT_BILLED : UNKNOWN_COST;
}

const UNKNOWN_COST: CallCost = Object.freeze({ source: 'unknown', costUsd: null });
const NOT_BILLED: CallCost = Object.freeze({ source: null, costUsd: 0 });

function sumOfProviderCost(attempts: readonly AttemptRecord[]): number | null {
  let amounts: number[] | null = null;
  for (const { providerCostUsd } of attempts)
    if (providerCostUsd !== null) (amounts ??= []).push(providerCostUsd);
  return amounts && sumUsd(amounts);
}

/** Sources from best to worst: a sum has the worst source of its parts. */
const SOURCES: readonly UsageSource[] = ['provider', 'estimated', 'missing'];

function sumOfUsage(attempts: readonly AttemptRecord[]): Usage | null {
  let sum: Usage | null = null;
  for (const { usage } of attempts) if (usage) sum = sum ? addUsage(sum, usage) : usage;
  return sum;
}

function addUsage(sum: Usage, usage: Usage): Usage {
  const counts: { -readonly [Name in UsagePartName]: number | null } = { ...NO_COUNTS };
  for (const part of USAGE_PART_NAMES) counts[part] = sumOfKnown(sum[part], usage[part]);
  return {
    ...(counts as UsageCounts),
    toolUses: sumOfToolUses(sum.toolUses, usage.toolUses),
    serviceTier: usage.serviceTier,
    speed: usage.speed,
    geo: usage.geo,
    clamped: sum.clamped || usage.clamped,
    derived: sum.derived || usage.derived,
    source: SOURCES[Math.max(SOURCES.indexOf(sum.source), SOURCES.indexOf(usage.source))]!,
  };
}

/** Returns `null` if one of the values is unknown. */
function sumOfKnown(some: number | null, others: number | null): number | null {
  return some === null || others === null ? null : some + others;
}

function sumOfToolUses(some: ToolUses, others: ToolUses): ToolUses {
  if (some === NO_TOOLS || others === NO_TOOLS) return some === NO_TOOLS ? others : some;
  const sum = new Map(Object.entries(some));
  for (const [tool, uses] of Object.entries(others)) sum.set(tool, (sum.get(tool) ?? 0) + uses);
  return Object.fromEntries(sum);
}
