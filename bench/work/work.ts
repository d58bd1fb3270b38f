/** Calls the model. Returns a promise of the SDK, or of the text of the response. */
export type Work = () => PromiseLike<unknown>;

export const SYSTEM = 'You summarize orders.';
export const PROMPT =
  'Summarize for the customer: Order #10457, 2 x Espresso cups (porcelain), 1 x Coffee grinder.';

/** Returns text with quotes and line breaks, which JSON escapes. */
export function longText(length: number): string {
  return 'The customer wrote: "Where is my order?"\nWe answered on Monday. '
    .repeat(length / 60)
    .slice(0, length);
}
