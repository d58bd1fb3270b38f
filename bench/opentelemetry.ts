import { context, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { TracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace';

/**
 * Makes these the process's providers, in place of those before. An application keeps those that it found when it was
 * started: so each variant has its own, in one process.
 */
export function registerProviders(spans: SpanProcessor | null, withMetrics: boolean): void {
  context.setGlobalContextManager(contexts);
  trace.disable();
  metrics.disable();
  if (spans) trace.setGlobalTracerProvider(tracerProvider(spans));
  if (withMetrics) metrics.setGlobalMeterProvider(meterProvider());
}

const contexts = new AsyncLocalStorageContextManager().enable();

export function tracerProvider(processor: SpanProcessor): TracerProvider {
  return new TracerProvider({ spanProcessors: [processor] });
}

export function meterProvider(): MeterProvider {
  return new MeterProvider({ readers: [new UnreadMetrics()] });
}

/** Without a reader, a provider aggregates nothing. */
class UnreadMetrics extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}
