type OpenTelemetry = typeof import('@opentelemetry/api');

let loaded: OpenTelemetry | null = null;

/**
 * Loads the API of OpenTelemetry: 50 files, which an import of the library need not wait for. The start of an application
 * loads it.
 */
export async function loadOpenTelemetry(): Promise<OpenTelemetry> {
  return (loaded ??= await import('@opentelemetry/api'));
}

/** Returns the API of OpenTelemetry; `null` before an application starts. */
export function openTelemetry(): OpenTelemetry | null {
  return loaded;
}
