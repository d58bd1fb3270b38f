import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace';
import type { SpanTemplate } from '../floor.js';

/**
 * Exporter that counts spans and keeps those of a verified call. All contestants that use OpenTelemetry export by the
 * batch processor with its defaults, as services do.
 */
export class CollectedSpans implements SpanExporter {
  readonly processor = new BatchSpanProcessor({ exporter: this });
  private count = 0;
  private kept: SpanTemplate[] | null = null;

  export(spans: ReadableSpan[], done: (result: { code: number }) => void): void {
    this.count += spans.length;
    this.kept?.push(...spans.map(({ name, kind, attributes }) => ({ name, kind, attributes })));
    done({ code: 0 });
  }

  /** Counts a span that was not created by OpenTelemetry. */
  readonly add = (attributes: Readonly<Record<string, unknown>>): void => {
    this.count++;
    this.kept?.push({ name: '', kind: 0, attributes: attributes as SpanTemplate['attributes'] });
  };

  /** Returns the spans of `work`. */
  async keep(work: () => Promise<unknown>): Promise<readonly SpanTemplate[]> {
    await this.processor.forceFlush();
    const kept: SpanTemplate[] = (this.kept = []);
    await work();
    await this.processor.forceFlush();
    this.kept = null;
    return kept;
  }

  /** Returns the number of spans since the last call of this method. */
  async takeCount(): Promise<number> {
    await this.processor.forceFlush();
    const { count } = this;
    this.count = 0;
    return count;
  }

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}
