import { ValueType, type Attributes, type Histogram, type Meter } from '@opentelemetry/api';
import type { AttemptRecord, CallRecord } from '../../calls/record.js';
import { GEN_AI, LLM } from '../attributes.js';
import { METRIC_ATTRIBUTES, type MetricAttribute } from './metric-attributes.js';
import { AttributeSets, withAttribute } from './attribute-sets.js';
import { AttributeValues } from './attribute-values.js';
import { DURATION } from './buckets.js';
import { SetLimit } from './set-limit.js';
import type { Counter, Counters, Instrument, Sum } from './sums.js';
import type { Values } from './values.js';

const COUNT = { valueType: ValueType.INT };

/** Our own counters: the contract with dashboards and alerts. */
const COUNTERS = {
  calls: { name: 'llm.calls', unit: '{call}', description: 'Calls that have ended.', ...COUNT },
  cost: { name: 'llm.cost', unit: 'USD', description: 'Cost of the attempts whose price is known.' },
  tokens: { name: 'llm.tokens', unit: '{token}', description: 'Tokens, by gen_ai.token.type.', ...COUNT },
  truncated: {
    name: 'llm.truncated',
    unit: '{call}',
    description: 'Calls whose answer was cut off by a token limit.',
    ...COUNT,
  },
  errors: { name: 'llm.errors', unit: '{call}', description: 'Calls that have failed.', ...COUNT },
  attempts: { name: 'llm.attempts', unit: '{attempt}', description: 'Requests to providers.', ...COUNT },
  unpriced: {
    name: 'llm.unpriced',
    unit: '{call}',
    description: 'Calls with a usage that has no known price.',
    ...COUNT,
  },
  usageMissing: {
    name: 'llm.usage_missing',
    unit: '{call}',
    description: 'Calls with an answer whose token usage is not known.',
    ...COUNT,
  },
} satisfies Record<string, Instrument>;

const CALL_DURATION = 'llm.call.duration';
const TIME_TO_FIRST_TOKEN = 'llm.time_to_first_token';

/** What is counted under one feature, operation, provider and model. A sum is made when there is something to count. */
class CallSums {
  calls: Sum | null = null;
  cost: Sum | null = null;
  inputTokens: Sum | null = null;
  outputTokens: Sum | null = null;
  truncated: Sum | null = null;
  unpriced: Sum | null = null;
  usageMissing: Sum | null = null;
  readonly errors = new Map<string, Sum>();
  /** By error type, `null` for those that went well. */
  readonly attempts = new Map<string | null, Sum>();
  readonly retries = new Map<string | null, Sum>();

  constructor(
    readonly attributes: Attributes,
    /** What values of the histograms are recorded under. */
    readonly measured: Attributes,
  ) {}
}

/**
 * The metrics `llm.*`. What a call is as a whole (its duration, its outcome) is counted once, under the model of the
 * record. What its attempts take (tokens, cost) is counted for each under the model that took it: of two models in one
 * call, each has its own bill.
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
  /** Of each of the histograms: of applications that ask for more attributes and of the others, all told. */
  private readonly limit = new SetLimit();
  private readonly sums = new AttributeSets(this.dimensions, (attributes) => this.sumsUnder(attributes));
  /** Of applications that ask for more attributes; those that they have not asked for are absent. */
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

  record(record: CallRecord, asked: ReadonlySet<MetricAttribute>): void {
    const { failure, attempts, timeToFirstTokenMs } = record;
    const sums = this.sumsOf(record, record.provider, record.model, asked);
    this.countCall(sums, record);
    if (failure && failure.type !== 'aborted') this.errorsOf(sums, failure.type).add(1);
    this.values.record(this.duration, record.durationMs / 1000, sums.measured);
    if (timeToFirstTokenMs !== null)
      this.values.record(this.timeToFirstToken, timeToFirstTokenMs / 1000, sums.measured);

    let unpriced: CallSums | null = null;
    let usageMissing: CallSums | null = null;
    for (const attempt of attempts) {
      const own = this.sumsOfAttempt(attempt, record, sums, asked);
      this.attemptsOf(own, attempt.isRetry, attempt.failure?.type ?? null).add(1);
      if (attempt.usage === null) continue;
      if (attempt.usage.source === 'missing') usageMissing ??= own;
      else if (attempt.cost?.source === 'unknown') unpriced ??= own;
      this.countUsage(own, attempt);
    }
    if (unpriced) (unpriced.unpriced ??= this.counters.unpriced.sum(unpriced.attributes)).add(1);
    if (usageMissing) {
      (usageMissing.usageMissing ??= this.counters.usageMissing.sum(usageMissing.attributes)).add(1);
    }
  }

  private sumsUnder(attributes: Attributes): CallSums {
    return new CallSums(attributes, this.limit.admit(attributes));
  }

  /** Where there are calls, that none of them was truncated is known as well: a ratio needs the 0. */
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
    asked: ReadonlySet<MetricAttribute>,
  ): CallSums {
    const values = [record.feature, record.operation, provider, model];
    if (asked.size === 0) return this.sums.get(values);
    for (const [name, of] of METRIC_ATTRIBUTES) values.push(asked.has(name) ? of(record) : null);
    return this.detailedSums.get(values);
  }

  private sumsOfAttempt(
    attempt: AttemptRecord,
    record: CallRecord,
    ofCall: CallSums,
    asked: ReadonlySet<MetricAttribute>,
  ): CallSums {
    const model = attempt.responseModel ?? attempt.requestModel;
    if (model === record.model && attempt.provider === record.provider) return ofCall;
    return this.sumsOf(record, attempt.provider, model, asked);
  }

  /** A cost that is not known is not 0: it is not there. */
  private countUsage(sums: CallSums, { usage, cost }: AttemptRecord): void {
    if (cost && cost.source !== 'unknown') {
      (sums.cost ??= this.counters.cost.sum(sums.attributes)).add(cost.costUsd);
    }
    if (!usage || usage.source === 'missing') return;
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
