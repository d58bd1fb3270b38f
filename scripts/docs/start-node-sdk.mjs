/**
 * Starts OpenTelemetry's NodeSDK with the settings of the environment and prints its complaints, nothing if it has
 * none. Arguments: the names of the settings, each of which must occur in the packages of OpenTelemetry.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';

const complaints = [];
const complain = (...words) => complaints.push(words.join(' '));
diag.setLogger({ error: complain, warn: complain, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN);

const sources = readdirSync('node_modules/@opentelemetry', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.mjs'))
  .map((name) => readFileSync(`node_modules/@opentelemetry/${name}`, 'utf8'));
for (const name of process.argv.slice(2)) {
  // Names for one signal are composed: OTEL_EXPORTER_OTLP_${signal}_HEADERS.
  const pattern = new RegExp(name.replace(/_(TRACES|METRICS|LOGS)_/, '_(?:$1|\\$\\{[^}]+\\})_'));
  if (!sources.some((source) => pattern.test(source))) complain(`${name} is unknown to OpenTelemetry.`);
}

const sdk = new NodeSDK();
sdk.start();
process.stdout.write(complaints.join('\n'));
// Nothing is sent: the endpoints belong to others.
process.exit(0);
