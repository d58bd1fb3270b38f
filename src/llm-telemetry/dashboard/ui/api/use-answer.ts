import { useEffect, useReducer, useRef } from 'preact/hooks';
import { ask, type AskError } from './ask.js';
import { subjectOf } from './questions.js';

export interface Answer<T> {
  /** The last one that came to this subject. While another is on its way it stays, of whatever subject it is. */
  readonly data: T | null;
  /** Why there is none, or none that is newer. */
  readonly error: AskError | null;
  readonly loading: boolean;
  readonly retry: () => void;
}

/**
 * Answers to a question, and to the next one once it changes. `null`: there is nothing to ask. `round`: the same question
 * is asked again when it changes.
 */
export function useAnswer<T>(question: string | null, round = 0): Answer<T> {
  const [, render] = useReducer((count: number) => count + 1, 0);
  const [attempt, retry] = useReducer((count: number) => count + 1, 0);
  const known = useRef<{ subject: string; data: T | null; error: AskError | null; of: string } | null>(null);
  const asked = `${question} ${round}`;

  useEffect(() => {
    if (question === null) return;
    let wanted = true;
    const subject = subjectOf(question);
    shared<T>(question).then(
      (data) => {
        if (!wanted) return;
        known.current = { subject, data, error: null, of: asked };
        render(undefined);
      },
      (error: AskError) => {
        if (!wanted) return;
        const data = known.current?.subject === subject ? known.current.data : null;
        known.current = { subject, data, error, of: asked };
        render(undefined);
      },
    );
    return () => {
      wanted = false;
    };
  }, [asked, attempt]);

  return {
    data: known.current?.data ?? null,
    error: known.current?.error ?? null,
    loading: question !== null && known.current?.of !== asked,
    retry: () => retry(undefined),
  };
}

/** How many questions are on their way. */
export function pendingAnswers(): number {
  return pending.size;
}

const pending = new Map<string, Promise<unknown>>();

/** Components that ask the same at the same time share the answer. */
function shared<T>(question: string): Promise<T> {
  const there = pending.get(question) as Promise<T> | undefined;
  if (there) return there;
  const answer = ask<T>(question).finally(() => pending.delete(question));
  pending.set(question, answer);
  return answer;
}
