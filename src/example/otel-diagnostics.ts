import { diag, DiagLogLevel } from '@opentelemetry/api';

/**
 * Logs errors of OpenTelemetry to stderr, such as an unreachable Collector or a port that is in use. By default,
 * OpenTelemetry logs nothing.
 */
export function logOtelErrors(): void {
  const ignore = (): void => {};
  let last = '';
  diag.setLogger(
    {
      error: (...parts) => {
        const message = parts.map(messageOf).join(' ').slice(0, MAX_LENGTH);
        // A Collector that is down causes the same error at each export.
        if (message === last || message.startsWith(HARMLESS)) return;
        last = message;
        process.stderr.write(`OpenTelemetry: ${message}\n`);
      },
      warn: ignore,
      info: ignore,
      debug: ignore,
      verbose: ignore,
    },
    DiagLogLevel.ERROR,
  );
}

/** A Collector's response can be a page of HTML. */
const MAX_LENGTH = 300;

/** Logged at each scrape: the Prometheus exporter does not wait for the host id. */
const HARMLESS = 'Accessing resource attributes before async attributes settled';

/** Returns the message of an error without its stack. Exporters pass errors as JSON. */
function messageOf(problem: unknown): string {
  if (problem instanceof Error) return problem.message || problem.name;
  const text = String(problem);
  if (!text.startsWith('{')) return text;
  try {
    const { message, code, name } = JSON.parse(text) as Record<string, string | undefined>;
    return message || code || name || text;
  } catch {
    return text;
  }
}
