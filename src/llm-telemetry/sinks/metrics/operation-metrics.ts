import type { Histogram, Meter } from '@opentelemetry/api';
import { knownUsageOf } from '../../calls/outcome.js';
import type { AttemptRecord } from '../../calls/record.js';
import { errorTypeOf } from '../spans/span-attributes.js';
import type { AttemptSeries } from './attempt-series.js';
import { StreamMetrics } from './stream-metrics.js';
import { DURATION, TOKENS } from './buckets.js';
import type { Values } from './values.js';

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
