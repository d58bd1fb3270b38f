import type { Attributes } from '@opentelemetry/api';
import { DataPointType, type Histogram, type MetricData } from '@opentelemetry/sdk-metrics';
import { labelName } from '../../../deploy/generate/naming.js';
import type { GivenSeries } from './promtool.js';

/** Collects samples of metrics as a scrape does, as input for promtool. */
export class SampledMetrics {
  private readonly found = new Map<
    string,
    { metric: string; labels: Record<string, string>; values: Array<number | null> }
  >();
  private count = 0;

  constructor(
    /** Labels that a scrape adds. */
    private readonly target: Readonly<Record<string, string>>,
    private readonly everySeconds: number,
  ) {}

  /** Takes the next sample. */
  take(metrics: ReadonlyMap<string, MetricData>): void {
    for (const [name, metric] of metrics) {
      if (metric.dataPointType === DataPointType.HISTOGRAM) {
        for (const { attributes, value } of metric.dataPoints)
          this.addHistogram(name, attributes, value as Histogram);
      } else {
        for (const { attributes, value } of metric.dataPoints) this.add(name, attributes, value as number);
      }
    }
    this.count++;
  }

  series(): readonly GivenSeries[] {
    return [...this.found.values()].map(({ metric, labels, values }) => ({
      metric,
      labels,
      value: (minute) => values[Math.round((minute * 60) / this.everySeconds)] ?? null,
    }));
  }

  private addHistogram(name: string, attributes: Attributes, { buckets }: Histogram): void {
    let upTo = 0;
    for (const [index, count] of buckets.counts.entries()) {
      upTo += count;
      const boundary = buckets.boundaries[index];
      this.add(`${name}:bucket`, attributes, upTo, {
        le: boundary === undefined ? '+Inf' : String(boundary),
      });
    }
  }

  private add(
    metric: string,
    attributes: Attributes,
    value: number,
    more: Record<string, string> = {},
  ): void {
    const labels: Record<string, string> = { ...this.target, ...more };
    for (const [name, of] of Object.entries(attributes)) labels[labelName(name)] = String(of);
    const key = JSON.stringify([metric, labels]);
    let series = this.found.get(key);
    if (!series) this.found.set(key, (series = { metric, labels, values: [] }));
    series.values[this.count] = value;
  }
}
