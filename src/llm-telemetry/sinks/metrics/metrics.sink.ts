import { metrics, type MeterProvider } from '@opentelemetry/api';
import type { CallRecord } from '../../calls/record.js';
import type { RecordSink } from '../../calls/record-sink.js';
import type { CallTrace } from '../../calls/tracer.js';
import { guard } from '../../wire/guard.js';
import { meterMetricsOf, type MeterMetrics } from './meter-metrics.js';
import type { MetricAttribute } from './metric-attributes.js';
import type { Semconv } from '../semconv.js';
import { contextOf } from '../spans/span.sink.js';

/**
 * Counts records in OpenTelemetry metrics, for the meter provider that is registered when the application starts, or
 * else for the first one that is registered later: the API has no proxy for meters as it has one for tracers. What is
 * recorded while there is none is not counted, and nothing is kept of it.
 */
export class MetricsSink implements RecordSink {
  private metrics: MeterMetrics | null = null;
  /** The provider that was last looked at. */
  private provider: MeterProvider | null = null;
  private closed = false;

  constructor(
    private readonly semconv: Semconv,
    private readonly attributes: ReadonlySet<MetricAttribute>,
  ) {
    guard('making metrics', () => this.connect());
  }

  record(record: CallRecord, trace: CallTrace): void {
    if (this.metrics === null) this.connect();
    this.metrics?.record(record, contextOf(trace), this.semconv, this.attributes);
  }

  flush(): void {
    this.metrics?.flush();
  }

  /** What still ends after this is counted, and read by the SDK once. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.metrics?.leave();
  }

  /** @throws whatever a provider throws; each provider is asked once. */
  private connect(): void {
    const provider = metrics.getMeterProvider();
    if (provider === this.provider) return;
    this.provider = provider;
    const found = meterMetricsOf(provider);
    if (found === null) return;
    found.join(this.semconv);
    if (this.closed) found.leave();
    this.metrics = found;
  }
}
