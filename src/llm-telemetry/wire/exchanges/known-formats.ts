import type { WireFormat } from '../formats/format.js';
import { loadAtStart } from './load-at-start.js';
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

/** Returns the candidate format of a POST to this path (without query). */
export function formatOfPath(path: string): WireFormat | null {
  for (const format of candidatesOf(path)) if (format.matches(path)) return format;
  return null;
}

/**
 * Returns the next candidate after a format that does not accept the body of a request: several APIs use the same path.
 */
export function formatAfter(format: WireFormat, path: string): WireFormat | null {
  const candidates = candidatesOf(path);
  const next = candidates.slice(candidates.indexOf(format) + 1);
  return next.find((candidate) => candidate !== format && candidate.matches(path)) ?? null;
}

function candidatesOf(path: string): readonly WireFormat[] {
  const builtIn = BY_LAST_CHARACTERS.get(lastCharacters(path)) ?? WITH_IDS;
  return sharedWire.formats.length === 0 ? builtIn : [...builtIn, ...sharedWire.formats];
}

/** Formats with paths that end with an id, which may end with any characters. Tried last. */
const WITH_IDS: WireFormat[] = [];

/** Built-in formats by the last two characters of their paths, followed by those with ids. */
const BY_LAST_CHARACTERS = new Map<number, readonly WireFormat[]>();

loadAtStart(async () => {
  const { BUILT_IN_FORMATS } = await import('../formats/built-in-formats.js');
  if (BY_LAST_CHARACTERS.size > 0) return BUILT_IN_FORMATS;
  const withIds = BUILT_IN_FORMATS.filter((format) => format.beforeId ?? format.withinIds);
  WITH_IDS.push(...withIds);
  for (const format of BUILT_IN_FORMATS) {
    if (withIds.includes(format)) continue;
    for (const key of new Set(format.pathEndings.map(lastCharacters))) {
      const before = BY_LAST_CHARACTERS.get(key)?.slice(0, -WITH_IDS.length) ?? [];
      BY_LAST_CHARACTERS.set(key, [...before, format, ...WITH_IDS]);
    }
  }
  return BUILT_IN_FORMATS;
});

/** Returns the last two characters as a number. */
function lastCharacters(path: string): number {
  const { length } = path;
  return path.charCodeAt(length - 2) * 0x1_00_00 + path.charCodeAt(length - 1);
}
