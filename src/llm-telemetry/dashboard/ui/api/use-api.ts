import { useEffect, useReducer, useRef } from 'preact/hooks';
import { fetchApi, type ApiError } from './fetch-api.js';
import { subjectOf } from './api-path.js';

export interface ApiResult<T> {
  /** Latest response. Kept while the next request is pending, even if its subject differs. */
  readonly data: T | null;
  /** True if `data` is the response to another path: it must not be used to act on the requested one. */
  readonly stale: boolean;
  /** Error of the latest request. */
  readonly error: ApiError | null;
  readonly loading: boolean;
  readonly retry: () => void;
}

/**
 * Requests an endpoint, and again when the path or `round` changes. `null` requests nothing.
 */
export function useApi<T>(path: string | null, round = 0): ApiResult<T> {
  const [, render] = useReducer((count: number) => count + 1, 0);
  const [attempt, retry] = useReducer((count: number) => count + 1, 0);
  const known = useRef<Known<T> | null>(null);
  const request = `${path} ${round}`;

  useEffect(() => {
    if (path === null) return;
    let wanted = true;
    shared<T>(path).then(
      (data) => {
        if (!wanted) return;
        known.current = { path, data, error: null, of: request };
        render(undefined);
      },
      (error: ApiError) => {
        if (!wanted) return;
        const before = known.current;
        const data = before !== null && subjectOf(before.path) === subjectOf(path) ? before.data : null;
        known.current = { path, data, error, of: request };
        render(undefined);
      },
    );
    return () => {
      wanted = false;
    };
  }, [request, attempt]);

  return {
    data: known.current?.data ?? null,
    stale: known.current !== null && known.current.path !== path,
    error: known.current?.error ?? null,
    loading: path !== null && known.current?.of !== request,
    retry: () => retry(undefined),
  };
}

interface Known<T> {
  readonly path: string;
  readonly data: T | null;
  readonly error: ApiError | null;
  /** Identifies the request. */
  readonly of: string;
}

/** Returns the number of pending requests. */
export function pendingRequests(): number {
  return pending.size;
}

const pending = new Map<string, Promise<unknown>>();

/** Shares one request between components that request the same path at the same time. */
function shared<T>(path: string): Promise<T> {
  const there = pending.get(path) as Promise<T> | undefined;
  if (there) return there;
  const response = fetchApi<T>(path).finally(() => pending.delete(path));
  pending.set(path, response);
  return response;
}
