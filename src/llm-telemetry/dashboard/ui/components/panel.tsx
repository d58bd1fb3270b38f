import type { ComponentChildren } from 'preact';
import type { ApiResult } from '../api/use-api.js';
import { StateLabel } from './icons.js';

/** Card with a title, a finding and its data. An error affects only this card. */
export function Panel({
  span,
  title,
  finding,
  action,
  result,
  children,
}: {
  span: 3 | 4 | 5 | 7 | 12;
  title: string;
  /** One sentence that summarizes the data. */
  finding?: ComponentChildren;
  action?: ComponentChildren;
  /** Response that the card depends on; its error is shown in the card. Omitted: it works without a response. */
  result?: ApiResult<unknown>;
  children: ComponentChildren;
}) {
  const failed = result !== undefined && result.error !== null;
  return (
    <section class={`card panel span-${span}`} aria-label={title} aria-busy={result?.loading}>
      <div class="panel-head">
        <h2>{title}</h2>
        {failed && result.data !== null && (
          <StateLabel tone="warn" icon="clock">
            Not up to date
          </StateLabel>
        )}
        <span class="grow" />
        {action}
      </div>
      {failed && result.data === null ? (
        <Failed result={result} />
      ) : (
        <>
          {finding && <p class="panel-finding">{finding}</p>}
          {children}
        </>
      )}
    </section>
  );
}

export function Failed({ result }: { result: Pick<ApiResult<unknown>, 'error' | 'retry'> }) {
  return (
    <div class="failed" role="status">
      <p>{result.error?.message}</p>
      {/* A refused query stays refused. */}
      {result.error?.status !== 400 && (
        <button class="button" type="button" onClick={result.retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Placeholder in the size of the content. */
export function Skeleton({ width, height }: { width: string; height: number }) {
  return <span class="skeleton" style={{ width, height: `${height}px` }} aria-hidden="true" />;
}
