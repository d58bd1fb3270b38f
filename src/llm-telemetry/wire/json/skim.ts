/**
 * Nearly all events of a stream are one more piece of text, and say nothing that the last event does not sum up. Once
 * the first piece has been seen, a stretch of the stream is only searched for the landmarks of the others: a search runs
 * at the speed of memory, reading each event does not.
 */

/** How the events that are more than a piece of the answer are told from those that are not, without parsing them. */
export interface Landmarks {
  /** What the first piece has to look like; a server that writes its JSON otherwise is read event by event. */
  readonly piece: RegExp;
  /** What the data of such an event begins with. */
  readonly starts: readonly string[];
  /**
   * What stands somewhere in the data of such an event, with the flag `g`: one expression with alternatives is searched
   * for several times faster than as many strings.
   */
  readonly within: RegExp | null;
}

export interface Skimmed {
  /** Starts of the lines with a landmark, in their order. */
  readonly marked: readonly number[];
  /** How many lines of data there are without one. */
  readonly plainCount: number;
}

/**
 * Skims complete lines of server-sent events, decoded as Latin-1 (one character a byte). `null`: they are not written
 * as they usually are (one line of data an event, line feeds), and have to be read.
 */
export function skim(text: string, { starts, within }: Landmarks): Skimmed | null {
  if (text.includes('\r')) return null;
  const found = within ? linesWith(text, within) : [];
  if (!found.every((start) => text.startsWith(DATA, start))) return null;
  const marked: number[] = [];
  let events = 0;
  let next = 0;
  for (let at = firstData(text); at >= 0; at = nextData(text, at)) {
    events++;
    const isFound = found[next] === at;
    if (isFound) next++;
    if (isFound || beginsWithAny(text, dataStart(text, at), starts)) marked.push(at);
  }
  return { marked, plainCount: events - marked.length };
}

/** The data of all lines that are not `marked`, in their order. */
export function* plainData(text: string, { marked }: Skimmed): Generator<string> {
  const skipped = new Set(marked);
  for (let at = firstData(text); at >= 0; at = nextData(text, at)) {
    if (!skipped.has(at)) yield dataAt(text, at);
  }
}

/** The data of the line that starts at `lineStart`. */
export function dataAt(text: string, lineStart: number): string {
  const start = dataStart(text, lineStart);
  return Buffer.from(text.slice(start, endOfLine(text, start)), 'latin1').toString('utf8');
}

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

function beginsWithAny(text: string, at: number, starts: readonly string[]): boolean {
  for (const start of starts) if (text.startsWith(start, at)) return true;
  return false;
}

function firstData(text: string): number {
  return text.startsWith(DATA) ? 0 : nextData(text, 0);
}

/** The next line of data behind `at`; -1 where there is none. */
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
