/** The address of a page of the documentation. */
export function docsUrl(page: string): string {
  return `https://github.com/nestjs-llm-telemetry/nestjs-llm-telemetry/blob/main/docs/${page}`;
}
