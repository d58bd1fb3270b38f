/**
 * Returns whether the error of a destroyed request says that the application aborted it or that its timeout expired:
 * `AbortSignal` of Node.js, axios (`ERR_CANCELED`, `ECONNABORTED`), got (`TimeoutError`, `ETIMEDOUT`).
 */
export function isAbandonment(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { name, code } = error as { name?: unknown; code?: unknown };
  return NAMES.has(name) || CODES.has(code);
}

const NAMES: ReadonlySet<unknown> = new Set(['AbortError', 'TimeoutError', 'CanceledError', 'CancelError']);
const CODES: ReadonlySet<unknown> = new Set([
  'ABORT_ERR',
  'ERR_ABORTED',
  'ERR_CANCELED',
  'ECONNABORTED',
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
]);

/** Returns the reason of the application's signal, which Node.js passes as the cause of its `AbortError`. */
export function abortReasonOf(error: unknown): unknown {
  const { name, cause } = (error ?? {}) as { name?: unknown; cause?: unknown };
  return name === 'AbortError' && cause !== undefined ? cause : error;
}
