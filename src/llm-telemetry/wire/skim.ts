/**
 * Nearly all events of a stream are one more piece of text, and say nothing that the last event does not sum up. Once
 * the first piece has been seen, a stretch of the stream is only searched for the landmarks of the others: a search runs
 * at the speed of memory, reading each event does not.
 */
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
export function skim(text: string, landmarks: readonly string[]): Skimmed | null {
  if (text.includes('\r')) return null;
  const marked = linesWith(text, landmarks);
  if (!marked.every((start) => text.startsWith(DATA, start))) return null;
  let events = 0;
  for (let at = firstData(text); at >= 0; at = nextData(text, at)) events++;
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
  const start = lineStart + DATA.length;
  const space = text.charCodeAt(start) === 0x20 ? 1 : 0;
  return Buffer.from(text.slice(start + space, endOfLine(text, start)), 'latin1').toString('utf8');
}

const DATA = 'data:';

function linesWith(text: string, landmarks: readonly string[]): number[] {
  const starts = new Set<number>();
  for (const landmark of landmarks) {
    for (let at = text.indexOf(landmark); at >= 0; at = text.indexOf(landmark, endOfLine(text, at))) {
      starts.add(text.lastIndexOf('\n', at) + 1);
    }
  }
  return [...starts].sort((a, b) => a - b);
}

function firstData(text: string): number {
  return text.startsWith(DATA) ? 0 : nextData(text, 0);
}

/** The next line of data behind `at`; -1 where there is none. */
function nextData(text: string, at: number): number {
  const found = text.indexOf('\ndata:', at);
  return found < 0 ? -1 : found + 1;
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}
