/** Normalized finish reasons. */
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
 * Normalized finish reason of a response; the provider's own value if it is not a known one.
 *
 * @publicApi
 */
export type FinishReason = KnownFinishReason | (string & {});

/** Finish reasons that set the span status to ERROR although no error was thrown. Default of `errorStatuses`. */
export const DEFAULT_ERROR_STATUSES: readonly FinishReason[] = [
  'length',
  'context_window',
  'content_filter',
  'error',
];

/** Returns whether a finish reason means that a token limit truncated the response. */
export function isTruncated(reason: FinishReason | null | undefined): boolean {
  return reason === 'length' || reason === 'context_window';
}
