import { readdirSync, readFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url);

/** Returns the codes in the sources: of error classes, and of the command line. */
function codesInSources(): readonly string[] {
  const folder = new URL('src/llm-telemetry/', root);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => /\.tsx?$/.test(file) && !file.includes('.spec.'))
    .flatMap((file) => [
      ...readFileSync(new URL(file, folder), 'utf8').matchAll(/'(LLM_TELEMETRY_(?!OPTIONS')[A-Z_]*[A-Z])'/g),
    ])
    .map(([, code]) => code!);
}

it('docs/options.md lists every error code', () => {
  const page = readFileSync(new URL('docs/options.md', root), 'utf8');
  const [, section = ''] = page.split('## Error codes');
  const listed = [...section.matchAll(/^\| `(LLM_TELEMETRY_\w+)`/gm)].map(([, code]) => code!);
  expect([...listed].sort()).toEqual([...new Set(codesInSources())].sort());
});
