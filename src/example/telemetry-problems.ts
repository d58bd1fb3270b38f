import { diag, DiagLogLevel } from '@opentelemetry/api';

/**
 * Says on stderr what OpenTelemetry cannot do: a Collector that does not answer, a port that something else listens on.
 * It keeps that to itself otherwise, and the service runs on in either case.
 */
export function sayProblemsOfTelemetry(): void {
  const ignore = (): void => {};
  diag.setLogger(
    {
      error: (...parts) => say(parts.map(told).join(' ')),
      warn: ignore,
      info: ignore,
      debug: ignore,
      verbose: ignore,
    },
    DiagLogLevel.ERROR,
  );
}

function say(problem: string): void {
  process.stderr.write(`OpenTelemetry: ${problem.slice(0, MAX_LENGTH)}\n`);
}

/** Of a Collector's answer, which can be a page of HTML, there is not much to learn. */
const MAX_LENGTH = 300;

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
