import { createNoopMeter, type Context, type Meter, type MeterProvider } from '@opentelemetry/api';
import type { AttemptRecord, CallRecord } from '../../calls/record.js';
import { hasDuration } from '../../calls/outcome.js';
import { guard } from '../../wire/guard.js';
import { GEN_AI, SCOPE, SERVER_ADDRESS, SERVER_PORT, type Semconv } from '../attributes.js';
import { AttemptLimits, AttemptSeries, InferenceMetrics, OperationMetrics } from './attempt-metrics.js';
import { AttributeSets, AttributeValues } from './attribute-sets.js';
import { CallMetrics } from './call-metrics.js';
import { Counters, Values } from './instruments.js';
import type { MetricAttribute } from './metric-attributes.js';

/**
 * All metrics of one meter provider, shared by all applications in the process: an SDK interprets two observations of one
 * series as a counter reset.
 */
export class MeterMetrics {
  private readonly queue = new RecordQueue((queued) => this.count(queued));
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

  /** Registers an application with the names of its GenAI client metrics; `null` without them. */
  join(semconv: Semconv | null): void {
    if (semconv !== null && semconv !== '1.41') {
      this.inferences ??= new InferenceMetrics(this.meter, this.counters, this.values);
    }
    this.applications++;
  }

  /**
   * Unregisters an application. Its counts stay, because counters belong to the process. After the last application, the
   * SDK reads them once more.
   */
  leave(): void {
    this.applications--;
    this.flush();
  }

  /** Queues a record, which is counted before the SDK reads at the latest. `context`: the context of the call. */
  record(
    record: CallRecord,
    context: Context | undefined,
    semconv: Semconv | null,
    enabled: ReadonlySet<MetricAttribute>,
  ): void {
    this.counters.start();
    this.queue.add({ record, context, semconv, enabled });
  }

  /** Counts all queued records. Never throws. */
  flush(): void {
    this.queue.flush();
  }

  private count({ record, context, semconv, enabled }: QueuedRecord): void {
    this.values.context = context;
    try {
      this.calls.record(record, enabled);
      // The metrics of the conventions describe requests of a client: those of a batch were sent by the provider.
      if (semconv !== null && hasDuration(record))
        for (const attempt of record.attempts) this.recordAttempt(attempt, semconv);
    } finally {
      this.values.context = undefined;
    }
  }

  /** Metrics of embeddings keep their 1.41 names in the latest conventions. */
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
    // Deferred, because the SDK is iterating over its callbacks.
    queueMicrotask(() => {
      if (this.applications === 0) this.counters.stop();
    });
  }
}

/** Under a registered symbol, so that two copies of the library count together. */
const ofProviders: WeakMap<MeterProvider, MeterMetrics> = ((
  globalThis as unknown as Record<symbol, WeakMap<MeterProvider, MeterMetrics> | undefined>
)[Symbol.for('nestjs-llm-telemetry.metrics.v1')] ??= new WeakMap());

/** Returns the metrics of a meter provider; `null` for the no-op provider of the API. */
export function meterMetricsOf(provider: MeterProvider): MeterMetrics | null {
  const known = ofProviders.get(provider);
  if (known) return known;
  const meter = provider.getMeter(SCOPE);
  if (meter === createNoopMeter()) return null;
  const made = new MeterMetrics(meter);
  ofProviders.set(provider, made);
  return made;
}

/** Maximum number of queued records. More would be copied by minor garbage collections. */
export const MAX_QUEUED_RECORDS = 16;

/** Maximum time a record is queued. */
export const MAX_QUEUED_MS = 100;

/** A record to be counted, with the options of its application. */
export interface QueuedRecord {
  readonly record: CallRecord;
  /** Context of the call. */
  readonly context: Context | undefined;
  readonly semconv: Semconv | null;
  /** Enabled `metricAttributes`. */
  readonly enabled: ReadonlySet<MetricAttribute>;
}

/**
 * Queue of records to be counted in batches: when it is full, shortly after the first record, before the SDK reads (so that
 * exports are complete), or on `flush`. Most of the counting time is spent by the SDK on attribute keys, which is faster in
 * batches with warm processor caches.
 */
export class RecordQueue {
  private queued: QueuedRecord[] = [];
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly count: (queued: QueuedRecord) => void) {}

  add(record: QueuedRecord): void {
    // The timer keeps running when the queue is full, because starting one takes longer than counting a call.
    this.timer ??= setTimeout(this.flush, MAX_QUEUED_MS).unref();
    if (this.queued.push(record) >= MAX_QUEUED_RECORDS) this.countAll();
  }

  /** Counts all queued records. Never throws. */
  readonly flush = (): void => {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.countAll();
  };

  private countAll(): void {
    const { queued } = this;
    if (queued.length === 0) return;
    this.queued = [];
    for (const record of queued) guard('counting a call', () => this.count(record));
  }
}
