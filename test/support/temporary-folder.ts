import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Creates a folder before each test. The folders are removed after the last test and not after each: Jest runs the
 * `afterEach` hooks of an inner block first, so an application that a test started can still be writing then.
 */
export function temporaryFolder(): { readonly path: string; file(name: string): string } {
  const paths: string[] = [];
  const path = (): string => paths.at(-1) ?? '';
  beforeEach(() => {
    paths.push(mkdtempSync(join(tmpdir(), 'nestjs-llm-telemetry-')));
  });
  afterAll(() => {
    for (const created of paths) rmSync(created, { recursive: true, force: true });
  });
  return {
    get path() {
      return path();
    },
    file: (name) => join(path(), name),
  };
}

/** Returns the path of a file in a folder of its own. */
export function temporaryFile(name: string): { readonly path: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-llm-telemetry-'));
  return { path: join(folder, name), remove: () => rmSync(folder, { recursive: true, force: true }) };
}
