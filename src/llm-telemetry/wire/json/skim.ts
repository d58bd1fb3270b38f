/**
 * Skims a stream of server-sent events. Nearly all events are text deltas that the last event summarizes. After the
 * first delta, the stream is only searched for the landmarks of other events, because a search is much faster than
 * parsing each event.
 */

/** Distinguishes events that must be parsed from plain text deltas, without parsing them. */
export interface Landmarks {
  /** Pattern of the first delta. A server that formats its JSON differently is parsed event by event. */
  readonly piece: RegExp;
  /** Prefixes of the data of events that must be parsed. */
  readonly starts: readonly string[];
  /**
   * Pattern inside the data of events that must be parsed, with the flag `g`. Searching one expression with
   * alternatives is several times faster than searching each string, and twice as fast if they do not begin with the
   * quote of a key, of which each event has dozens.
   */
  readonly within: RegExp | null;
}

export interface Skimmed {
  /** Offsets of the lines with a landmark, in order. */
  readonly marked: readonly number[];
  /** Number of data lines without a landmark. */
  readonly plainCount: number;
}

/**
 * Skims complete lines of server-sent events, decoded as Latin-1 (one character per byte). Returns `null` if they must
 * be parsed instead, because they use carriage returns or several data lines per event, or name an event `error`.
 */
export function skim(text: string, { starts, within }: Landmarks): Skimmed | null {
  if (text.includes('\r')) return null;
  const found = within ? linesWith(text, within) : [];
  const marked: number[] = [];
  let events = 0;
  let next = 0;
  for (let at = 0; at < text.length; at = endOfLine(text, at) + 1) {
    const first = text.charCodeAt(at);
    if (first === LETTER_D && text.startsWith(DATA, at)) {
      events++;
      const isFound = found[next] === at;
      if (isFound) next++;
      if (isFound || beginsWithAny(text, dataStart(text, at), starts)) marked.push(at);
    } else if (first === LETTER_E && beginsWithAny(text, at, ERROR_LINES)) return null;
  }
  // A landmark outside of the data.
  if (next < found.length) return null;
  return { marked, plainCount: events - marked.length };
}

/** Yields the data of all lines that are not `marked`, in order. */
export function* plainData(text: string, { marked }: Skimmed): Generator<string> {
  const skipped = new Set(marked);
  for (let at = firstData(text); at >= 0; at = nextData(text, at)) {
    if (!skipped.has(at)) yield dataAt(text, at);
  }
}

/** Returns the data of the line that starts at `lineStart`. */
export function dataAt(text: string, lineStart: number): string {
  const start = dataStart(text, lineStart);
  return Buffer.from(text.slice(start, endOfLine(text, start)), 'latin1').toString('utf8');
}

/** Lines that name an event `error`. */
const ERROR_LINES: readonly string[] = ['event: error\n', 'event:error\n'];

const DATA = 'data:';

function linesWith(text: string, landmark: RegExp): number[] {
  const starts: number[] = [];
  landmark.lastIndex = 0;
  for (let found = landmark.exec(text); found; found = landmark.exec(text)) {
    starts.push(text.lastIndexOf('\n', found.index) + 1);
    landmark.lastIndex = endOfLine(text, found.index);
  }
  return starts;
}

/** Compares the last characters first, which is several times faster for lines that begin alike. */
function beginsWithAny(text: string, at: number, starts: readonly string[]): boolean {
  for (const start of starts) {
    const last = start.length - 1;
    if (text.charCodeAt(at + last) === start.charCodeAt(last) && text.startsWith(start, at)) return true;
  }
  return false;
}

function firstData(text: string): number {
  return text.startsWith(DATA) ? 0 : nextData(text, 0);
}

/** Returns the offset of the next data line after `at`; -1 if there is none. */
function nextData(text: string, at: number): number {
  const found = text.indexOf('\ndata:', at);
  return found < 0 ? -1 : found + 1;
}

function dataStart(text: string, lineStart: number): number {
  const start = lineStart + DATA.length;
  return text.charCodeAt(start) === SPACE ? start + 1 : start;
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

const SPACE = 0x20;
const LETTER_D = 0x64;
const LETTER_E = 0x65;
