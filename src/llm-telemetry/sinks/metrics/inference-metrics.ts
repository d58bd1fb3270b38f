import { ValueType, type Histogram, type Meter } from '@opentelemetry/api';
import type { AttemptRecord } from '../../call/record.js';
import type { Usage } from '../../wire/usage.js';
import { GEN_AI } from '../attributes.js';
import { errorTypeAttribute } from '../error-type-attribute.js';
import type { AttemptSeries } from './attempt-series.js';
import { withAttribute } from './attribute-sets.js';
import { DURATION, TOKENS } from './buckets.js';
import { StreamMetrics } from './stream-metrics.js';
import type { Counter, Counters, Sum } from './sums.js';
import type { WaitingValues } from './waiting-values.js';

/**
 * The GenAI client metrics as the latest conventions name them, for everything but embeddings. One value for each
 * attempt. Source: open-telemetry/semantic-conventions-genai, client-inference.md.
 */
export class InferenceMetrics {
  private readonly duration: Histogram;
  private readonly stream: StreamMetrics;
  private readonly inputTokens: Histogram;
  private readonly outputTokens: Histogram;
  private readonly inputUsage: Counter;
  private readonly outputUsage: Counter;

  constructor(
    meter: Meter,
    counters: Counters,
    private readonly waiting: WaitingValues,
  ) {
    this.duration = meter.createHistogram('gen_ai.client.inference.duration', {
      ...DURATION,
      description: 'Duration of GenAI inference operations.',
    });
    this.stream = new StreamMetrics(meter, waiting, 'gen_ai.client.inference');
    this.inputTokens = meter.createHistogram('gen_ai.client.inference.operation.input_tokens', {
      ...TOKENS,
      description: 'Input tokens of one operation.',
    });
    this.outputTokens = meter.createHistogram('gen_ai.client.inference.operation.output_tokens', {
      ...TOKENS,
      description: 'Output tokens of one operation.',
    });
    this.inputUsage = counters.make({
      name: 'gen_ai.client.inference.usage.input_tokens',
      ...TOKEN_COUNT,
      description: 'Input tokens used, cached ones included.',
    });
    this.outputUsage = counters.make({
      name: 'gen_ai.client.inference.usage.output_tokens',
      ...TOKEN_COUNT,
      description: 'Output tokens used, reasoning included.',
    });
  }

  record(attempt: AttemptRecord, series: AttemptSeries): void {
    const { waiting } = this;
    const { durationMs, failure, usage } = attempt;
    waiting.add(this.duration, durationMs / 1000, series.ended(failure && errorTypeAttribute(failure)));
    this.stream.record(attempt, series);
    if (usage === null || usage.source === 'missing') return;
    for (const { modality, input, output } of MODALITIES) {
      count(this.inputUsage, series.inputSums, series, modality, input(usage));
      count(this.outputUsage, series.outputSums, series, modality, output(usage));
    }
    // What failed counts as used, and would distort how much an operation takes.
    if (failure) return;
    waiting.add(this.inputTokens, usage.inputTokens, series.attributes);
    waiting.add(this.outputTokens, usage.outputTokens, series.attributes);
  }
}

const TOKEN_COUNT = { unit: '{token}', valueType: ValueType.INT };

/**
 * Which tokens are known to be of what modality. Providers tell of audio and mostly of images; what remains is text,
 * or an image that nobody told of.
 */
const MODALITIES: ReadonlyArray<{
  readonly modality: string;
  readonly input: (usage: Usage) => number;
  readonly output: (usage: Usage) => number;
}> = [
  { modality: 'audio', input: (usage) => usage.audioInputTokens, output: (usage) => usage.audioOutputTokens },
  { modality: 'image', input: (usage) => usage.imageInputTokens, output: (usage) => usage.imageOutputTokens },
  {
    modality: 'unknown',
    input: (usage) => usage.inputTokens - usage.audioInputTokens - usage.imageInputTokens,
    output: (usage) => usage.outputTokens - usage.audioOutputTokens - usage.imageOutputTokens,
  },
];

function count(
  counter: Counter,
  sums: Map<string, Sum>,
  { attributes }: AttemptSeries,
  modality: string,
  tokens: number,
): void {
  if (tokens === 0) return;
  let sum = sums.get(modality);
  if (!sum) {
    sum = counter.sum(withAttribute(attributes, GEN_AI.TOKEN_MODALITY, modality));
    sums.set(modality, sum);
  }
  sum.add(tokens);
}
