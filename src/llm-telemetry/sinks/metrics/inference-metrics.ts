import { ValueType, type Histogram, type Meter } from '@opentelemetry/api';
import { knownUsageOf } from '../../calls/outcome.js';
import type { AttemptRecord } from '../../calls/record.js';
import {
  USAGE_ROWS,
  usageSums,
  usedParts,
  type Usage,
  type UsageRow,
  type UsedPart,
} from '../../wire/usage.js';
import { GEN_AI } from '../attributes.js';
import { errorTypeOf } from '../spans/span-attributes.js';
import type { AttemptSeries } from './attempt-series.js';
import { withAttribute } from './attribute-sets.js';
import { DURATION, TOKENS } from './buckets.js';
import { StreamMetrics } from './stream-metrics.js';
import type { Counter, Counters } from './sums.js';
import type { Values } from './values.js';

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
