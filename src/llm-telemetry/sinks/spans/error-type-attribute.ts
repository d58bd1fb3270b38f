import type { Failure } from '../../calls/record.js';

/** `error.type`: our own word for the error, or the name of its class where we have none. */
export function errorTypeAttribute({ type, errorClass }: Failure): string {
  return type === 'unknown' ? errorClass : type;
}
