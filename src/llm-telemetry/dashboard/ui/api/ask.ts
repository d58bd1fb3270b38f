import type { Problem } from '../../api/index.js';
import { ROOT } from '../state/root.js';

/** A question that was not answered. */
export class AskError extends Error {
  override readonly name = 'AskError';

  /** `status`: of the answer; `null`: there was none. */
  constructor(
    message: string,
    readonly status: number | null,
  ) {
    super(message);
  }
}

/** The address of an endpoint: `summary`, `calls.csv`, … */
export function apiUrl(question: string): string {
  return new URL(`api/${question}`, ROOT).href;
}

/** @throws AskError, whatever the reason */
export async function ask<T>(question: string): Promise<T> {
  let response: Response;
  try {
    response = await fetch(apiUrl(question), { headers: { accept: 'application/json' } });
  } catch {
    throw new AskError('The service does not answer.', null);
  }
  const body = (await response.json().catch(() => null)) as T | Problem | null;
  if (response.ok && body !== null) return body as T;
  // The session has ended: the page, asked for again, is the form that opens another.
  if (response.status === 401) location.reload();
  const message = (body as Problem | null)?.message;
  throw new AskError(message || `The service answered ${response.status}.`, response.status);
}
