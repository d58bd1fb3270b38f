/**
 * Sets up OpenTelemetry before other modules are loaded. The values set here are defaults of the standard `OTEL_*`
 * variables. Without any of these variables, nothing is exported.
 *
 * - OTLP, traces and metrics: `OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318`; for gRPC also
 *   `OTEL_EXPORTER_OTLP_PROTOCOL=grpc`, with port 4317.
 * - Prometheus: `OTEL_METRICS_EXPORTER=prometheus`, scraped at `OTEL_EXPORTER_PROMETHEUS_HOST` and `…_PORT`
 *   (localhost:9464, path /metrics). `otlp,prometheus` enables both.
 *
 * The NodeSDK reads these variables only if exporters, readers and `serviceName` are not set in code.
 */
import 'nestjs-llm-telemetry/register';
import { existsSync } from 'node:fs';
import { metrics } from '@opentelemetry/api';
import { getNodeAutoInstrumentations } from '@opentelemetry/auto-instrumentations-node';
import { AggregationType, type MeterProvider, type ViewOptions } from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { logOtelErrors } from './otel-diagnostics.js';

// Variables that are already set take precedence.
if (existsSync('.env')) process.loadEnvFile('.env');

const { env } = process;
// Empty variables count as not set, as in OpenTelemetry.
env['OTEL_SERVICE_NAME'] ||= 'llm-example';
env['OTEL_RESOURCE_ATTRIBUTES'] ||= 'service.version=0.1.0';
env['OTEL_NODE_ENABLED_INSTRUMENTATIONS'] ||= 'http,undici';
// The other detectors send requests to metadata servers of cloud providers.
env['OTEL_NODE_RESOURCE_DETECTORS'] ||= 'env,host,process';
// The undici instrumentation propagates the trace context. With the SDK's own, requests would carry it twice.
env['ANTHROPIC_OPEN_TELEMETRY_PROPAGATION'] ||= 'false';

for (const signal of ['TRACES', 'METRICS', 'LOGS']) {
  const endpoint = env[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`] || env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  // Without an endpoint, exporters would retry localhost forever.
  if (!endpoint) env[`OTEL_${signal}_EXPORTER`] ||= 'none';
}
// With OTEL_LOG_LEVEL, OpenTelemetry logs these errors itself.
if (!env['OTEL_LOG_LEVEL']) logOtelErrors();

/**
 * Bucket boundaries of HTTP durations, in seconds. The default ends at 10 s, but requests that wait for a model can take
 * longer. The library's histograms set their own boundaries.
 */
const DURATIONS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80];
const views = ['http.server.request.duration', 'http.client.request.duration'].map(
  (instrumentName): ViewOptions => ({
    instrumentName,
    aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: DURATIONS } },
  }),
);

const sdk = new NodeSDK({ instrumentations: [getNodeAutoInstrumentations()], views });
sdk.start();

/** Maximum wait for a Collector on shutdown, in milliseconds. Orchestrators kill a process after 10 s or more. */
const STOP_MS = 5000;

/** Flushes telemetry and stops the SDK, within `STOP_MS`. Never rejects. */
export async function stopTracing(): Promise<void> {
  const meters: Partial<MeterProvider> = metrics.getMeterProvider();
  // `shutdown` skips metrics if exporting traces fails, so metrics are flushed separately.
  const sent = Promise.allSettled([meters.forceFlush?.(), sdk.shutdown()]);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, STOP_MS);
  });
  await Promise.race([sent, late]);
  clearTimeout(timer);
}
