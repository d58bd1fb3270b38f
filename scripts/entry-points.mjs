import { readFileSync } from 'node:fs';

/**
 * Lists the entry points in `exports` of package.json: the name of each, its declarations in `dist`, and its source.
 *
 * @returns {{ name: string, declarations: string, source: string }[]}
 */
export function entryPoints() {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
  return Object.entries(exports).flatMap(([path, targets]) => {
    const declarations = targets.types?.import;
    if (declarations === undefined) return [];
    return {
      name: path === '.' ? 'index' : path.replace('./', ''),
      declarations,
      source: declarations.replace('./dist/esm/', './src/').replace(/\.d\.ts$/, '.ts'),
    };
  });
}
