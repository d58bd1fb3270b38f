const MAX_SUGGESTIONS = 3;
/** Shorter names are too similar to each other for a suggestion by prefix. */
const MIN_PREFIX_LENGTH = 3;

/** Returns up to three names within an edit distance of a third of the length of `name`, the nearest first. */
export function nearNames(name: string, names: readonly string[]): readonly string[] {
  const wanted = name.toLowerCase();
  return [...new Set(names)]
    .map((candidate) => ({ candidate, distance: distanceBetween(wanted, candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= wanted.length / 3)
    .sort((one, other) => one.distance - other.distance)
    .slice(0, MAX_SUGGESTIONS)
    .map(({ candidate }) => candidate);
}

/** Returns the most likely intended name: the nearest one, else one that extends or shortens `name`. */
export function nearestName(name: string, names: readonly string[]): string | null {
  const [nearest] = nearNames(name, names);
  if (nearest !== undefined) return nearest;
  const wanted = name.toLowerCase();
  const isPart = (long: string, short: string): boolean =>
    short.length >= MIN_PREFIX_LENGTH && long.startsWith(short);
  return (
    names.find((candidate) => {
      const other = candidate.toLowerCase();
      return isPart(other, wanted) || isPart(wanted, other);
    }) ?? null
  );
}

/** Returns ` Did you mean "dashboard"?`, or an empty string if no name is near. */
export function didYouMean(name: string, names: readonly string[]): string {
  const nearest = nearestName(name, names);
  return nearest === null ? '' : ` Did you mean ${JSON.stringify(nearest)}?`;
}

/** Returns the Damerau-Levenshtein distance (optimal string alignment): a transposition counts as one edit. */
function distanceBetween(one: string, other: string): number {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= one.length; row++) {
    const above = rows[row - 1]!;
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const changed = above[column - 1]! + (one[row - 1] === other[column - 1] ? 0 : 1);
      const swapped =
        row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
          ? rows[row - 2]![column - 2]! + 1
          : Infinity;
      current.push(Math.min(changed, swapped, above[column]! + 1, current[column - 1]! + 1));
    }
    rows.push(current);
  }
  return rows[one.length]![other.length]!;
}

const MAX_QUOTE_LENGTH = 60;

/** Describes a received value for an error message: `the string "1"`, `5`, `null`, `a function`. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value === '' ? 'an empty string' : `the string ${JSON.stringify(shortened(value))}`;
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'bigint':
      return `the bigint ${value}n`;
    default:
      return describeType(value);
  }
}

/** Describes only the type of a received value, for values that may be secrets. */
export function describeType(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (value === '') return 'an empty string';
  if (value instanceof Promise) return 'a promise';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function shortened(text: string): string {
  return text.length > MAX_QUOTE_LENGTH ? `${text.slice(0, MAX_QUOTE_LENGTH)}…` : text;
}
