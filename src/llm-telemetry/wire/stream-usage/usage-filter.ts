import { asArray, asObject, parseJson } from '../json-value.js';

/**
 * Takes the usage that was asked for out of a stream of chat completions again: the extra chunk, and the `usage: null`
 * of all others. Everything else passes unchanged, each event as soon as its end has come, before which nobody can
 * read it either. Works on text; bytes are decoded as one character each.
 *
 * Source: OpenAI API reference, “Chat Completions”, `stream_options.include_usage`.
 */
export class UsageFilter {
  /** The beginning of an event whose end has not come. */
  private begun = '';
  /** Whether the last event ended with a carriage return, to which a line feed may belong. */
  private endedWithCr = false;
  private tookLast = false;
  private givenUp = false;

  /** Returns what is to be handed on now that `text` has come. */
  push(text: string): string {
    if (this.givenUp) return text;
    const all = this.begun + text;
    let at = 0;
    let kept = '';
    if (this.endedWithCr && all.charCodeAt(0) === LF) {
      this.endedWithCr = false;
      if (!this.tookLast) kept = '\n';
      at = 1;
    }
    for (let end = endOfEvent(all, at); end >= 0; end = endOfEvent(all, at)) {
      const passed = withoutUsage(all.slice(at, end));
      if (passed !== null) kept += passed;
      this.tookLast = passed === null;
      this.endedWithCr = all.charCodeAt(end - 1) === CR;
      at = end;
    }
    this.begun = all.slice(at);
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

/** Index behind the empty line that ends the event which begins at `from`; -1 where that has not come. */
function endOfEvent(text: string, from: number): number {
  let lineStart = from;
  for (let index = from; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code !== LF && code !== CR) continue;
    const isEmpty = index === lineStart;
    if (code === CR && text.charCodeAt(index + 1) === LF) index++;
    if (isEmpty) return index + 1;
    lineStart = index + 1;
  }
  return -1;
}

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
