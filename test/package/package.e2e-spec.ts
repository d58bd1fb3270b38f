import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CallRecord } from 'nestjs-llm-telemetry';

/**
 * Tests the package as users install it: packed, installed by npm into typical projects (`test/package/`), type-checked
 * by their compiler and run by their Node. Nothing resolves into this repository.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = readJson(join(root, 'package.json'));
const TIMEOUT_MS = 300_000;

import.meta.jest.setTimeout(TIMEOUT_MS);

/** Outside this repository, so that modules are not resolved from its node_modules. */
let workspace: string;
let tarball: string;
let packed: string[];
let packedBytes: number;

beforeAll(async () => {
  workspace = mkdtempSync(join(tmpdir(), 'nestjs-llm-telemetry-package-'));
  // Builds only if the sources have changed since `dist` was built.
  await node(root, 'scripts/prepare.mjs', '--build');
  const output = await npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', workspace);
  const [pack] = JSON.parse(output) as [{ filename: string; size: number; files: Array<{ path: string }> }];
  tarball = join(workspace, pack.filename);
  packed = pack.files.map(({ path }) => path);
  packedBytes = pack.size;
});

afterAll(() => rmSync(workspace, { recursive: true, force: true }));

describe('the tarball', () => {
  it('contains the library in both module formats, each with types and package.json', () => {
    expect(packed).toEqual(
      expect.arrayContaining([
        'package.json',
        'dist/esm/llm-telemetry/index.js',
        'dist/esm/llm-telemetry/index.d.ts',
        'dist/cjs/llm-telemetry/index.js',
        'dist/cjs/llm-telemetry/index.d.ts',
        'dist/cjs/package.json',
        'dist/cjs/llm-telemetry/store/thread/main.js',
        'dist/ui/index.html',
      ]),
    );
    // The nearest package.json of either folder. The root package.json declares the ES modules.
    expect(manifest.type).toBe('module');
    expect(packed).not.toContain('dist/esm/package.json');
    expect(readJson(join(root, 'dist/cjs/package.json'))).toEqual({ type: 'commonjs' });
  });

  it('contains a file for each entry point', () => {
    const { exports, main, types, typesVersions } = manifest;
    const targets = stringsIn([exports, main, types, typesVersions]).map((path) => path.replace('./', ''));
    expect(targets.length).toBeGreaterThan(0);
    expect(packed).toEqual(expect.arrayContaining(targets));
  });

  it('contains README, changelog and license', () => {
    expect(packed).toEqual(expect.arrayContaining(['README.md', 'CHANGELOG.md', 'LICENSE']));
  });

  it('contains no examples, sources, tests or settings', () => {
    const theLibrary =
      /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|dist\/(esm|cjs)\/(llm-telemetry\/.+|package\.json)|dist\/ui\/.+|deploy\/(?!generate).+)$/;
    expect(packed.filter((path) => !theLibrary.test(path))).toEqual([]);

    const unwanted =
      /\.spec\.|e2e|(^|\/)(example|test|src|node_modules)\/|(^|\/)\.|(?<!\.d)\.ts$|\.tsbuildinfo$/;
    expect(packed.filter((path) => unwanted.test(path))).toEqual([]);
  });

  // A reference to a missing map makes source-map-loader warn about every file: iamolegga/nestjs-pino#1861.
  it('contains no source maps and no references to them', () => {
    expect(packed.filter((path) => path.endsWith('.map'))).toEqual([]);
    const referring = packed
      .filter((path) => path.endsWith('.js'))
      .filter((path) => readFileSync(join(root, path), 'utf8').includes('sourceMappingURL'));
    expect(referring).toEqual([]);
  });

  it('is at most 620 kB', () => {
    process.stdout.write(`The packed package has ${(packedBytes / 1000).toFixed(0)} kB.\n`);
    expect(packedBytes).toBeLessThanOrEqual(620_000);
  });

  it('names the repository, the homepage, the issue tracker and the author', () => {
    const repository = 'https://github.com/nestjs-llm-telemetry/nestjs-llm-telemetry';
    expect(manifest).toMatchObject({
      repository: { type: 'git', url: `git+${repository}.git` },
      homepage: `${repository}#readme`,
      bugs: { url: `${repository}/issues` },
      author: 'nestjs-llm-telemetry contributors',
    });
  });
});

describe('a Nest 12 service of ES modules', () => {
  let project: string;
  beforeAll(async () => {
    project = await install('nest12-esm');
  });

  it('type-checks with the declarations of dependencies, builds, and records a call', async () => {
    await tsc(project);
    expectSummaryRecorded(await node(project, 'dist/main.js'));
  });
});

describe('a Nest 11 service of CommonJS', () => {
  let project: string;
  beforeAll(async () => {
    project = await install('nest11-cjs');
  });

  it('type-checks with the declarations of dependencies, builds, and records a call', async () => {
    await tsc(project);
    expectSummaryRecorded(await node(project, 'dist/main.js'));
  });

  it('records calls, including those of subclasses, under jest and ts-jest as set up by `nest new`', async () => {
    const report = await node(project, 'node_modules/jest/bin/jest.js', '--ci', '--json');
    expect(JSON.parse(report)).toMatchObject({ success: true, numTotalTests: 15, numPassedTests: 15 });
  });

  it('type-checks with the module resolution that `nest new` configured until Nest 11.0.5', async () => {
    await tsc(project, '--noEmit', '-p', 'tsconfig.node10.json');
  });

  it('loads the same module class with `require` and `import`', () => expectSameModuleClass(project));
});

describe('a project with only the required peer dependencies', () => {
  let project: string;
  beforeAll(async () => {
    project = await install('required-peers');
  });

  it('is installed without gpt-tokenizer', () => {
    expect(existsSync(join(project, 'node_modules/nestjs-llm-telemetry/package.json'))).toBe(true);
    expect(existsSync(join(project, 'node_modules/gpt-tokenizer'))).toBe(false);
  });

  it('loads the same module class with `require` and `import`', () => expectSameModuleClass(project));

  it('taps `fetch` with `node --import nestjs-llm-telemetry/register`', async () => {
    const untapped = 'globalThis.__fetch = globalThis.fetch;';
    const isTapped = 'process.stdout.write(String(globalThis.fetch !== globalThis.__fetch))';
    const before = `data:text/javascript,${encodeURIComponent(untapped)}`;
    const output = await node(
      project,
      '--import',
      before,
      '--import',
      'nestjs-llm-telemetry/register',
      '-e',
      isTapped,
    );
    expect(output).toBe('true');
  });

  it('prints the price of a model with `npx nestjs-llm-telemetry prices`', async () => {
    const output = await npm(
      project,
      'exec',
      '--offline',
      '--',
      'nestjs-llm-telemetry',
      'prices',
      'gpt-4o-mini',
    );
    expect(output).toContain('gpt-4o-mini (openai)');
    expect(output).toMatch(/input +\$0\.15 per million tokens/);
    expect(output).toContain('@pydantic/genai-prices');
  });

  it('prints no price for an unknown model', async () => {
    const command = join(project, 'node_modules/.bin/nestjs-llm-telemetry');
    await expect(node(project, command, 'prices', 'gpt-4o-mimi')).rejects.toThrow(
      /No price for gpt-4o-mimi: .* Similar names: gpt-4o-mini/,
    );
  });

  it.each([
    ['import', "Promise.all([import('nestjs-llm-telemetry/store'), import('nestjs-llm-telemetry/wire')])"],
    [
      'require',
      "Promise.resolve([require('nestjs-llm-telemetry/store'), require('nestjs-llm-telemetry/wire')])",
    ],
  ])('loads the entry points for stores and formats of applications with `%s`', async (_, load) => {
    const print = '(modules) => console.log(JSON.stringify(modules.map((it) => Object.keys(it).toSorted())))';
    const output = await node(project, '-e', `${load}.then(${print})`);
    expect(JSON.parse(output)).toEqual([
      ['StoreQueryError', 'StoreUnavailableError', 'storeConformance'],
      ['registerWireFormat'],
    ]);
  });

  it.each([
    ['import', "import('nestjs-llm-telemetry/testing')"],
    ['require', "Promise.resolve(require('nestjs-llm-telemetry/testing'))"],
  ])('names the missing packages of the emulator, loaded with `%s`', async (_, load) => {
    const print = '(error) => process.stdout.write(error.message)';
    const output = await node(
      project,
      '-e',
      `${load}.then((it) => it.startProviderEmulator()).catch(${print})`,
    );
    expect(output).toContain('npm i -D gpt-tokenizer');
  });
});

/** Asserts that the output of a fixture's service contains the priced record of one summary by gpt-4o-mini. */
function expectSummaryRecorded(output: string): void {
  const lines = output.trim().split('\n');
  expect(lines).toHaveLength(1);
  const { record, stored } = JSON.parse(lines[0]!) as { record: CallRecord; stored: number };
  // The store thread has read it from the file, so the worker of this build runs.
  expect(stored).toBe(1);
  expect(record).toMatchObject({
    feature: 'order_dashboard',
    operation: 'summarize',
    route: 'POST /orders/summarize',
    provider: 'openai',
    finishReason: 'stop',
    failure: null,
    usage: { inputTokens: expect.any(Number), outputTokens: expect.any(Number), source: 'provider' },
    cost: { source: 'table' },
  });
  const { inputTokens, outputTokens } = record.usage!;
  expect(inputTokens).toBeGreaterThan(0);
  expect(outputTokens).toBeGreaterThan(0);
  // gpt-4o-mini: $0.15 and $0.60 per million tokens.
  expect(record.cost.costUsd).toBeCloseTo((inputTokens * 0.15 + outputTokens * 0.6) / 1e6, 10);
}

/**
 * Nest identifies modules and providers by class, so a second copy would be a module that the application did not
 * import. Both formats load the same code.
 */
async function expectSameModuleClass(project: string): Promise<void> {
  const output = await node(
    project,
    '-e',
    `const required = require('nestjs-llm-telemetry').LlmTelemetryModule;
     import('nestjs-llm-telemetry').then(({ LlmTelemetryModule: imported }) =>
       process.stdout.write(JSON.stringify([required.name, imported === required])));`,
  );
  expect(JSON.parse(output)).toEqual(['LlmTelemetryModule', true]);
}

/** Installs the dependencies and the packed library in a copy of the fixture. Fails on peer dependency conflicts. */
async function install(fixture: string): Promise<string> {
  const project = join(workspace, fixture);
  cpSync(join(root, 'test/package', fixture), project, {
    recursive: true,
    filter: (path) => !/(node_modules|dist)$/.test(path),
  });
  // No lockfile: it would contain the hash of the tarball, which each build changes. The fixtures pin their versions.
  await npm(
    project,
    'install',
    '--include=dev',
    '--strict-peer-deps',
    '--ignore-scripts',
    '--no-package-lock',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    tarball,
  );
  return project;
}

function tsc(project: string, ...args: string[]): Promise<string> {
  return node(project, 'node_modules/typescript/bin/tsc', ...args);
}

function node(directory: string, ...args: string[]): Promise<string> {
  return run(directory, process.execPath, args);
}

/** Runs the npm that runs the tests, or the one on the PATH. */
function npm(directory: string, ...args: string[]): Promise<string> {
  const script = process.env['npm_execpath'];
  return script?.endsWith('.js') ? node(directory, script, ...args) : run(directory, 'npm', args);
}

/** Returns the standard output of a command. Rejects with all of its output if it fails or times out. */
function run(directory: string, command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      command,
      args,
      { cwd: directory, env: userEnvironment(), timeout: TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error) reject(new Error([error.message, stdout, stderr].join('\n')));
        else resolve(stdout);
      },
    );
  });
}

/**
 * Returns the environment of a user's command: this Node is first on the PATH, and variables that npm and jest set for
 * this test are removed.
 */
function userEnvironment(): NodeJS.ProcessEnv {
  const ours =
    /^(npm_(package|lifecycle)_.*|npm_config_local_prefix|INIT_CWD|JEST_.*|NODE_ENV|NODE_OPTIONS)$/;
  const kept = Object.entries(process.env).filter(([name]) => !ours.test(name));
  const path = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  return { ...Object.fromEntries(kept), PATH: path };
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

function readJson(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
}
