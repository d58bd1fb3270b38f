import { diag, DiagLogLevel } from '@opentelemetry/api';

/**
 * Says on stderr what OpenTelemetry cannot do: a Collector that does not answer, a port that something else listens on.
 * It keeps that to itself otherwise, and the service runs on in either case.
 */
export function sayProblemsOfTelemetry(): void {
  const ignore = (): void => {};
  let last = '';
  diag.setLogger(
    {
      error: (...parts) => {
        const problem = parts.map(told).join(' ').slice(0, MAX_LENGTH);
        // A Collector that is down is so for a while.
        if (problem === last || problem.startsWith(NO_PROBLEM)) return;
        last = problem;
        process.stderr.write(`OpenTelemetry: ${problem}\n`);
      },
      warn: ignore,
      info: ignore,
      debug: ignore,
      verbose: ignore,
    },
    DiagLogLevel.ERROR,
  );
}

/** Of a Collector's answer, which can be a page of HTML, there is not much to learn. */
const MAX_LENGTH = 300;

/** At each scrape: the exporter for Prometheus does not wait for the host's id, and says so. */
const NO_PROBLEM = 'Accessing resource attributes before async attributes settled';

/** A problem without its stack. Exporters tell of errors as JSON. */
function told(problem: unknown): string {
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
