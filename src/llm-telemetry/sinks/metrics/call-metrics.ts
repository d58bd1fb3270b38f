import { ValueType, type Attributes, type Histogram, type Meter } from '@opentelemetry/api';
import {
  countedAttempt,
  hasDuration,
  hasFailed,
  isOfModelOfCall,
  isUnpriced,
  isUsageMissing,
  knownCostOf,
  knownUsageOf,
  modelOfAttempt,
} from '../../calls/outcome.js';
import type { AttemptRecord, CallRecord } from '../../calls/record.js';
import { GEN_AI, LLM } from '../attributes.js';
import { METRIC_ATTRIBUTES, type MetricAttribute } from './metric-attributes.js';
import { AttributeSets, AttributeValues, SetLimit, withAttribute } from './attribute-sets.js';
import {
  DURATION,
  type Counter,
  type Counters,
  type Instrument,
  type Sum,
  type Values,
} from './instruments.js';

const COUNT = { valueType: ValueType.INT };

/** Counters `llm.*`. Dashboards and alerts depend on their names. */
const COUNTERS = {
  calls: { name: 'llm.calls', unit: '{call}', description: 'Completed calls.', ...COUNT },
  cost: { name: 'llm.cost', unit: 'USD', description: 'Cost of priced attempts.' },
  tokens: { name: 'llm.tokens', unit: '{token}', description: 'Tokens, by gen_ai.token.type.', ...COUNT },
  truncated: {
    name: 'llm.truncated',
    unit: '{call}',
    description: 'Calls with a response truncated by a token limit.',
    ...COUNT,
  },
  errors: { name: 'llm.errors', unit: '{call}', description: 'Failed calls.', ...COUNT },
  attempts: { name: 'llm.attempts', unit: '{attempt}', description: 'Requests to providers.', ...COUNT },
  unpriced: {
    name: 'llm.unpriced',
    unit: '{call}',
    description: 'Calls with usage but without a known price.',
    ...COUNT,
  },
  usageMissing: {
    name: 'llm.usage_missing',
    unit: '{call}',
    description: 'Answered calls without token usage.',
    ...COUNT,
  },
} satisfies Record<string, Instrument>;

const CALL_DURATION = 'llm.call.duration';
const TIME_TO_FIRST_TOKEN = 'llm.time_to_first_token';

/** Sums of one feature, operation, provider and model. Each sum is created at its first count. */
class CallSums {
  calls: Sum | null = null;
  cost: Sum | null = null;
  inputTokens: Sum | null = null;
  outputTokens: Sum | null = null;
  truncated: Sum | null = null;
  unpriced: Sum | null = null;
  usageMissing: Sum | null = null;
  readonly errors = new Map<string, Sum>();
  /** First attempts by error type; `null`: successful. */
  readonly attempts = new Map<string | null, Sum>();
  readonly retries = new Map<string | null, Sum>();

  constructor(
    readonly attributes: Attributes,
    /** Attributes of histogram values. */
    readonly histogramAttributes: Attributes,
  ) {}
}

/**
 * Metrics `llm.*`. Values of the whole call (duration, outcome) are counted once, under the model of the record. Tokens and
 * cost are counted per attempt under its own model, so that each of two models in one call has its own cost.
 */
export class CallMetrics {
  private readonly counters: Record<keyof typeof COUNTERS, Counter>;
  private readonly duration: Histogram;
  private readonly timeToFirstToken: Histogram;
  private readonly errorTypes = new AttributeValues();
  private readonly dimensions = [
    [LLM.FEATURE, new AttributeValues()],
    [LLM.OPERATION, new AttributeValues()],
    [GEN_AI.PROVIDER_NAME, new AttributeValues()],
    [GEN_AI.RESPONSE_MODEL, new AttributeValues()],
  ] as const;
  /** Limit of each histogram, shared by applications with and without `metricAttributes`. */
  private readonly limit = new SetLimit();
  private readonly sums = new AttributeSets(this.dimensions, (attributes) => this.sumsUnder(attributes));
  /** Sums of applications with `metricAttributes`. Attributes that are not enabled are omitted. */
  private readonly detailedSums = new AttributeSets(
    [
      ...this.dimensions,
      ...METRIC_ATTRIBUTES.map(([name]): [string, AttributeValues] => [name, new AttributeValues()]),
    ],
    (attributes) => this.sumsUnder(attributes),
  );

  constructor(
    meter: Meter,
    counters: Counters,
    private readonly values: Values,
  ) {
    this.counters = {
      calls: counters.make(COUNTERS.calls),
      cost: counters.make(COUNTERS.cost),
      tokens: counters.make(COUNTERS.tokens),
      truncated: counters.make(COUNTERS.truncated),
      errors: counters.make(COUNTERS.errors),
      attempts: counters.make(COUNTERS.attempts),
      unpriced: counters.make(COUNTERS.unpriced),
      usageMissing: counters.make(COUNTERS.usageMissing),
    };
    this.duration = meter.createHistogram(CALL_DURATION, {
      ...DURATION,
      description: 'From the start of a call to its last activity.',
    });
    this.timeToFirstToken = meter.createHistogram(TIME_TO_FIRST_TOKEN, {
      ...DURATION,
      description: 'From the start of a call to the first content of a stream.',
    });
  }

  /** Counts one call. `enabled`: the enabled `metricAttributes`. */
  record(record: CallRecord, enabled: ReadonlySet<MetricAttribute>): void {
    const { failure, attempts, timeToFirstTokenMs } = record;
    const sums = this.sumsOf(record, record.provider, record.model, enabled);
    this.countCall(sums, record);
    if (failure && hasFailed(record)) this.errorsOf(sums, failure.type).add(1);
    if (hasDuration(record))
      this.values.record(this.duration, record.durationMs / 1000, sums.histogramAttributes);
    if (timeToFirstTokenMs !== null)
      this.values.record(this.timeToFirstToken, timeToFirstTokenMs / 1000, sums.histogramAttributes);

    for (const attempt of attempts) {
      const own = this.sumsOfAttempt(attempt, record, sums, enabled);
      this.attemptsOf(own, attempt.isRetry, attempt.failure?.type ?? null).add(1);
      this.countUsage(own, attempt);
    }
    const unpriced = countedAttempt(record, isUnpriced);
    if (unpriced) {
      const own = this.sumsOfAttempt(unpriced, record, sums, enabled);
      (own.unpriced ??= this.counters.unpriced.sum(own.attributes)).add(1);
    }
    const usageMissing = countedAttempt(record, isUsageMissing);
    if (usageMissing) {
      const own = this.sumsOfAttempt(usageMissing, record, sums, enabled);
      (own.usageMissing ??= this.counters.usageMissing.sum(own.attributes)).add(1);
    }
  }

  private sumsUnder(attributes: Attributes): CallSums {
    return new CallSums(attributes, this.limit.admit(attributes));
  }

  /** Also creates sums that stay 0, because ratios need them. */
  private countCall(sums: CallSums, { truncated }: CallRecord): void {
    const { counters } = this;
    sums.calls ??= counters.calls.sum(sums.attributes);
    sums.truncated ??= counters.truncated.sum(sums.attributes);
    sums.unpriced ??= counters.unpriced.sum(sums.attributes);
    sums.usageMissing ??= counters.usageMissing.sum(sums.attributes);
    sums.calls.add(1);
    if (truncated) sums.truncated.add(1);
  }

  private sumsOf(
    record: CallRecord,
    provider: string | null,
    model: string | null,
    enabled: ReadonlySet<MetricAttribute>,
  ): CallSums {
    const values = [record.feature, record.operation, provider, model];
    if (enabled.size === 0) return this.sums.get(values);
    for (const [name, of] of METRIC_ATTRIBUTES) values.push(enabled.has(name) ? of(record) : null);
    return this.detailedSums.get(values);
  }

  private sumsOfAttempt(
    attempt: AttemptRecord,
    record: CallRecord,
    ofCall: CallSums,
    enabled: ReadonlySet<MetricAttribute>,
  ): CallSums {
    if (isOfModelOfCall(attempt, record)) return ofCall;
    return this.sumsOf(record, attempt.provider, modelOfAttempt(attempt), enabled);
  }

  /** An unknown cost is omitted, not counted as 0. */
  private countUsage(sums: CallSums, attempt: AttemptRecord): void {
    const usage = knownUsageOf(attempt);
    if (usage === null) return;
    const costUsd = knownCostOf(attempt);
    if (costUsd !== null) (sums.cost ??= this.counters.cost.sum(sums.attributes)).add(costUsd);
    (sums.inputTokens ??= this.tokensOf(sums, 'input')).add(usage.inputTokens);
    (sums.outputTokens ??= this.tokensOf(sums, 'output')).add(usage.outputTokens);
  }

  private tokensOf({ attributes }: CallSums, type: 'input' | 'output'): Sum {
    return this.counters.tokens.sum(withAttribute(attributes, GEN_AI.TOKEN_TYPE, type));
  }

  private errorsOf({ errors, attributes }: CallSums, failure: string): Sum {
    const type = this.errorTypes.admit(failure) as string;
    let sum = errors.get(type);
    if (!sum)
      errors.set(type, (sum = this.counters.errors.sum(withAttribute(attributes, LLM.ERROR_TYPE, type))));
    return sum;
  }

  private attemptsOf(sums: CallSums, isRetry: boolean, failure: string | null): Sum {
    const type = this.errorTypes.admit(failure) as string | null;
    const known = isRetry ? sums.retries : sums.attempts;
    let sum = known.get(type);
    if (!sum) {
      const attributes = withAttribute(sums.attributes, LLM.IS_RETRY, isRetry);
      sum = this.counters.attempts.sum(
        type === null ? attributes : withAttribute(attributes, LLM.ERROR_TYPE, type),
      );
      known.set(type, sum);
    }
    return sum;
  }
}
