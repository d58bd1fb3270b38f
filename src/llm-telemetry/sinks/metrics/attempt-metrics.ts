import { knownUsageOf } from '../../calls/outcome.js';
import { ValueType, type Attributes, type Histogram, type Meter } from '@opentelemetry/api';
import type { AttemptRecord } from '../../calls/record.js';
import {
  USAGE_ROWS,
  usageSums,
  usedParts,
  type Usage,
  type UsageRow,
  type UsedPart,
} from '../../wire/usage.js';
import { ERROR_TYPE, GEN_AI } from '../attributes.js';
import { errorTypeOf } from '../spans/span-attributes.js';
import { SetLimit, withAttribute, type AttributeValues } from './attribute-sets.js';
import { DURATION, TOKENS, type Counter, type Counters, type Sum, type Values } from './instruments.js';

/** GenAI client metrics of semantic conventions 1.41, one value per attempt. */
export class OperationMetrics {
  private readonly duration: Histogram;
  private readonly tokenUsage: Histogram;
  private readonly stream: StreamMetrics;

  constructor(
    meter: Meter,
    private readonly values: Values,
  ) {
    this.duration = meter.createHistogram('gen_ai.client.operation.duration', {
      ...DURATION,
      description: 'GenAI operation duration.',
    });
    this.tokenUsage = meter.createHistogram('gen_ai.client.token.usage', {
      ...TOKENS,
      description: 'Number of input and output tokens used.',
    });
    this.stream = new StreamMetrics(meter, values, 'gen_ai.client.operation');
  }

  record(attempt: AttemptRecord, series: AttemptSeries): void {
    const { values } = this;
    const { durationMs, failure } = attempt;
    values.record(this.duration, durationMs / 1000, series.ended(failure && errorTypeOf(failure)));
    this.stream.record(attempt, series);
    const usage = knownUsageOf(attempt);
    if (usage === null) return;
    values.record(this.tokenUsage, usage.inputTokens, series.input);
    values.record(this.tokenUsage, usage.outputTokens, series.output);
  }
}

/**
 * GenAI client metrics with the names of the latest conventions, for all operations except embeddings. One value per
 * attempt. Source: open-telemetry/semantic-conventions-genai, client-inference.md and gen-ai-token-metrics.md.
 */
export class InferenceMetrics {
  private readonly duration: Histogram;
  private readonly stream: StreamMetrics;
  private readonly inputTokens: Histogram;
  private readonly outputTokens: Histogram;
  private readonly usage: readonly Counter[];

  constructor(
    meter: Meter,
    counters: Counters,
    private readonly values: Values,
  ) {
    this.duration = meter.createHistogram('gen_ai.client.inference.duration', {
      ...DURATION,
      description: 'Duration of GenAI inference operations.',
    });
    this.stream = new StreamMetrics(meter, values, 'gen_ai.client.inference');
    this.inputTokens = meter.createHistogram('gen_ai.client.inference.operation.input_tokens', {
      ...TOKENS,
      description: 'Input tokens of one operation.',
    });
    this.outputTokens = meter.createHistogram('gen_ai.client.inference.operation.output_tokens', {
      ...TOKENS,
      description: 'Output tokens of one operation.',
    });
    this.usage = COUNTERS.map(({ name: { name, description } }) =>
      counters.make({
        name: `gen_ai.client.inference.usage.${name}`,
        unit: '{token}',
        valueType: ValueType.INT,
        description,
      }),
    );
  }

  record(attempt: AttemptRecord, series: AttemptSeries): void {
    const { values } = this;
    const { durationMs, failure } = attempt;
    values.record(this.duration, durationMs / 1000, series.ended(failure && errorTypeOf(failure)));
    this.stream.record(attempt, series);
    const usage = knownUsageOf(attempt);
    if (usage === null) return;
    this.countUsage(usage, series);
    // Usage of failed attempts is counted, but would distort the distribution per operation.
    if (failure) return;
    values.record(this.inputTokens, usage.inputTokens, series.attributes);
    values.record(this.outputTokens, usage.outputTokens, series.attributes);
  }

  private countUsage(usage: Usage, { attributes, usageSums }: AttemptSeries): void {
    const used = usedParts(usage);
    for (const { row, count } of used) {
      for (const { index, counter, modality } of SERIES[row.index]!) {
        const counted = row.kind === 'total' ? count - tokensOfKnownModality(row, used) : count;
        if (counted === 0) continue;
        usageSums[index] ??= this.usage[counter]!.sum(
          withAttribute(attributes, GEN_AI.TOKEN_MODALITY, modality),
        );
        usageSums[index].add(counted);
      }
    }
  }
}

function tokensOfKnownModality({ of }: UsageRow, used: readonly UsedPart[]): number {
  let tokens = 0;
  for (const { row, count } of used) if (row.of === of && row.modality !== undefined) tokens += count;
  return tokens;
}

/** Counters of usage totals and of some of their parts. */
const COUNTERS = usageSums(({ counter }) => counter);

interface UsageSeries {
  readonly index: number;
  /** Index in `COUNTERS`. */
  readonly counter: number;
  readonly modality: string;
}

/**
 * Series that each row of the table is counted in: its counter, and the counter of its total if its modality is known.
 * Providers report audio and usually images; the remainder of a total is text or unreported images.
 */
const SERIES = seriesOfRows();

function seriesOfRows(): ReadonlyArray<readonly UsageSeries[]> {
  const keys: string[] = [];
  const seriesOf = (row: UsageRow | undefined, modality = 'unknown'): UsageSeries[] => {
    const counter = COUNTERS.findIndex(({ name }) => name === row?.counter);
    if (counter < 0) return [];
    const key = `${counter} ${modality}`;
    if (!keys.includes(key)) keys.push(key);
    return [{ index: keys.indexOf(key), counter, modality }];
  };
  return USAGE_ROWS.map((row) => {
    const total = USAGE_ROWS.find(({ of, kind }) => of === row.of && kind === 'total');
    return [...seriesOf(row), ...(row.modality === undefined ? [] : seriesOf(total, row.modality))];
  });
}

/** Stream durations, which exist in both naming schemes. */
export class StreamMetrics {
  private readonly timeToFirstChunk: Histogram;
  private readonly timePerOutputChunk: Histogram;

  constructor(
    meter: Meter,
    private readonly values: Values,
    prefix: 'gen_ai.client.operation' | 'gen_ai.client.inference',
  ) {
    this.timeToFirstChunk = meter.createHistogram(`${prefix}.time_to_first_chunk`, {
      ...DURATION,
      description: 'Time to receive the first chunk of a stream.',
    });
    this.timePerOutputChunk = meter.createHistogram(`${prefix}.time_per_output_chunk`, {
      ...DURATION,
      description: 'Mean time between two chunks of a stream, once for each stream.',
    });
  }

  record({ timeToFirstChunkMs, timePerOutputChunkMs }: AttemptRecord, { attributes }: AttemptSeries): void {
    if (timeToFirstChunkMs !== null)
      this.values.record(this.timeToFirstChunk, timeToFirstChunkMs / 1000, attributes);
    if (timePerOutputChunkMs !== null)
      this.values.record(this.timePerOutputChunk, timePerOutputChunkMs / 1000, attributes);
  }
}

/** Cardinality limits of attempt metrics, by their additional attribute. */
export class AttemptLimits {
  readonly plain = new SetLimit();
  readonly byTokenType = new SetLimit();
  readonly byErrorType = new SetLimit();
}

/** Attribute sets of attempts with the same GenAI attributes. Each set is created once. */
export class AttemptSeries {
  /** Token sums of the latest conventions, by part of usage. */
  readonly usageSums: Array<Sum | undefined> = [];
  private readonly byErrorType = new Map<string, Attributes>();
  private successful: Attributes | null = null;
  private inputAttributes: Attributes | null = null;
  private outputAttributes: Attributes | null = null;

  /** Attributes of values without an additional attribute. */
  readonly attributes: Attributes;

  constructor(
    private readonly own: Attributes,
    private readonly errorTypes: AttributeValues,
    private readonly limits: AttemptLimits,
  ) {
    this.attributes = limits.plain.admit(own);
  }

  /** Attributes of input tokens, with `gen_ai.token.type`. */
  get input(): Attributes {
    return (this.inputAttributes ??= this.limits.byTokenType.admit(
      withAttribute(this.own, GEN_AI.TOKEN_TYPE, 'input'),
    ));
  }

  /** Attributes of output tokens, with `gen_ai.token.type`. */
  get output(): Attributes {
    return (this.outputAttributes ??= this.limits.byTokenType.admit(
      withAttribute(this.own, GEN_AI.TOKEN_TYPE, 'output'),
    ));
  }

  /** Returns the attributes of an attempt with an error type; `null`: successful. */
  ended(errorType: string | null): Attributes {
    if (errorType === null) return (this.successful ??= this.limits.byErrorType.admit(this.own));
    const type = this.errorTypes.admit(errorType) as string;
    let attributes = this.byErrorType.get(type);
    if (!attributes) {
      attributes = this.limits.byErrorType.admit(withAttribute(this.own, ERROR_TYPE, type));
      this.byErrorType.set(type, attributes);
    }
    return attributes;
  }
}
