/**
 * OpenTelemetry for this service, set up before anything else is loaded. All of it can be changed by the standard
 * `OTEL_*` variables: what is set here are defaults.
 */
import 'nestjs-llm-telemetry/register';
import { getNodeAutoInstrumentations } from '@opentelemetry/auto-instrumentations-node';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { loadEnvFile } from './env-file.js';

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
  // Without an endpoint the exporters would try localhost, and print an error for each batch.
  if (!endpoint) env[`OTEL_${signal}_EXPORTER`] ||= 'none';
}

const sdk = new NodeSDK({ instrumentations: [getNodeAutoInstrumentations()] });
sdk.start();

/** Sends what is left of the telemetry. Never rejects. */
export async function stopTracing(): Promise<void> {
  await sdk.shutdown().catch(() => undefined);
}
