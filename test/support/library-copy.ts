import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

/** Copy of the library sources that a test changes, compiles and runs with an application. */
export class LibraryCopy {
  readonly folder = mkdtempSync(join(tmpdir(), 'nestjs-llm-telemetry-'));

  /** @param application - source of a module that imports the library from `./llm-telemetry/` and prints JSON */
  constructor(application: string) {
    cpSync(join(root, 'src/llm-telemetry'), join(this.folder, 'src/llm-telemetry'), {
      recursive: true,
      filter: (path) => !path.endsWith('.spec.ts'),
    });
    cpSync(join(root, 'package.json'), join(this.folder, 'package.json'));
    cpSync(join(root, 'tsconfig.json'), join(this.folder, 'tsconfig.root.json'));
    const build = readFileSync(join(root, 'tsconfig.build.json'), 'utf8');
    this.write('tsconfig.build.json', build.replace('./tsconfig.json', './tsconfig.root.json'));
    this.write(
      'tsconfig.json',
      JSON.stringify({
        extends: './tsconfig.build.json',
        compilerOptions: { rootDir: 'src', outDir: 'dist', paths: {} },
        include: [],
        // The compiler follows imports. The worker thread is started by its path.
        files: ['src/application.ts', 'src/llm-telemetry/store/thread/main.ts'],
      }),
    );
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'), 'junction');
    this.write('src/application.ts', application);
  }

  /** Inserts `text` before the only occurrence of `end` in a file of the library. */
  insert(file: string, text: string, end: string): void {
    const path = `src/llm-telemetry/${file}`;
    const parts = this.read(path).split(end);
    if (parts.length !== 2) throw new Error(`${file} must contain ${JSON.stringify(end)} once`);
    this.write(path, parts.join(text + end));
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  /** Compiles the copy and returns what the application prints. */
  run(...args: readonly string[]): Record<string, unknown> {
    this.node(tsc, '-p', 'tsconfig.json');
    return JSON.parse(this.node('dist/application.js', ...args)) as Record<string, unknown>;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private write(path: string, text: string): void {
    writeFileSync(join(this.folder, path), text);
  }

  private node(...args: readonly string[]): string {
    const options = { cwd: this.folder, encoding: 'utf8' } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, args, options);
    if (status !== 0) throw new Error(`${args.join(' ')}:\n${stdout}\n${stderr}`);
    return stdout;
  }
}
