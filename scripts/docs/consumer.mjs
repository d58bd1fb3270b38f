import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { node, run } from './commands.mjs';

/** Packs the library as for publishing. @returns {Promise<string>} Path of the tarball. */
export async function packLibrary(workspace) {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', workspace];
  const [{ filename }] = JSON.parse(await run('.', 'npm', args));
  return join(workspace, filename);
}

/** Nest project outside this repository, with the packed library installed by npm. */
export class Consumer {
  #root;

  constructor(workspace, name) {
    this.name = name;
    this.folder = join(workspace, name);
    this.#root = process.cwd();
  }

  /** Creates the project and runs the README's `npm install` line in it. */
  async create(installLine, shell) {
    const sources = join(this.#root, 'test/docs/consumers');
    cpSync(join(sources, this.name), this.folder, { recursive: true });
    mkdirSync(join(this.folder, 'src/blocks'), { recursive: true });
    cpSync(join(sources, 'run-block.ts'), join(this.folder, 'src/run-block.ts'));
    await shell(this.folder, installLine);
  }

  write(block) {
    writeFileSync(join(this.folder, 'src/blocks', `${block.name}.ts`), block.code);
  }

  /** Compiles all written blocks. @returns {Promise<Map<string, string[]>>} Errors by block name. */
  async compile() {
    const errors = new Map();
    try {
      await node(this.folder, ['node_modules/typescript/bin/tsc', '--pretty', 'false']);
    } catch (error) {
      for (const line of error.message.split('\n').filter((text) => text.includes('error TS'))) {
        const name = /^src\/blocks\/(?<name>[\w-]+)\.ts/.exec(line)?.groups?.name ?? 'project';
        errors.set(name, [...(errors.get(name) ?? []), line]);
      }
      if (errors.size === 0) throw error;
    }
    return errors;
  }

  /** Runs a compiled block against the emulator. @returns {Promise<string>} Its output. */
  execute(block, args) {
    // Each block starts with an empty store.
    rmSync(join(this.folder, '.llm-telemetry'), { recursive: true, force: true });
    const compiled = join(this.folder, 'dist/blocks', `${block.name}.js`);
    return node(this.folder, ['dist/run-block.js', compiled, ...args], { timeoutMs: 180_000 });
  }
}
