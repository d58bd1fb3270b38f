/** Returns the URL of a documentation page. */
export function docsUrl(page: string): string {
  return `https://github.com/nestjs-llm-telemetry/nestjs-llm-telemetry/blob/main/docs/${page}`;
}
