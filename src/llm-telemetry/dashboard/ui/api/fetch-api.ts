import type { Problem } from '../../api/index.js';
import { alternatingInstances, noteAnswer } from './answering-instances.js';
import { ROOT } from '../state/navigation.js';

/** Failed request to the API. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  /** `status`: HTTP status; `null` without a response. */
  constructor(
    message: string,
    readonly status: number | null,
  ) {
    super(message);
  }
}

/** Returns the URL of an endpoint, such as `summary` or `calls.csv`. */
export function apiUrl(path: string): string {
  return new URL(`api/${path}`, ROOT).href;
}

/** Requests an endpoint. @throws ApiError for every failure */
export async function fetchApi<T>(path: string): Promise<T> {
  let response: Response;
  const instances = alternatingInstances();
  try {
    response = await fetch(apiUrl(path), {
      headers: {
        accept: 'application/json',
        ...(instances !== null && { 'llm-telemetry-instances': instances }),
      },
    });
  } catch {
    throw new ApiError('The service is not responding.', null);
  }
  noteAnswer(response.headers.get('llm-telemetry-instance'));
  const body = (await response.json().catch(() => null)) as T | Problem | null;
  if (response.ok && body !== null) return body as T;
  // The session expired: a reload shows the login form.
  if (response.status === 401) location.reload();
  const message = (body as Problem | null)?.message;
  throw new ApiError(message || `The service responded with status ${response.status}.`, response.status);
}
