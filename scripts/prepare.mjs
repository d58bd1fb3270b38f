/**
 * Prepares a clone: installs missing dependencies and checks the installed Node binary. `--tests` also installs the
 * dependencies of individual test suites, `--fleet` the databases of the fleet suites, `--peers` the libraries of
 * `npm run bench -- --peers`, `--build` builds if the sources have changed. Plain JavaScript without
 * dependencies, because it runs before they are installed, on any Node from 20.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { debianPackage } from './debian-package.mjs';
import { sourceStamp } from './source-stamp.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

install('.', 'typescript');
checkNode();
if (process.argv.includes('--tests')) {
  // Optional: binaries of Claude Code, of 384 MB.
  install('test/sdks', 'openai-7', '--omit=optional');
  install('test/tracers', '@ai-sdk/otel');
  install('test/contexts', '@nestjs/microservices');
  install('test/mocking', 'msw-2');
  install('test/bundles', 'esbuild');
  install('test/orms', 'typeorm');
}
// Other libraries, for `npm run bench -- --peers`. Their binaries for profiling are not needed.
if (process.argv.includes('--peers'))
  install('bench/peers', 'openlit', '--omit=optional', '--ignore-scripts');
if (process.argv.includes('--fleet')) {
  // The engine of ClickHouse, of 566 MB.
  installOwnPlatform('test/clickhouse', 'chdb');
  // Without it, suites are skipped, and say so.
  debianPackage('postgres', 'postgresql', '--no-install-recommends');
  debianPackage('pgbouncer', 'pgbouncer', '--no-install-recommends');
}
if (process.argv.includes('--build') && !isBuilt()) {
  console.log('Building…');
  run(process.execPath, ['scripts/build.mjs']);
}

/**
 * Installs the lockfile of `folder` unless it is already installed. `witness`: a package that must be present. `options`:
 * of npm.
 */
function install(folder, witness, ...options) {
  installBy(['ci'], folder, witness, options);
}

/** Like `install`, for packages whose binaries for other platforms a mirror may lack: `npm ci` refuses their lockfile. */
function installOwnPlatform(folder, witness) {
  installBy(['install', '--no-save'], folder, witness, []);
}

function installBy(command, folder, witness, options) {
  const modules = `${folder}/node_modules`;
  if (isInstalled(folder, witness)) return;
  // npm would follow the link and delete the packages of another clone.
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) {
    console.error(
      `${modules} is a link to another folder, and out of date there: install it there, or remove the link.`,
    );
    process.exit(1);
  }
  console.log(folder === '.' ? 'Installing dependencies…' : `Installing dependencies of ${folder}…`);
  // With NODE_ENV=production, npm would omit the packages that build and run the example.
  npm(
    ...command,
    '--prefix',
    folder,
    '--include=dev',
    ...options,
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  );
}

/** Compares the time of npm's hidden lockfile, which npm writes when an installation is complete. */
function isInstalled(folder, witness) {
  const installed = `${folder}/node_modules/.package-lock.json`;
  return (
    existsSync(installed) &&
    existsSync(`${folder}/node_modules/${witness}/package.json`) &&
    statSync(installed).mtimeMs >= statSync(`${folder}/package-lock.json`).mtimeMs
  );
}

/** Checks the dev dependency `node`, which runs the tests and the example. Its install script adds the binary. */
function checkNode() {
  const { stdout } = spawnSync('node_modules/.bin/node', ['--version'], { encoding: 'utf8' });
  const [major = 0, minor = 0] = (stdout ?? '').trim().replace('v', '').split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 15)) return;
  console.error(
    'The package `node` in node_modules is not in place, because install scripts were switched off: run ' +
      '`npm rebuild node --ignore-scripts=false`, and try again.',
  );
  process.exit(1);
}

function isBuilt() {
  try {
    return readFileSync('dist/.source-stamp', 'utf8') === sourceStamp();
  } catch {
    return false;
  }
}

function npm(...args) {
  const npmScript = process.env.npm_execpath;
  if (npmScript?.endsWith('.js')) run(process.execPath, [npmScript, ...args]);
  else run('npm', args);
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (error) console.error(error.message);
  if (status !== 0) process.exit(status ?? 1);
}
