import type { ComponentChildren } from 'preact';
import type { Answer } from '../api/use-answer.js';
import { StateLabel } from './state-label.js';

/** A card with one finding: its title, a sentence, and what shows it. It fails alone. */
export function Panel({
  span,
  title,
  finding,
  action,
  answer,
  children,
}: {
  span: 3 | 4 | 5 | 7 | 12;
  title: string;
  /** What is to be seen in it. */
  finding?: ComponentChildren;
  action?: ComponentChildren;
  /** What it is made from: it says so itself where that fails. */
  answer: Answer<unknown>;
  children: ComponentChildren;
}) {
  const failed = answer.error !== null;
  return (
    <section class={`card panel span-${span}`} aria-label={title} aria-busy={answer.loading}>
      <div class="panel-head">
        <h2>{title}</h2>
        {failed && answer.data !== null && (
          <StateLabel tone="warn" icon="clock">
            Not up to date
          </StateLabel>
        )}
        <span class="grow" />
        {action}
      </div>
      {failed && answer.data === null ? (
        <Failed answer={answer} />
      ) : (
        <>
          {finding && <p class="panel-finding">{finding}</p>}
          {children}
        </>
      )}
    </section>
  );
}

export function Failed({ answer }: { answer: Answer<unknown> }) {
  return (
    <div class="failed" role="status">
      <p>{answer.error?.message}</p>
      <button class="button" type="button" onClick={answer.retry}>
        Try again
      </button>
    </div>
  );
}
