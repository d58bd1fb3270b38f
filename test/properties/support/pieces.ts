import type { Written } from './writing.js';

/** Positions at which bytes are split into chunks. Numbers are used modulo the number of positions. */
export interface Splitting {
  /** Anywhere. */
  readonly anywhere: readonly number[];
  /** Only within characters, line ends and escape sequences. */
  readonly within: readonly number[];
  /** Start of a run of one-byte chunks. */
  readonly singles: number | null;
}

const LONGEST_RUN_OF_SINGLES = 12;

/** Syntax that a split can divide. */
export type SplitKind = 'a UTF-8 character' | 'a CRLF' | 'a JSON escape';

/** Splits bytes into chunks with separate buffers, as they arrive from the network. */
export function split(bytes: Uint8Array, splitting: Splitting): Uint8Array<ArrayBuffer>[] {
  if (bytes.length === 0) return [];
  const ends = new Set<number>([bytes.length]);
  for (const at of splitting.anywhere) ends.add(at % bytes.length);
  if (splitting.within.length > 0) {
    const places = splitPlaces(bytes);
    if (places.length > 0) for (const at of splitting.within) ends.add(places[at % places.length]!);
  }
  if (splitting.singles !== null) {
    const from = splitting.singles % bytes.length;
    for (let at = from; at < Math.min(from + LONGEST_RUN_OF_SINGLES, bytes.length); at++) ends.add(at);
  }
  const sorted = [...ends].sort((one, other) => one - other);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let start = 0;
  for (const end of sorted) {
    if (end > start) chunks.push(Uint8Array.from(bytes.subarray(start, end)));
    start = end;
  }
  return chunks;
}

function splitPlaces(bytes: Uint8Array): number[] {
  const places: number[] = [];
  for (let at = 1; at < bytes.length; at++) if (splitKind(bytes, at) !== null) places.push(at);
  return places;
}

/** Returns the syntax that a split before the byte at `at` divides, or `null`. */
export function splitKind(bytes: Uint8Array, at: number): SplitKind | null {
  if ((bytes[at]! & 0xc0) === 0x80) return 'a UTF-8 character';
  if (bytes[at] === 0x0a && bytes[at - 1] === 0x0d) return 'a CRLF';
  for (let back = 1; back <= 5 && back <= at; back++) {
    if (bytes[at - back] !== BACKSLASH || !opensEscape(bytes, at - back)) continue;
    return back === 1 || bytes[at - back + 1] === LETTER_U ? 'a JSON escape' : null;
  }
  return null;
}

const BACKSLASH = 0x5c;
const LETTER_U = 0x75;

/** Returns whether the backslash is not itself escaped: the number of backslashes before it is even. */
function opensEscape(bytes: Uint8Array, at: number): boolean {
  let before = 0;
  while (bytes[at - 1 - before] === BACKSLASH) before++;
  return before % 2 === 0;
}

/** Position at which a body is cut: within an event, or directly before or after its data. */
export interface Cut {
  readonly event: number;
  readonly offset: number;
  /** The connection breaks, closes too early, or the application aborts. */
  readonly how: CutKind;
}

export type CutKind = 'error' | 'close' | 'abort';

export function cutAt({ parts }: Written, cut: Cut): { at: number; type: string } {
  const { type, start, dataEnd } = parts[cut.event % parts.length]!;
  return { type, at: start + (cut.offset % (dataEnd - start + 1)) };
}
