/**
 * Result of the annotated method. `value`: nothing more will be read. `stream`: a response whose body can still be read.
 * `thenable`: a lazy promise (the SDKs' `APIPromise`) that has not been awaited. `lazy`: a stream or an iterable that
 * does its work while it is consumed.
 */
export type SettledAs = 'value' | 'stream' | 'thenable' | 'lazy';

export interface Settlement {
  as: SettledAs;
  /** `performance.now()`. */
  readonly at: number;
}

/** Returns whether a lazy result can settle once more. */
export function mayFollow(before: SettledAs, next: SettledAs): boolean {
  return before === 'thenable' || (before === 'lazy' && next === 'value');
}
