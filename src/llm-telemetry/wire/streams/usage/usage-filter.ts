import { asArray, asObject, parseJson } from '../../json/json-value.js';

/**
 * Takes the usage that was asked for out of a stream of chat completions again: the extra chunk, and the `usage: null`
 * of all others. Everything else passes unchanged, each event as soon as its end has come, before which it cannot be
 * read either. Works on text; bytes are decoded as one character each.
 *
 * Source: OpenAI API reference, “Chat Completions”, `stream_options.include_usage`.
 */
export class UsageFilter {
  /** The beginning of an event whose end has not come. Only put together when it has: it can come a byte at a time. */
  private begun = '';
  /** Whether the current line has no characters so far. An event ends with an empty line. */
  private lineIsEmpty = true;
  /** Whether the last character was a carriage return, to which a line feed may belong. */
  private lastWasCr = false;
  private tookLast = false;
  private givenUp = false;

  /** Returns what is to be handed on now that `text` has come. Looks at each character once. */
  push(text: string): string {
    if (this.givenUp) return text;
    let kept = '';
    let at = 0;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      const joinsCr = code === LF && this.lastWasCr;
      this.lastWasCr = code === CR;
      if (joinsCr) {
        if (index > at || this.begun !== '') continue;
        // It belongs to the event that was handed on before it.
        if (!this.tookLast) kept += '\n';
        at = index + 1;
      } else if (code !== LF && code !== CR) this.lineIsEmpty = false;
      else if (!this.lineIsEmpty) this.lineIsEmpty = true;
      else {
        const passed = withoutUsage(this.begun + text.slice(at, index + 1));
        this.begun = '';
        this.tookLast = passed === null;
        kept += passed ?? '';
        at = index + 1;
      }
    }
    this.begun += text.slice(at);
    if (this.begun.length <= LARGEST_EVENT) return kept;
    this.givenUp = true;
    return kept + this.end();
  }

  /** Returns what is left when the stream is over, or broke. */
  end(): string {
    const rest = this.begun;
    this.begun = '';
    return rest;
  }
}

/** No chunk that says usage is nearly as large. A stream with a larger one passes as it is from there on. */
const LARGEST_EVENT = 1024 * 1024;
const LF = 0x0a;
const CR = 0x0d;

/** The event as it would have come; `null` where it would not have. */
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

/** Quotes inside of strings are escaped: this is a member's name, and where it stands once, the chunk's own. */
const NULL_USAGE = /"usage"\s*:\s*null/g;
const NULL_MEMBER = /,\s*"usage"\s*:\s*null|"usage"\s*:\s*null\s*,?\s*/;
