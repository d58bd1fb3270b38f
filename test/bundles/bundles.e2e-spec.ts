import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transformFileSync, type Options } from '@swc/core';
import { startProviderEmulator, type ProviderEmulator } from 'nestjs-llm-telemetry/testing';
import type { Outcome } from './application.js';

/**
 * Bundles an application with the configurations that docs/bundling.md prints, and runs the bundles. Cases come from
 * microsoft/node-jsonc-parser#57 and evanw/esbuild#1619 (the UMD build of a dependency fails in the bundle).
 */

const folder = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const { jest } = import.meta;
jest.setTimeout(180_000);

const BUNDLERS = ['esbuild', 'webpack', 'rspack'];

/** Folder with the application, its packages and the configurations. */
let workspace: string;
/** Folders that contain only bundles. The package is installed in `installed`, not in `bare`. */
let bare: string;
let installed: string;
let emulator: ProviderEmulator;

beforeAll(async () => {
  await node(root, 'scripts/prepare.mjs', '--build');
  workspace = createFolder('nestjs-llm-telemetry', '@nestjs', '@opentelemetry', 'reflect-metadata', 'rxjs');
  bare = createFolder();
  installed = createFolder('nestjs-llm-telemetry');
  emulator = await startProviderEmulator();
  for (const bundler of ['esbuild', 'webpack', '@rspack']) {
    symlinkSync(join(folder, 'node_modules', bundler), join(workspace, 'node_modules', bundler));
  }
  const options = JSON.parse(readFileSync(join(root, '.swcrc'), 'utf8')) as Options;
  mkdirSync(join(workspace, 'dist'));
  const { code } = transformFileSync(join(folder, 'application.ts'), {
    ...options,
    swcrc: false,
    sourceMaps: false,
  });
  writeFileSync(join(workspace, 'dist', 'main.js'), code);
  writeConfigurations();
});

afterAll(async () => {
  await emulator?.stop();
  for (const path of [workspace, bare, installed]) rmSync(path, { recursive: true, force: true });
});

describe.each(BUNDLERS)('%s', (bundler) => {
  beforeAll(() => node(workspace, join(folder, 'bundle.mjs'), ...configurationsOf(bundler)));

  it.each(['mjs', 'cjs'])('bundles an application with the documented externals (%s)', async (format) => {
    const { status, warnings, page, ...calls } = await start(workspace, join(bundler, `main.${format}`));
    expect({ warnings, calls }).toEqual({ warnings: [], calls: RECORDED });
    expect(status).toMatchObject({ state: 'stored', trouble: null });
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('<div id="app">') });
  });

  it.each(['mjs', 'cjs'])(
    'keeps calls in memory and warns once if everything is bundled (%s)',
    async (format) => {
      const bundle = `${bundler}-single.${format}`;
      cpSync(join(workspace, `${bundler}-single`, `main.${format}`), join(bare, bundle));
      const { status, warnings, page, ...calls } = await start(bare, bundle);
      expect(calls).toEqual(RECORDED);
      expect(status).toMatchObject({ state: 'memory', trouble: { reason: 'worker_missing' } });
      expect(warnings).toEqual([expect.stringContaining('Mark nestjs-llm-telemetry as external')]);
      expect(page.text).toContain('mark <code>nestjs-llm-telemetry</code> as external');
    },
  );

  it('keeps calls in the file if everything is bundled and the package is installed next to the bundle', async () => {
    const bundle = `${bundler}-single.mjs`;
    cpSync(join(workspace, `${bundler}-single`, 'main.mjs'), join(installed, bundle));
    const { status, warnings, page, ...calls } = await start(installed, bundle);
    expect({ warnings, calls }).toEqual({ warnings: [], calls: RECORDED });
    expect(status).toMatchObject({ state: 'stored', trouble: null });
    expect(page.text).toContain('<div id="app">');
  });
});

describe('esbuild with mainFields module, main', () => {
  it('keeps calls in memory and warns once if everything is bundled', async () => {
    const bundle = 'main-fields.mjs';
    cpSync(join(workspace, 'esbuild-single', bundle), join(bare, bundle));
    const { status, warnings, page, ...calls } = await start(bare, bundle);
    expect(calls).toEqual(RECORDED);
    expect(status).toMatchObject({ state: 'memory', trouble: { reason: 'worker_missing' } });
    expect({ warnings: warnings.length, page: page.status }).toEqual({ warnings: 1, page: 200 });
  });
});

const RECORDED = {
  recorded: [{ feature: 'bundled', operation: 'ask', cost: 'table' }],
  kept: ['ask'],
};

/** Writes the configurations printed in docs/bundling.md, and the variants that the page describes. */
function writeConfigurations(): void {
  const page = readFileSync(join(root, 'docs', 'bundling.md'), 'utf8');
  const blocks = [...page.matchAll(/^```js\n(\/\/ (\S+)\n[^]*?)^```/gm)];
  expect(blocks.map(([, , file]) => file)).toEqual(
    ['', 'single.'].flatMap((kind) => BUNDLERS.map((bundler) => kind + fileOf(bundler))),
  );
  for (const [, code = '', file = ''] of blocks) {
    const bundler = /esbuild|webpack|rspack/.exec(file)![0];
    const output = file.startsWith('single') ? `${bundler}-single` : bundler;
    const configuration = code.replace(/(['/])bundle(?=[/`])/, `$1${output}`);
    expect(configuration).toContain(output);
    writeFileSync(join(workspace, file), configuration);
    writeFileSync(join(workspace, `cjs.${file}`), commonJs(configuration, file));
    if (file === 'single.esbuild.mjs') {
      const mainFields = configuration
        .replace('main.mjs', 'main-fields.mjs')
        .replace('bundle: true', "bundle: true, mainFields: ['module', 'main']");
      writeFileSync(join(workspace, `main-fields.${file}`), mainFields);
    }
  }
}

/** Applies the settings that docs/bundling.md gives for CommonJS. Fails if a setting is missing. */
function commonJs(configuration: string, file: string): string {
  const replacements = REPLACEMENTS[/esbuild|webpack|rspack/.exec(file)![0]]!;
  return replacements.reduce((text, [from, to]) => {
    expect(text).toMatch(from);
    return text.replace(from, to);
  }, configuration);
}

const RSPACK: ReadonlyArray<readonly [RegExp, string]> = [
  [/main\.mjs/, 'main.cjs'],
  [/ module: true/, ' module: false'],
  [/'module-import'/, "'node-commonjs'"],
];
const REPLACEMENTS: Readonly<Record<string, typeof RSPACK>> = {
  esbuild: [
    [/main\.mjs/, 'main.cjs'],
    [/'esm'/, "'cjs'"],
    [/ {2}banner: \{[^]*?\n {2}\},\n/, ''],
  ],
  webpack: [...RSPACK, [/outputModule: true/, 'outputModule: false']],
  rspack: RSPACK,
};

function fileOf(bundler: string): string {
  return bundler === 'esbuild' ? 'esbuild.mjs' : `${bundler}.config.mjs`;
}

function configurationsOf(bundler: string): string[] {
  const file = fileOf(bundler);
  const files = [file, `cjs.${file}`, `single.${file}`, `cjs.single.${file}`];
  if (bundler === 'esbuild') files.push(`main-fields.single.${file}`);
  return files.map((name) => join(workspace, name));
}

/** Creates a folder outside of this repository, so that only `packages` can be resolved from it. */
function createFolder(...packages: readonly string[]): string {
  const path = mkdtempSync(join(tmpdir(), 'bundles-'));
  if (packages.length > 0) mkdirSync(join(path, 'node_modules'));
  for (const name of packages) {
    const target = name === 'nestjs-llm-telemetry' ? root : join(root, 'node_modules', name);
    symlinkSync(target, join(path, 'node_modules', name));
  }
  writeFileSync(join(path, 'package.json'), JSON.stringify({ name: 'bundled', type: 'module' }));
  writeFileSync(join(path, 'prices.json'), JSON.stringify({ 'my-model': { input: 1, output: 2 } }));
  return path;
}

/** Runs a bundle in its folder. @throws Error with the output if the exit code is not 0. */
async function start(cwd: string, bundle: string): Promise<Outcome> {
  const env = {
    EMULATOR_URL: emulator.url,
    PRICE_FILE: join(cwd, 'prices.json'),
    STORE_PATH: join(cwd, `${bundle}.db`),
  };
  return JSON.parse(await node(cwd, { env }, bundle)) as Outcome;
}

async function node(cwd: string, ...rest: Array<string | { env: Record<string, string> }>): Promise<string> {
  const extra = rest.find((item) => typeof item === 'object')?.env;
  const args = rest.filter((item) => typeof item === 'string');
  const env = { ...process.env, NODE_OPTIONS: '', NODE_ENV: 'test', ...extra };
  return (await promisify(execFile)(process.execPath, args, { cwd, env })).stdout;
}
