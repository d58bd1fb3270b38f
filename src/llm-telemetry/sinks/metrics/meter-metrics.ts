import { createNoopMeter, type Context, type Meter, type MeterProvider } from '@opentelemetry/api';
import type { AttemptRecord, CallRecord } from '../../calls/record.js';
import { GEN_AI, SERVER_ADDRESS, SERVER_PORT } from '../attributes.js';
import type { MetricAttribute } from './metric-attributes.js';
import type { Semconv } from '../semconv.js';
import { AttemptLimits, AttemptSeries } from './attempt-series.js';
import { AttributeSets } from './attribute-sets.js';
import { AttributeValues } from './attribute-values.js';
import { CallMetrics } from './call-metrics.js';
import { InferenceMetrics } from './inference-metrics.js';
import { OperationMetrics } from './operation-metrics.js';
import { Counters } from './sums.js';
import { Values } from './values.js';
import { WaitingRecords, type WaitingRecord } from './waiting-records.js';

const SCOPE = 'nestjs-llm-telemetry';

/**
 * All metrics that are told to one provider of meters, whatever the number of applications in the process: an SDK takes
 * two observations of one series for a counter that has been reset.
 */
export class MeterMetrics {
  private readonly waiting = new WaitingRecords((waiting) => this.count(waiting));
  private readonly values = new Values();
  private readonly counters: Counters;
  private readonly calls: CallMetrics;
  private readonly operations: OperationMetrics;
  private inferences: InferenceMetrics | null = null;
  private applications = 0;
  private readonly errorTypes = new AttributeValues();
  private readonly limits = new AttemptLimits();
  private readonly attempts = new AttributeSets(
    [
      [GEN_AI.OPERATION_NAME, new AttributeValues()],
      [GEN_AI.PROVIDER_NAME, new AttributeValues()],
      [GEN_AI.REQUEST_MODEL, new AttributeValues()],
      [GEN_AI.RESPONSE_MODEL, new AttributeValues()],
      [SERVER_ADDRESS, new AttributeValues()],
      [SERVER_PORT, new AttributeValues()],
    ],
    (attributes) => new AttemptSeries(attributes, this.errorTypes, this.limits),
  );

  constructor(private readonly meter: Meter) {
    this.counters = new Counters(meter, { before: () => this.flush(), after: () => this.wasRead() });
    this.calls = new CallMetrics(meter, this.counters, this.values);
    this.operations = new OperationMetrics(meter, this.values);
  }

  /** An application starts, and names its metrics so. */
  join(semconv: Semconv): void {
    if (semconv !== '1.41') {
      this.inferences ??= new InferenceMetrics(this.meter, this.counters, this.values);
    }
    this.applications++;
  }

  /**
   * An application stops. What it has counted stays: the counters are the process's. When none is left, the SDK reads
   * them once more, and no longer.
   */
  leave(): void {
    this.applications--;
    this.flush();
  }

  /** To be counted soon, in any case before the SDK reads. `context`: that of the call. */
  record(
    record: CallRecord,
    context: Context | undefined,
    semconv: Semconv,
    asked: ReadonlySet<MetricAttribute>,
  ): void {
    this.counters.start();
    this.waiting.add({ record, context, semconv, asked });
  }

  /** Counts what waits for it. Never throws. */
  flush(): void {
    this.waiting.flush();
  }

  private count({ record, context, semconv, asked }: WaitingRecord): void {
    this.values.context = context;
    try {
      this.calls.record(record, asked);
      for (const attempt of record.attempts) this.recordAttempt(attempt, semconv);
    } finally {
      this.values.context = undefined;
    }
  }

  /** Embeddings have kept the names of 1.41. */
  private recordAttempt(attempt: AttemptRecord, semconv: Semconv): void {
    const { operation, provider, requestModel, responseModel, server } = attempt;
    const series = this.attempts.get([
      operation,
      provider,
      requestModel,
      responseModel,
      server?.address ?? null,
      server?.port ?? null,
    ]);
    const isEmbedding = operation === 'embeddings';
    if (isEmbedding || semconv !== 'latest') this.operations.record(attempt, series);
    if (!isEmbedding && semconv !== '1.41') this.inferences?.record(attempt, series);
  }

  private wasRead(): void {
    // Not now: the SDK is going through its list of callbacks.
    queueMicrotask(() => {
      if (this.applications === 0) this.counters.stop();
    });
  }
}

/** Under a registered symbol: two copies of the library count together. */
const ofProviders: WeakMap<MeterProvider, MeterMetrics> = ((
  globalThis as unknown as Record<symbol, WeakMap<MeterProvider, MeterMetrics> | undefined>
)[Symbol.for('nestjs-llm-telemetry.metrics.v1')] ??= new WeakMap());

/** The metrics of a provider; `null` where it is the API's own, which keeps nothing. */
export function meterMetricsOf(provider: MeterProvider): MeterMetrics | null {
  const known = ofProviders.get(provider);
  if (known) return known;
  const meter = provider.getMeter(SCOPE);
  if (meter === createNoopMeter()) return null;
  const made = new MeterMetrics(meter);
  ofProviders.set(provider, made);
  return made;
}
