/** The finish reasons that are told apart, whatever the provider calls them. */
export type KnownFinishReason =
  | 'stop'
  | 'length'
  | 'context_window'
  | 'tool_calls'
  | 'content_filter'
  | 'refusal'
  | 'paused'
  | 'error'
  | 'cancelled'
  | 'unread';

/**
 * How an answer ended: a known reason, or the provider's own word where it is not one of them.
 *
 * @publicApi
 */
export type FinishReason = KnownFinishReason | (string & {});

/** Finish reasons after which a span is an ERROR although nothing was thrown. Configurable as `errorStatuses`. */
export const DEFAULT_ERROR_STATUSES: readonly FinishReason[] = [
  'length',
  'context_window',
  'content_filter',
  'error',
];

/** True for the reasons that mean that the answer was cut off by a limit on tokens. */
export function isTruncated(reason: FinishReason | null | undefined): boolean {
  return reason === 'length' || reason === 'context_window';
}
