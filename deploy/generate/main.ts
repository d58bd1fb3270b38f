import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { grafanaDashboards } from './grafana/dashboards.js';
import { OptionsError, readOptions, USAGE, type GeneratedFile, type GenerateOptions } from './options.js';
import { ruleFiles } from './rules/rule-files.js';

/** All generators of files in `deploy/`. */
const GENERATORS: ReadonlyArray<(options: GenerateOptions) => readonly GeneratedFile[]> = [
  ruleFiles,
  grafanaDashboards,
];

/** Writes the files in `deploy/` that are generated from the library's definitions. */
function main(args: readonly string[]): void {
  const options = readOptions(args);
  if (options === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  for (const generate of GENERATORS) {
    for (const { path, content } of generate(options)) {
      const file = join(options.out, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      process.stdout.write(`${file}\n`);
    }
  }
}

try {
  main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof OptionsError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
