import { asArray, asObject, parseJson } from '../../json/json-value.js';

/**
 * Removes the effects of `include_usage` from a stream of chat completions: the extra chunk, and `usage: null` in all
 * other chunks. Everything else passes unchanged. Each event is returned as soon as it is complete, before which
 * clients cannot read it either. Works on text with one character per byte.
 *
 * Source: OpenAI API reference, “Chat Completions”, `stream_options.include_usage`.
 */
export class UsageFilter {
  /** The start of an incomplete event, which can arrive one byte at a time. */
  private incomplete = '';
  /** True if the current line is empty so far. An empty line ends an event. */
  private lineIsEmpty = true;
  /** True if the last character was a carriage return, which a line feed may follow. */
  private lastWasCr = false;
  private removedLast = false;
  private givenUp = false;

  /** Adds `text` and returns all complete events without usage. Scans each character once. */
  push(text: string): string {
    if (this.givenUp) return text;
    let kept = '';
    let at = 0;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      const joinsCr = code === LF && this.lastWasCr;
      this.lastWasCr = code === CR;
      if (joinsCr) {
        if (index > at || this.incomplete !== '') continue;
        // The line feed belongs to the previous event.
        if (!this.removedLast) kept += '\n';
        at = index + 1;
      } else if (code !== LF && code !== CR) this.lineIsEmpty = false;
      else if (!this.lineIsEmpty) this.lineIsEmpty = true;
      else {
        const passed = withoutUsage(this.incomplete + text.slice(at, index + 1));
        this.incomplete = '';
        this.removedLast = passed === null;
        kept += passed ?? '';
        at = index + 1;
      }
    }
    this.incomplete += text.slice(at);
    if (this.incomplete.length <= MAX_EVENT_LENGTH) return kept;
    this.givenUp = true;
    return kept + this.end();
  }

  /** Returns the incomplete event when the stream ends or fails. */
  end(): string {
    const rest = this.incomplete;
    this.incomplete = '';
    return rest;
  }
}

/** Characters. Chunks with usage are much smaller. After a larger event, the rest of the stream passes unfiltered. */
const MAX_EVENT_LENGTH = 1024 * 1024;
const LF = 0x0a;
const CR = 0x0d;

/** Returns the event without usage; `null` for the extra chunk. */
function withoutUsage(event: string): string | null {
  if (!event.includes('"usage"')) return event;
  const data = /(?:^|[\r\n])data:([^\r\n]*)/.exec(event)?.[1];
  const chunk = data === undefined ? null : asObject(parseJson(data));
  if (!chunk) return event;
  const { usage, choices } = chunk;
  if (asObject(usage) && Array.isArray(choices) && asArray(choices).length === 0) return null;
  if (usage !== null || event.match(NULL_USAGE)?.length !== 1) return event;
  return event.replace(NULL_MEMBER, '');
}

/** Quotes in strings are escaped, so this matches a member name; if it matches once, that of the chunk. */
const NULL_USAGE = /"usage"\s*:\s*null/g;
const NULL_MEMBER = /,\s*"usage"\s*:\s*null|"usage"\s*:\s*null\s*,?\s*/;
