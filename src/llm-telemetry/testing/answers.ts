import { summarizeOrder } from './answer-order.js';
import { triageTicket } from './answer-ticket.js';

export interface Prompt {
  readonly system: string;
  /** The last user message. */
  readonly user: string;
}

/**
 * Returns the text of the emulated model: a summary if asked to summarize an order, a triage if asked to classify a
 * ticket, otherwise a few sentences about the prompt. The same prompt always returns the same text.
 */
export function answerTo({ system, user }: Prompt): string {
  if (/summari[sz]e/i.test(system) && /order/i.test(system)) return summarizeOrder(user);
  const ticket = /"category"[\s\S]*"urgency"[\s\S]*?Ticket:\s*([\s\S]*)$/i.exec(user);
  if (ticket) return JSON.stringify(triageTicket(ticket[1]!));
  const words = user.split(/\s+/).filter(Boolean);
  const quote = words.slice(0, 12).join(' ');
  return (
    `Here is a short answer to “${quote}${words.length > 12 ? '…' : ''}”. ` +
    `It has ${words.length} words; the most important of them is “${longest(words)}”. ` +
    'Ask again with more detail and the answer will be more detailed as well.'
  );
}

function longest(words: readonly string[]): string {
  return words.reduce((best, word) => (word.length > best.length ? word : best), '');
}
