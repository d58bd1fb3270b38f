import type { Histogram, Meter } from '@opentelemetry/api';
import type { AttemptRecord } from '../../calls/record.js';
import type { AttemptSeries } from './attempt-series.js';
import { DURATION } from './buckets.js';
import type { Values } from './values.js';

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
