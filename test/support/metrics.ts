import { metrics, type Attributes } from '@opentelemetry/api';
import {
  DataPointType,
  MeterProvider,
  MetricReader,
  type Histogram,
  type MetricData,
} from '@opentelemetry/sdk-metrics';

/** Reader that collects only when a test requests it. */
class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** Exported series. */
export interface Point {
  readonly attributes: Attributes;
  /** Value of a counter, or sum of a histogram. */
  readonly value: number;
  /** Number of values of a histogram; `null` for a counter. */
  readonly count: number | null;
}

/** OpenTelemetry SDK whose metrics a test reads on demand. Applications use the SDK registered at their start. */
export class CollectedMetrics {
  readonly reader = new Reader();
  readonly provider: MeterProvider;

  constructor(...more: MetricReader[]) {
    this.provider = new MeterProvider({ readers: [this.reader, ...more] });
  }

  /** Registers it globally in place of the previous one. */
  register(): this {
    metrics.disable();
    metrics.setGlobalMeterProvider(this.provider);
    return this;
  }

  /** Collects all metrics by name. */
  async all(): Promise<ReadonlyMap<string, MetricData>> {
    const { resourceMetrics, errors } = await this.reader.collect();
    if (errors.length > 0) throw errors[0];
    const data = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
    return new Map(data.map((metric) => [metric.descriptor.name, metric]));
  }

  /** Returns the series of a metric whose attributes include `attributes`. */
  async points(name: string, attributes: Attributes = {}): Promise<readonly Point[]> {
    const metric = (await this.all()).get(name);
    return metric ? pointsOf(metric).filter((point) => includes(point.attributes, attributes)) : [];
  }

  /** Returns the sum of the points; `null` without points, which differs from 0. */
  async sum(name: string, attributes: Attributes = {}): Promise<number | null> {
    const points = await this.points(name, attributes);
    return points.length === 0 ? null : points.reduce((sum, { value }) => sum + value, 0);
  }
}

function pointsOf(metric: MetricData): Point[] {
  if (metric.dataPointType === DataPointType.HISTOGRAM) {
    return metric.dataPoints.map(({ attributes, value }) => ({
      attributes,
      value: (value as Histogram).sum ?? 0,
      count: (value as Histogram).count,
    }));
  }
  return metric.dataPoints.map(({ attributes, value }) => ({
    attributes,
    value: value as number,
    count: null,
  }));
}

function includes(attributes: Attributes, wanted: Attributes): boolean {
  return Object.entries(wanted).every(([name, value]) => attributes[name] === value);
}
