/**
 * OpenTelemetry for this service, set up before anything else is loaded. All of it can be changed by the standard
 * `OTEL_*` variables: what is set here are defaults. With none of them, nothing is exported and nothing listens.
 *
 * - To a Collector, or a backend that speaks OTLP: `OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318`, and for gRPC
 *   `OTEL_EXPORTER_OTLP_PROTOCOL=grpc` with port 4317. Traces and metrics go there.
 * - For Prometheus to scrape: `OTEL_METRICS_EXPORTER=prometheus`, at `OTEL_EXPORTER_PROMETHEUS_HOST` and `…_PORT`
 *   (localhost:9464, path /metrics). `otlp,prometheus` does both.
 *
 * The NodeSDK reads these variables: given exporters, readers or a `serviceName` in code, it would leave them unread.
 */
import 'nestjs-llm-telemetry/register';
import { metrics } from '@opentelemetry/api';
import { getNodeAutoInstrumentations } from '@opentelemetry/auto-instrumentations-node';
import { AggregationType, type MeterProvider, type ViewOptions } from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { loadEnvFile } from './env-file.js';
import { sayProblemsOfTelemetry } from './telemetry-problems.js';

loadEnvFile();

const { env } = process;
// A variable that is empty is one that is not set, here as in OpenTelemetry.
env['OTEL_SERVICE_NAME'] ||= 'llm-example';
env['OTEL_RESOURCE_ATTRIBUTES'] ||= 'service.version=0.1.0';
env['OTEL_NODE_ENABLED_INSTRUMENTATIONS'] ||= 'http,undici';
// The other detectors look for the metadata servers of clouds.
env['OTEL_NODE_RESOURCE_DETECTORS'] ||= 'env,host,process';
// undici's instrumentation sends the trace's context: with the SDK's own a request would carry it twice.
env['ANTHROPIC_OPEN_TELEMETRY_PROPAGATION'] ||= 'false';

for (const signal of ['TRACES', 'METRICS', 'LOGS']) {
  const endpoint = env[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`] || env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  // Without an endpoint the exporters would try localhost, over and over.
  if (!endpoint) env[`OTEL_${signal}_EXPORTER`] ||= 'none';
}
// OpenTelemetry's own log, where it is asked for, says these and more.
if (!env['OTEL_LOG_LEVEL']) sayProblemsOfTelemetry();

/**
 * The library's histograms advise the SDK of their buckets, and need no view. Those of the HTTP instrumentations end at
 * 10 seconds, and a request that waits for a model can take longer.
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

/** How long the service's end may wait for a Collector, in milliseconds: what runs it kills it after 10 s or more. */
const STOP_MS = 5000;

/** Sends what is left of the telemetry, as far as it is taken in time. Never rejects. */
export async function stopTracing(): Promise<void> {
  const meters: Partial<MeterProvider> = metrics.getMeterProvider();
  // The SDK gives up on the metrics where the traces are not taken: they are sent for themselves.
  const sent = Promise.allSettled([meters.forceFlush?.(), sdk.shutdown()]);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, STOP_MS);
  });
  await Promise.race([sent, late]);
  clearTimeout(timer);
}
