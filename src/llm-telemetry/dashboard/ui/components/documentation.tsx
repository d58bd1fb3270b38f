const DOCS = 'https://github.com/nestjs-llm-telemetry/nestjs-llm-telemetry/blob/main/docs/';

/** Link to a page of the documentation, such as `budgets.md`. */
export function Documentation({ page }: { page: string }) {
  return (
    <a class="link" href={DOCS + page} target="_blank" rel="noreferrer">
      Documentation <span aria-hidden="true">↗</span>
    </a>
  );
}
