import { metrics, type MeterProvider } from '@opentelemetry/api';
import type { CallRecord } from '../../calls/record.js';
import type { CallTrace, RecordSink } from '../../calls/ports.js';
import { guard } from '../../wire/guard.js';
import { meterMetricsOf, type MeterMetrics } from './meter-metrics.js';
import type { MetricAttribute } from './metric-attributes.js';
import type { Semconv } from '../attributes.js';
import { contextOf } from '../spans/span.sink.js';

/**
 * Counts records in OpenTelemetry metrics of the meter provider that is registered when the application starts, or of the
 * first one registered later, because the API has no proxy for meters. Records before that are not counted.
 */
export class MetricsSink implements RecordSink {
  private metrics: MeterMetrics | null = null;
  /** Provider of the last connection attempt. */
  private provider: MeterProvider | null = null;
  private closed = false;

  constructor(
    /** Names of the metrics `gen_ai.client.*`; `null` without them. */
    private readonly semconv: Semconv | null,
    private readonly attributes: ReadonlySet<MetricAttribute>,
  ) {
    guard('creating metrics', () => this.connect());
  }

  record(record: CallRecord, trace: CallTrace): void {
    if (this.metrics === null) this.connect();
    this.metrics?.record(record, contextOf(trace), this.semconv, this.attributes);
  }

  flush(): void {
    this.metrics?.flush();
  }

  /** Calls that end after this are still counted, and read once by the SDK. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.metrics?.leave();
  }

  /** Connects once per provider. @throws errors of the provider */
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
