import { asArray, asObject, parseJson } from '../json-value.js';

/**
 * Takes the usage that was asked for out of a stream of chat completions again: the extra chunk, and the `usage: null`
 * of all others. Everything else passes byte for byte, each event as soon as its end has come, before which nobody can
 * read it either.
 *
 * Source: OpenAI API reference, “Chat Completions”, `stream_options.include_usage`.
 */
export class UsageFilter {
  /** The beginning of an event whose end has not come. */
  private begun: Buffer = EMPTY;
  /** Whether the last event ended with a carriage return, to which a line feed may belong. */
  private endedWithCr = false;
  private tookLast = false;
  private givenUp = false;

  /** What is to be handed on now that `bytes` have come; they are not kept. */
  push(bytes: Uint8Array): Uint8Array {
    if (this.givenUp) return bytes;
    const arrived = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const all = this.begun.length === 0 ? arrived : Buffer.concat([this.begun, arrived]);
    const kept: Buffer[] = [];
    let at = this.lineFeedOfLast(all, kept);
    for (let end = endOfEvent(all, at); end >= 0; end = endOfEvent(all, at)) {
      const event = all.subarray(at, end);
      const passed = withoutUsage(event);
      if (passed !== null) kept.push(passed);
      this.tookLast = passed === null;
      this.endedWithCr = event.at(-1) === CR;
      at = end;
    }
    // A copy: what was handed on is not ours any more.
    this.begun = Buffer.from(all.subarray(at));
    if (this.begun.length > LARGEST_EVENT) {
      kept.push(this.begun);
      this.begun = EMPTY;
      this.givenUp = true;
    }
    return join(kept);
  }

  /** What is left when the stream is over, or broke. */
  end(): Uint8Array {
    const rest = this.begun;
    this.begun = EMPTY;
    return rest;
  }

  private lineFeedOfLast(all: Buffer, kept: Buffer[]): number {
    if (!this.endedWithCr || all[0] !== LF) return 0;
    this.endedWithCr = false;
    if (!this.tookLast) kept.push(all.subarray(0, 1));
    return 1;
  }
}

const EMPTY: Buffer = Buffer.alloc(0);
/** No chunk that says usage is nearly as large. A stream with a larger one passes as it is from there on. */
const LARGEST_EVENT = 1024 * 1024;
const LF = 0x0a;
const CR = 0x0d;

/** Index behind the empty line that ends the event which begins at `from`; -1 where that has not come. */
function endOfEvent(bytes: Buffer, from: number): number {
  let lineStart = from;
  for (let index = from; index < bytes.length; index++) {
    const byte = bytes[index];
    if (byte !== LF && byte !== CR) continue;
    const isEmpty = index === lineStart;
    if (byte === CR && bytes[index + 1] === LF) index++;
    if (isEmpty) return index + 1;
    lineStart = index + 1;
  }
  return -1;
}

/** The event as it would have come; `null` where it would not have. */
function withoutUsage(event: Buffer): Buffer | null {
  if (!event.includes('"usage"')) return event;
  // One character a byte: what is not looked at stays what it was, whatever it is.
  const text = event.toString('latin1');
  const data = /(?:^|[\r\n])data:([^\r\n]*)/.exec(text)?.[1];
  const chunk = data === undefined ? null : asObject(parseJson(data));
  if (!chunk) return event;
  const { usage, choices } = chunk;
  if (asObject(usage) && Array.isArray(choices) && asArray(choices).length === 0) return null;
  if (usage !== null || text.match(NULL_USAGE)?.length !== 1) return event;
  return Buffer.from(text.replace(NULL_MEMBER, ''), 'latin1');
}

/** Quotes inside of strings are escaped: this is a member's name, and where it stands once, the chunk's own. */
const NULL_USAGE = /"usage"\s*:\s*null/g;
const NULL_MEMBER = /,\s*"usage"\s*:\s*null|"usage"\s*:\s*null\s*,?\s*/;

function join(parts: readonly Buffer[]): Uint8Array {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}
