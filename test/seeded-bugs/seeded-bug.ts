import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A bug, as one file of `bugs/` describes it. */
export interface SeededBug {
  /** The name of its file, without extension. */
  readonly name: string;
  readonly title: string;
  /** The file that gets the bug, from the root of the repository. */
  readonly file: string;
  /** Code that occurs exactly once in the file. */
  readonly find: string;
  /** The same code with the bug. */
  readonly replace: string;
  /** Paths of the tests that have to fail. */
  readonly tests: readonly string[];
  /** Environment variables of the tests. */
  readonly env?: Readonly<Record<string, string>>;
  /** Matches the output of the failing tests, if it matters why they fail. */
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
 * Returns the source with the bug in it.
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
