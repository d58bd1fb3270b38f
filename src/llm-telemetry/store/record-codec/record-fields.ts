import type { AttemptRecord, CallCost, CallRecord, Failure, RequestIdentity } from '../../calls/record.js';
import type { RequestParameters } from '../../wire/formats/format.js';
import { NO_TOOLS, USAGE_PART_NAMES, type Usage, type UsagePartName } from '../../wire/usage.js';
import { decodeAttributes, encodeAttributes } from './attribute-values.js';
import { decodeCost } from './stored-cost.js';
import { decodeFields, encodeFields, type FieldsOf, type Visitor } from './fields.js';

/*
 * Stored form of records, format 2. The order of visits defines the format: visit new fields last and never move a
 * field. Fields that usually have their default come last, because trailing defaults are not stored.
 */

/** Fields of the first version of format 2. */
const firstUsageFields = (at: Visitor, usage: Usage) => ({
  inputTokens: at.number(usage.inputTokens),
  outputTokens: at.number(usage.outputTokens),
  source: at.plain(usage.source, 'provider'),
  serviceTier: at.nullable(usage.serviceTier),
  cachedInputTokens: at.nullableOr(usage.cachedInputTokens, 0),
  reasoningTokens: at.nullableOr(usage.reasoningTokens, 0),
  cacheWriteTokens5m: at.number(usage.cacheWriteTokens5m),
  cacheWriteTokens1h: at.number(usage.cacheWriteTokens1h),
  cacheWriteTokens12h: at.number(usage.cacheWriteTokens12h),
  audioInputTokens: at.number(usage.audioInputTokens),
  imageInputTokens: at.number(usage.imageInputTokens),
  audioOutputTokens: at.number(usage.audioOutputTokens),
  imageOutputTokens: at.number(usage.imageOutputTokens),
  audioSeconds: at.number(usage.audioSeconds),
  webSearchRequests: at.number(usage.webSearchRequests),
  toolUses: at.map(usage.toolUses, NO_TOOLS),
  speed: at.nullable(usage.speed),
  geo: at.nullable(usage.geo),
  clamped: at.flag(usage.clamped),
});

type FirstUsageFields = ReturnType<typeof firstUsageFields>;
type LaterPart = Exclude<UsagePartName, keyof FirstUsageFields>;

const FIRST = decodeFields([], firstUsageFields as unknown as FieldsOf<FirstUsageFields>);
/** Usage parts that are newer than format 2: visited last, in the order of `USAGE_PARTS`. */
const LATER_PARTS = USAGE_PART_NAMES.filter((name): name is LaterPart => !(name in FIRST));

const usageFields: FieldsOf<Usage> = (at, usage) => {
  const fields: UsageFields = { ...firstUsageFields(at, usage), derived: at.flag(usage.derived) };
  for (const name of LATER_PARTS) fields[name] = at.nullableOr<number>(usage[name], 0) as never;
  return fields as Usage;
};

type UsageFields = FirstUsageFields & Pick<Usage, 'derived'> & { [Name in LaterPart]?: Usage[Name] | null };

const parameterFields: FieldsOf<RequestParameters> = (at, parameters) => ({
  model: at.nullable(parameters.model),
  stream: at.flag(parameters.stream),
  maxTokens: at.optional(parameters.maxTokens),
  temperature: at.optional(parameters.temperature),
  topP: at.optional(parameters.topP),
  topK: at.optional(parameters.topK),
  frequencyPenalty: at.optional(parameters.frequencyPenalty),
  presencePenalty: at.optional(parameters.presencePenalty),
  seed: at.optional(parameters.seed),
  choiceCount: at.optional(parameters.choiceCount),
  stopSequences: at.optional(parameters.stopSequences),
  serviceTier: at.optional(parameters.serviceTier),
  dimensions: at.optional(parameters.dimensions),
  reasoningEffort: at.optional(parameters.reasoningEffort),
  outputType: at.optional(parameters.outputType),
  previousResponseId: at.optional(parameters.previousResponseId),
  conversationId: at.optional(parameters.conversationId),
});

const serverFields: FieldsOf<NonNullable<AttemptRecord['server']>> = (at, server) => ({
  address: at.plain(server.address, ''),
  port: at.nullable(server.port),
  place: at.optional(server.place),
});

const failureFields: FieldsOf<Failure> = (at, failure) => ({
  type: at.plain(failure.type, 'unknown'),
  errorClass: at.plain(failure.errorClass, ''),
});

const NO_REASONS: readonly string[] = [];
const NO_LIMITS: AttemptRecord['rateLimits'] = {};
const NO_COST: CallCost = { source: null, costUsd: 0 };

const attemptFields: FieldsOf<AttemptRecord> = (at, attempt) => {
  const requestModel = at.nullable(attempt.requestModel);
  return {
    requestModel,
    responseModel: at.nullableOr(attempt.responseModel, requestModel),
    operation: at.plain(attempt.operation, 'chat'),
    provider: at.plain(attempt.provider, ''),
    startedAt: at.number(attempt.startedAt),
    durationMs: at.number(attempt.durationMs),
    responseId: at.nullable(attempt.responseId),
    requestId: at.nullable(attempt.requestId),
    server: at.nullableObject(attempt.server, serverFields),
    parameters: at.object(attempt.parameters, parameterFields),
    status: at.nullable(attempt.status),
    ending: at.plain(attempt.ending, 'finished'),
    finishReason: at.nullable(attempt.finishReason),
    providerFinishReasons: at.plain(attempt.providerFinishReasons, NO_REASONS),
    usage: at.nullableObject(attempt.usage, usageFields),
    // Costs and content are stored with field names, because their fields vary with pricing and capture.
    cost: at.coded(attempt.cost, (cost) => cost, decodeCost),
    rateLimits: at.map(attempt.rateLimits, NO_LIMITS),
    timeToFirstChunkMs: at.nullable(attempt.timeToFirstChunkMs),
    timeToFirstTokenMs: at.nullable(attempt.timeToFirstTokenMs),
    timePerOutputChunkMs: at.nullable(attempt.timePerOutputChunkMs),
    waitedMs: at.number(attempt.waitedMs),
    attempt: at.number(attempt.attempt),
    isRetry: at.flag(attempt.isRetry),
    waitAskedMs: at.nullable(attempt.waitAskedMs),
    failure: at.nullableObject(attempt.failure, failureFields),
    retryAfterMs: at.nullable(attempt.retryAfterMs),
    providerCostUsd: at.nullable(attempt.providerCostUsd),
    content: at.nullable(attempt.content),
    turns: at.optional(attempt.turns),
  };
};

const traceFields: FieldsOf<NonNullable<CallRecord['trace']>> = (at, trace) => ({
  traceId: at.plain(trace.traceId, ''),
  spanId: at.plain(trace.spanId, ''),
});

const identityFields: FieldsOf<RequestIdentity> = (at, identity) => ({
  userId: at.optional(identity.userId),
  tenantId: at.optional(identity.tenantId),
  sessionId: at.optional(identity.sessionId),
});

/**
 * Fields of the call that usually repeat a value of its attempts default to it and are then not stored: numbers with
 * many digits are the most expensive part of the text.
 */
const callFields: FieldsOf<CallRecord> = (at, record) => {
  const attempts = at.list(record.attempts, attemptFields);
  const last = attempts.at(-1);
  // Decoding starts from an object without values.
  const { cost = NO_COST } = record as Partial<CallRecord>;
  const priced = last?.cost;
  return {
    attempts,
    feature: at.plain(record.feature, ''),
    operation: at.plain(record.operation, ''),
    startedAt: at.number(record.startedAt),
    durationMs: at.number(record.durationMs),
    trace: at.nullableObject(record.trace, traceFields),
    route: at.nullable(record.route),
    identity: at.object(record.identity, identityFields),
    parameters: at.shared(record.parameters, attempts, parametersOf, parameterFields),
    usage: at.shared(record.usage, attempts, usageOf, usageFields),
    provider: at.nullableOr(record.provider, last?.provider ?? null),
    model: at.nullableOr(record.model, last?.responseModel ?? null),
    requestModel: at.nullableOr(record.requestModel, last?.requestModel ?? null),
    finishReason: at.nullableOr(record.finishReason, last?.finishReason ?? null),
    providerTimeMs: at.plain(record.providerTimeMs, providerTimeOf(attempts)),
    cost: {
      source: at.nullableOr(cost.source, priced?.source ?? null),
      costUsd: at.nullableOr(cost.costUsd, usdOf(priced)),
    } as CallCost,
    timeToFirstTokenMs: at.nullable(record.timeToFirstTokenMs),
    waitingTimeMs: at.number(record.waitingTimeMs),
    failure: at.nullableObject(record.failure, failureFields),
    truncated: at.flag(record.truncated),
    retryIndex: at.number(record.retryIndex),
    isRetry: at.flag(record.isRetry),
    providerCostUsd: at.nullable(record.providerCostUsd),
    attributes: at.coded(record.attributes, encodeAttributes, decodeAttributes),
    budgetExceeded: at.optional(record.budgetExceeded),
    batch: at.optional(record.batch),
  };
};

const parametersOf = ({ parameters }: AttemptRecord): RequestParameters => parameters;
const usageOf = ({ usage }: AttemptRecord): Usage | null => usage;

function usdOf(cost: AttemptRecord['cost'] | undefined): number | null {
  if (!cost) return 0;
  return cost.source === 'unknown' ? null : cost.costUsd;
}

function providerTimeOf(attempts: readonly AttemptRecord[]): number {
  let sum = 0;
  for (const { durationMs } of attempts) sum += durationMs;
  return sum;
}

/** Returns the values of a record in the order of format 2. */
export function encodeCall(record: CallRecord): unknown[] {
  return encodeFields(record, callFields);
}

/** Restores a record from its values in the order of format 2. */
export function decodeCall(values: readonly unknown[]): CallRecord {
  return decodeFields(values, callFields);
}
