import { ValueType, type Histogram, type Meter } from '@opentelemetry/api';
import type { AttemptRecord } from '../../calls/record.js';
import type { Usage } from '../../wire/usage.js';
import { GEN_AI } from '../attributes.js';
import { errorTypeAttribute } from '../spans/error-type-attribute.js';
import type { AttemptSeries } from './attempt-series.js';
import { withAttribute } from './attribute-sets.js';
import { DURATION, TOKENS } from './buckets.js';
import { StreamMetrics } from './stream-metrics.js';
import type { Counter, Counters } from './sums.js';
import type { Values } from './values.js';

/**
 * The GenAI client metrics as the latest conventions name them, for everything but embeddings. One value for each
 * attempt. Source: open-telemetry/semantic-conventions-genai, client-inference.md and gen-ai-token-metrics.md.
 */
export class InferenceMetrics {
  private readonly duration: Histogram;
  private readonly stream: StreamMetrics;
  private readonly inputTokens: Histogram;
  private readonly outputTokens: Histogram;
  private readonly usage: Record<keyof typeof USAGE, Counter>;

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
    const counter = (kind: keyof typeof USAGE): Counter =>
      counters.make({
        name: `gen_ai.client.inference.usage.${kind}`,
        unit: '{token}',
        valueType: ValueType.INT,
        description: USAGE[kind],
      });
    this.usage = {
      input_tokens: counter('input_tokens'),
      output_tokens: counter('output_tokens'),
      'cache_read.input_tokens': counter('cache_read.input_tokens'),
      'cache_write.input_tokens': counter('cache_write.input_tokens'),
      'reasoning.output_tokens': counter('reasoning.output_tokens'),
    };
  }

  record(attempt: AttemptRecord, series: AttemptSeries): void {
    const { values } = this;
    const { durationMs, failure, usage } = attempt;
    values.record(this.duration, durationMs / 1000, series.ended(failure && errorTypeAttribute(failure)));
    this.stream.record(attempt, series);
    if (usage === null || usage.source === 'missing') return;
    this.countUsage(usage, series);
    // What failed counts as used, and would distort how much an operation takes.
    if (failure) return;
    values.record(this.inputTokens, usage.inputTokens, series.attributes);
    values.record(this.outputTokens, usage.outputTokens, series.attributes);
  }

  private countUsage(usage: Usage, { attributes, usageSums }: AttemptSeries): void {
    for (const [index, { kind, modality, tokens }] of PARTS_OF_USAGE.entries()) {
      const count = tokens(usage);
      if (count === 0) continue;
      usageSums[index] ??= this.usage[kind].sum(withAttribute(attributes, GEN_AI.TOKEN_MODALITY, modality));
      usageSums[index].add(count);
    }
  }
}

/** The counters of usage. The last three count parts of the first two. */
const USAGE = {
  input_tokens: 'Input tokens used, cached ones included.',
  output_tokens: 'Output tokens used, reasoning included.',
  'cache_read.input_tokens': "Input tokens that came from the provider's cache.",
  'cache_write.input_tokens': "Input tokens that were written to the provider's cache.",
  'reasoning.output_tokens': 'Output tokens that were reasoning.',
};

/**
 * Which tokens are known to be of what modality. Providers tell of audio and mostly of images; what remains is text,
 * or an image that nobody told of.
 */
const PARTS_OF_USAGE: ReadonlyArray<{
  readonly kind: keyof typeof USAGE;
  readonly modality: 'audio' | 'image' | 'unknown';
  readonly tokens: (usage: Usage) => number;
}> = [
  { kind: 'input_tokens', modality: 'audio', tokens: (usage) => usage.audioInputTokens },
  { kind: 'input_tokens', modality: 'image', tokens: (usage) => usage.imageInputTokens },
  {
    kind: 'input_tokens',
    modality: 'unknown',
    tokens: (usage) => usage.inputTokens - usage.audioInputTokens - usage.imageInputTokens,
  },
  { kind: 'output_tokens', modality: 'audio', tokens: (usage) => usage.audioOutputTokens },
  { kind: 'output_tokens', modality: 'image', tokens: (usage) => usage.imageOutputTokens },
  {
    kind: 'output_tokens',
    modality: 'unknown',
    tokens: (usage) => usage.outputTokens - usage.audioOutputTokens - usage.imageOutputTokens,
  },
  { kind: 'cache_read.input_tokens', modality: 'unknown', tokens: (usage) => usage.cachedInputTokens ?? 0 },
  {
    kind: 'cache_write.input_tokens',
    modality: 'unknown',
    tokens: (usage) => usage.cacheWriteTokens5m + usage.cacheWriteTokens1h + usage.cacheWriteTokens12h,
  },
  { kind: 'reasoning.output_tokens', modality: 'unknown', tokens: (usage) => usage.reasoningTokens ?? 0 },
];
