import type { Written } from './writing.js';

/** Where bytes are split on their way; each number is taken modulo what there is. */
export interface Splitting {
  /** Anywhere. */
  readonly anywhere: readonly number[];
  /** At the places where splitting hurts. */
  readonly within: readonly number[];
  /** A run of chunks of one byte each, from here. */
  readonly singles: number | null;
}

const LONGEST_RUN_OF_SINGLES = 12;

/** What a split falls into. */
export type SplitKind = 'a UTF-8 character' | 'a CRLF' | 'a JSON escape';

/** The chunks of `bytes`, each with a separate buffer, as they come from a network. */
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

/** What a split before the byte at `at` falls into; `null` where into nothing of interest. */
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

/** An even number of backslashes before it: it is not itself escaped. */
function opensEscape(bytes: Uint8Array, at: number): boolean {
  let before = 0;
  while (bytes[at - 1 - before] === BACKSLASH) before++;
  return before % 2 === 0;
}

/** The place where a body breaks: within an event, or right before or behind its data. */
export interface Cut {
  readonly event: number;
  readonly offset: number;
  /** The connection breaks, it is closed too early, or the application aborts. */
  readonly how: CutKind;
}

export type CutKind = 'error' | 'close' | 'abort';

export function cutAt({ parts }: Written, cut: Cut): { at: number; type: string } {
  const { type, start, dataEnd } = parts[cut.event % parts.length]!;
  return { type, at: start + (cut.offset % (dataEnd - start + 1)) };
}
