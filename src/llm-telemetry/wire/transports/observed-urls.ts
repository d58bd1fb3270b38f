import { BATCH_COLLECTION, BATCH_ENDINGS } from '../batches/batch-routes.js';
import { loadAtStart } from '../exchanges/load-at-start.js';
import { sharedWire } from '../exchanges/shared-wire.js';

/**
 * Returns whether a URL, or a path, can be one of a format or of a batch API. Runs for every request of the process and
 * rules out nearly all requests to other services, as the only cost that these have.
 */
export function mayBeObserved(url: string): boolean {
  const query = url.indexOf('?');
  const end = query < 0 ? url.length : query;
  return ENDINGS.has(lastCharacters(url, end)) || mayEndWithId(url, end) || sharedWire.formats.length > 0;
}

/** Returns whether a path can end with an id, or is written in a way that only parsing it tells. */
function mayEndWithId(url: string, end: number): boolean {
  let slash = end - 1;
  // A loop, because searching a dozen characters takes less time than calling `lastIndexOf`.
  for (let code = url.charCodeAt(slash); code !== SLASH; code = url.charCodeAt(--slash))
    if (code === HASH || code === PERCENT || slash < end - MAX_ID_LENGTH) return true;
  if (slash === end - 1) return true;
  for (const text of WITHIN_IDS) if (url.includes(text)) return true;
  if (url.charCodeAt(slash - 1) !== LETTER_S) return false;
  for (const collection of COLLECTIONS) if (url.endsWith(collection, slash)) return true;
  return false;
}

const SLASH = 0x2f;
const HASH = 0x23;
const PERCENT = 0x25;
const LETTER_S = 0x73;
/** Characters. Longer last segments are left to the formats. */
const MAX_ID_LENGTH = 256;

/** Segments before an id. All end with `s`, as names of collections do. */
const COLLECTIONS = new Set([BATCH_COLLECTION]);

const WITHIN_IDS = new Set<string>();

/** The last characters of all paths that do not end with an id, as numbers. */
const ENDINGS = new Set(BATCH_ENDINGS.map((ending) => lastCharacters(ending, ending.length)));

loadAtStart(async () => {
  const { BUILT_IN_FORMATS } = await import('../formats/built-in-formats.js');
  for (const { beforeId, withinIds, pathEndings } of BUILT_IN_FORMATS) {
    if (beforeId !== undefined) COLLECTIONS.add(beforeId);
    if (withinIds !== undefined) WITHIN_IDS.add(withinIds);
    for (const ending of pathEndings) ENDINGS.add(lastCharacters(ending, ending.length));
  }
  return BUILT_IN_FORMATS;
});

/** Returns the three characters before `end` as a small number, the same for some characters beyond ASCII. */
function lastCharacters(text: string, end: number): number {
  return (
    ((text.charCodeAt(end - 3) & 0x7f) << 14) |
    ((text.charCodeAt(end - 2) & 0x7f) << 7) |
    (text.charCodeAt(end - 1) & 0x7f)
  );
}
