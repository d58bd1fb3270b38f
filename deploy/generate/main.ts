import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GENERATORS } from './generators.js';
import { OptionsError, readOptions, USAGE } from './options.js';

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
