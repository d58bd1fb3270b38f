import { BUILT_IN_FORMATS } from '../formats/built-in-formats.js';
import type { WireFormat } from '../formats/format.js';
import { sharedWire } from './shared-wire.js';

/**
 * Registers a custom wire format for the whole process, to capture a provider with an unsupported API. Errors of the
 * format are caught and logged; the request is sent unchanged.
 *
 * @publicApi
 */
export function registerWireFormat(format: WireFormat): void {
  sharedWire.formats.push(format);
}

/** Returns the candidate format of a POST to this path (without query). Runs for every request of the process. */
export function formatOfPath(path: string): WireFormat | null {
  const builtIn = BY_LAST_CHARACTERS.get(lastCharacters(path));
  if (builtIn !== undefined) for (const format of builtIn) if (format.matches(path)) return format;
  for (const { text, formats } of WITH_IDS)
    if (path.includes(text)) for (const format of formats) if (format.matches(path)) return format;
  for (const format of sharedWire.formats) if (format.matches(path)) return format;
  return null;
}

/**
 * Returns the next candidate after a format that does not accept the body of a request: several APIs use the same path.
 */
export function formatAfter(format: WireFormat, path: string): WireFormat | null {
  const builtIn = BY_LAST_CHARACTERS.get(lastCharacters(path)) ?? [];
  const withIds = WITH_IDS.flatMap(({ formats }) => formats);
  const candidates = [...builtIn, ...withIds, ...sharedWire.formats];
  const next = candidates.slice(candidates.indexOf(format) + 1);
  return next.find((candidate) => candidate !== format && candidate.matches(path)) ?? null;
}

interface FormatsWithIds {
  /** Text that their paths contain. */
  readonly text: string;
  readonly formats: readonly WireFormat[];
}

/** Formats with paths that end with an id. */
const WITH_IDS: readonly FormatsWithIds[] = [...new Set(BUILT_IN_FORMATS.map(({ withinIds }) => withinIds))]
  .filter((text) => text !== undefined)
  .map((text) => ({ text, formats: BUILT_IN_FORMATS.filter(({ withinIds }) => withinIds === text) }));

/** Built-in formats by the last two characters of their paths. Rules out nearly all other requests with one lookup. */
const BY_LAST_CHARACTERS = new Map<number, WireFormat[]>();
for (const format of BUILT_IN_FORMATS) {
  for (const key of new Set(format.pathEndings.map(lastCharacters))) {
    const formats = BY_LAST_CHARACTERS.get(key);
    if (formats) formats.push(format);
    else BY_LAST_CHARACTERS.set(key, [format]);
  }
}

/** Returns the last two characters as a number. */
function lastCharacters(path: string): number {
  const { length } = path;
  return path.charCodeAt(length - 2) * 0x1_00_00 + path.charCodeAt(length - 1);
}
