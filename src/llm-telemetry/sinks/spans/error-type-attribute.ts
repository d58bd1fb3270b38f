import type { Failure } from '../../calls/record.js';

/** Returns `error.type`: the normalized error type, or the name of the error class if that is `unknown`. */
export function errorTypeAttribute({ type, errorClass }: Failure): string {
  return type === 'unknown' ? errorClass : type;
}
