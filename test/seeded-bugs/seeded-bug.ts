import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A bug that a file in `bugs/` describes. */
export interface SeededBug {
  /** Name of the file in `bugs/`, without extension. */
  readonly name: string;
  readonly title: string;
  /** Path of the file with the bug, relative to the root of the repository. */
  readonly file: string;
  /** Code that occurs exactly once in the file. */
  readonly find: string;
  /** The same code with the bug. */
  readonly replace: string;
  /** Paths of the tests that must fail. */
  readonly tests: readonly string[];
  /** Environment variables of the tests. */
  readonly env?: Readonly<Record<string, string>>;
  /** Pattern that the output of the failing tests must match, if the reason of the failure matters. */
  readonly output?: RegExp;
}

const FOLDER = join(import.meta.dirname, 'bugs');

/** Loads all seeded bugs, sorted by name. */
export async function loadBugs(): Promise<readonly SeededBug[]> {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.mjs'));
  return Promise.all(
    files.sort().map(async (file) => {
      const { default: bug } = (await import(join(FOLDER, file))) as { default: Omit<SeededBug, 'name'> };
      return { name: file.slice(0, -'.mjs'.length), ...bug };
    }),
  );
}

/**
 * Returns the source with the bug.
 *
 * @throws Error if the code to replace does not occur exactly once
 */
export function withBug(source: string, { name, file, find, replace }: SeededBug): string {
  const parts = source.split(find);
  if (parts.length !== 2)
    throw new Error(
      `Seeded bug "${name}": its code occurs ${parts.length - 1} times in ${file}, expected once.`,
    );
  return parts.join(replace);
}
