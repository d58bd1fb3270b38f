import { createNoopMeter, type Meter, type MetricOptions } from '@opentelemetry/api';
import { MeterMetrics } from '../../src/llm-telemetry/sinks/metrics/meter-metrics.js';
import { labelsOf } from './metric-labels.js';
import { prometheusName, type MetricKind, type Naming } from './naming.js';

/** A metric of the library, with its names in OpenTelemetry and Prometheus. */
export interface Metric {
  /** Name in OpenTelemetry. */
  readonly name: string;
  readonly kind: MetricKind;
  /** Unit in UCUM; empty without a unit. */
  readonly unit: string;
  readonly description: string;
  /** The `semconv` option that creates it, in addition to `both`; `null`: any. */
  readonly semconv: '1.41' | 'latest' | null;
  /** Label names in Prometheus. */
  readonly labels: readonly string[];
  /** Names in Prometheus. Histograms are without `_bucket`, `_sum` and `_count`. */
  readonly prometheus: Readonly<Record<Naming, string>>;
}

/** All metrics of the library. */
export const METRICS: readonly Metric[] = metricsOfTheLibrary();

/** Returns the Prometheus name of a metric. @throws Error if the metric does not exist */
export function metricName(name: string, naming: Naming): string {
  const metric = METRICS.find((metric) => metric.name === name);
  if (!metric) throw new Error(`Unknown metric "${name}".`);
  return metric.prometheus[naming];
}

/**
 * Returns the Prometheus name of the series of a metric. A colon separates the part of a histogram:
 * `llm.call.duration:bucket`.
 */
export function seriesName(metric: string, naming: Naming): string {
  const [name, part] = metric.split(':');
  const base = metricName(name!, naming);
  return part === undefined ? base : `${base}_${part}`;
}

/** Creates the metrics as an application does, with a meter that records the calls. */
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
