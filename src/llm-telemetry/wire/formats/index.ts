import { chatCompletions } from './chat-completions.js';
import type { WireFormat } from './format.js';
import { messages } from './messages.js';

/** The wire formats that are understood. */
const formats: readonly WireFormat[] = [chatCompletions, messages];

/** The format that a POST to this path (no query) may be in. Every request of the process asks: keep it to one look. */
export function formatOfPath(path: string): WireFormat | null {
  // Each known path ends in `s`: nearly all other requests are through after this one comparison.
  if (path.charCodeAt(path.length - 1) !== 0x73) return null;
  for (const format of formats) if (format.matches(path)) return format;
  return null;
}
