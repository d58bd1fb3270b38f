import { createNoopMeter, type Meter, type MetricOptions } from '@opentelemetry/api';
import { MeterMetrics } from '../../src/llm-telemetry/sinks/metrics/meter-metrics.js';
import { labelsOf } from './metric-labels.js';
import { prometheusName, type MetricKind, type Naming } from './naming.js';

export interface Metric {
  /** In OpenTelemetry. */
  readonly name: string;
  readonly kind: MetricKind;
  /** As in UCUM; empty: none. */
  readonly unit: string;
  readonly description: string;
  /** The `semconv` that makes it, besides `both`; `null`: any. */
  readonly semconv: '1.41' | 'latest' | null;
  /** As Prometheus names them. */
  readonly labels: readonly string[];
  /** In Prometheus. Of a histogram, without `_bucket`, `_sum` and `_count`. */
  readonly prometheus: Readonly<Record<Naming, string>>;
}

/** Every metric that the library makes. */
export const METRICS: readonly Metric[] = metricsOfTheLibrary();

/** What a metric of ours is called in Prometheus. @throws Error where there is no such metric. */
export function metricName(name: string, naming: Naming): string {
  const metric = METRICS.find((metric) => metric.name === name);
  if (!metric) throw new Error(`There is no metric ${name}.`);
  return metric.prometheus[naming];
}

/** The library makes its metrics as in an application, with a meter that writes down what it is asked for. */
function metricsOfTheLibrary(): readonly Metric[] {
  const metrics: Metric[] = [];
  const noop = createNoopMeter();
  const meter: Meter = Object.assign(Object.create(noop) as Meter, {
    createHistogram(name: string, options?: MetricOptions) {
      metrics.push(metricOf(name, 'histogram', options));
      return noop.createHistogram(name, options);
    },
    createObservableCounter(name: string, options?: MetricOptions) {
      metrics.push(metricOf(name, 'counter', options));
      return noop.createObservableCounter(name, options);
    },
  });
  new MeterMetrics(meter).join('both');
  return metrics;
}

function metricOf(
  name: string,
  kind: MetricKind,
  { unit = '', description = '' }: MetricOptions = {},
): Metric {
  return {
    name,
    kind,
    unit,
    description,
    semconv: semconvOf(name),
    labels: labelsOf(name),
    prometheus: {
      scrape: prometheusName('scrape', name, kind, unit),
      otlp: prometheusName('otlp', name, kind, unit),
    },
  };
}

function semconvOf(name: string): Metric['semconv'] {
  if (name.startsWith('llm.')) return null;
  return name.startsWith('gen_ai.client.inference.') ? 'latest' : '1.41';
}
