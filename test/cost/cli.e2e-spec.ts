import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MINIMUM_NODE, unsupportedNode } from '../../src/llm-telemetry/runtime/check-node.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
  version: string;
  engines: { node: string };
};
const MAIN = 'dist/cjs/llm-telemetry/cli/main.js';

interface Output {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function node(...args: readonly string[]): Output {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], NO_COLOR: '1' },
  });
  return { code: status, stdout, stderr };
}

/** Runs Node.js with `process.versions.node` set to another version. */
function oldNode(version: string, ...args: readonly string[]): Output {
  const setVersion = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`;
  return node('--import', `data:text/javascript,${encodeURIComponent(setVersion)}`, ...args);
}

beforeAll(() => {
  // Builds only if the sources have changed.
  const { code, stdout, stderr } = node('scripts/prepare.mjs', '--build');
  if (code !== 0) throw new Error(`${stdout}\n${stderr}`);
}, 300_000);

describe('the command line', () => {
  it.each([['--help'], ['-h'], ['help'], []])('prints its help with %p', (...args) => {
    const { code, stdout, stderr } = node(MAIN, ...args);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Usage: nestjs-llm-telemetry <command>/);
    expect(stdout).toContain('prices [model]');
  });

  it.each([['--version'], ['-v']])('prints its version with %p', (...args) => {
    expect(node(MAIN, ...args)).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });

  it.each([
    ['prices', '--help'],
    ['prices', 'gpt-4o', '-h'],
    ['help', 'prices'],
  ])('prints the help of a command with %p %p', (...args) => {
    const { code, stdout, stderr } = node(MAIN, ...args);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Usage: nestjs-llm-telemetry prices/);
  });

  it.each([
    ['price', 'error LLM_TELEMETRY_INVALID_ARGUMENT: Unknown command "price". Did you mean "prices"?'],
    ['pirces', 'Unknown command "pirces". Did you mean "prices"?'],
    ['dashboard', 'Unknown command "dashboard". Run "nestjs-llm-telemetry --help" for the list.'],
    ['--versoin', 'Unknown option "--versoin". Did you mean "--version"?'],
  ])('reports the unknown argument %p with a suggestion', (name, sentence) => {
    const { code, stdout, stderr } = node(MAIN, name);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('reports an unknown command passed to help', () => {
    expect(node(MAIN, 'help', 'price')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Unknown command "price". Did you mean "prices"?') as string,
    });
  });
});

describe('the check of the Node.js version', () => {
  const SENTENCE = 'nestjs-llm-telemetry requires Node.js 22.15 or later, but this is Node.js 20.11.0.';

  it('requires the version that package.json requires in engines', () => {
    expect(manifest.engines.node).toBe(`>=${MINIMUM_NODE}`);
  });

  it.each(['18.20.8', '20.20.2', '22.0.0', '22.14.0'])('rejects %s', (version) => {
    expect(unsupportedNode(version)).toContain(version);
  });

  it.each(['22.15.0', '22.22.3', '23.0.0', '24.21.0', '26.0.0-nightly'])('accepts %s', (version) => {
    expect(unsupportedNode(version)).toBeNull();
  });

  it('stops the command line with one sentence and exit code 1', () => {
    expect(oldNode('20.11.0', MAIN, 'prices')).toEqual({ code: 1, stdout: '', stderr: `${SENTENCE}\n` });
  });

  it.each([
    ['the ES module', "import 'nestjs-llm-telemetry';", 'module'],
    ['register as an ES module', "import 'nestjs-llm-telemetry/register';", 'module'],
    ['the emulator as an ES module', "import 'nestjs-llm-telemetry/testing';", 'module'],
    ['the CommonJS module', "require('./dist/cjs/llm-telemetry/index.js')", 'commonjs'],
    ['register as a CommonJS module', "require('./dist/cjs/llm-telemetry/register.js')", 'commonjs'],
  ])('stops %s with one sentence and without stack frames', (_what, code, format) => {
    const output = oldNode('20.11.0', `--input-type=${format}`, '-e', code);
    expect(output.code).toBe(1);
    expect(output.stderr.split(SENTENCE)).toHaveLength(2);
    expect(output.stderr).not.toMatch(/SyntaxError|^\s+at /m);
  });

  it('throws an error with a code that can be caught', () => {
    const code =
      "await import('nestjs-llm-telemetry').catch(({ code, message }) => console.log(JSON.stringify({ code, message })))";
    const { stdout } = oldNode('20.11.0', '--input-type=module', '-e', code);
    expect(JSON.parse(stdout)).toEqual({ code: 'LLM_TELEMETRY_UNSUPPORTED_NODE', message: SENTENCE });
  });
});

describe('importing the library', () => {
  const LOADED = `require('./dist/cjs/llm-telemetry/index.js');
    const before = Object.keys(require.cache).filter((file) => file.includes('valibot')).length;
    const { Module } = require('@nestjs/common');
    const { NestFactory } = require('@nestjs/core');
    const { LlmTelemetryModule } = require('./dist/cjs/llm-telemetry/index.js');
    class AppModule {}
    Module({ imports: [LlmTelemetryModule.forRoot({ store: 'memory' })] })(AppModule);
    NestFactory.createApplicationContext(AppModule, { logger: false }).then(async (app) => {
      await app.close();
      const after = Object.keys(require.cache).filter((file) => file.includes('valibot')).length;
      console.log(JSON.stringify({ before, after: after > 0 }));
    });`;

  it('does not load the schema library, which is loaded when the module starts', () => {
    const { stdout, stderr } = node('--input-type=commonjs', '-e', LOADED);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({ before: 0, after: true });
  });
});
