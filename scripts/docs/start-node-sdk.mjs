/**
 * Starts OpenTelemetry's NodeSDK with the environment variables and prints its warnings and errors, if any. The
 * arguments are the names of the variables, each of which must occur in the packages of OpenTelemetry.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';

const problems = [];
const addProblem = (...words) => problems.push(words.join(' '));
diag.setLogger(
  { error: addProblem, warn: addProblem, info() {}, debug() {}, verbose() {} },
  DiagLogLevel.WARN,
);

const sources = readdirSync('node_modules/@opentelemetry', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.mjs'))
  .map((name) => readFileSync(`node_modules/@opentelemetry/${name}`, 'utf8'));
for (const name of process.argv.slice(2)) {
  // The sources build the names for a single signal from a template: OTEL_EXPORTER_OTLP_${signal}_HEADERS.
  const pattern = new RegExp(name.replace(/_(TRACES|METRICS|LOGS)_/, '_(?:$1|\\$\\{[^}]+\\})_'));
  if (!sources.some((source) => pattern.test(source))) addProblem(`${name} is unknown to OpenTelemetry.`);
}

const sdk = new NodeSDK();
sdk.start();
process.stdout.write(problems.join('\n'));
// Exits without a shutdown, so that nothing is sent to the endpoints, which are third-party servers.
process.exit(0);
