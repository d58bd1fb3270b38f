import { context, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { TracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace';

/**
 * Replaces the global OpenTelemetry providers. An application keeps the providers that are registered when it starts,
 * so each variant in this process has separate ones.
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

/** Reader that exports nothing: a provider without a reader does not aggregate. */
class UnreadMetrics extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}
