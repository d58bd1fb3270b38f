/**
 * Makes a clone ready to run, as far as it is not: installs dependencies, checks the Node that comes with them, and
 * with `--build` builds. Plain JavaScript without dependencies, since it runs before anything is installed, on the
 * Node that is there (20 or later).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sourceStamp } from './source-stamp.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

if (!isInstalled()) {
  // npm would follow the link, and empty what another clone runs on.
  if (lstatSync('node_modules', { throwIfNoEntry: false })?.isSymbolicLink()) {
    console.error(
      'node_modules is a link to another folder, and out of date there: install it there, or remove the link.',
    );
    process.exit(1);
  }
  console.log('Installing dependencies…');
  // A production environment would leave out what builds and runs the example.
  npm('ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error');
}
checkNode();
if (process.argv.includes('--build') && !isBuilt()) {
  console.log('Building…');
  run(process.execPath, ['scripts/build.mjs']);
}

/** npm writes its own lockfile into node_modules when an installation is complete. */
function isInstalled() {
  const installed = 'node_modules/.package-lock.json';
  return (
    existsSync(installed) &&
    existsSync('node_modules/typescript/package.json') &&
    statSync(installed).mtimeMs >= statSync('package-lock.json').mtimeMs
  );
}

/** The tests and the example run on the Node of the dev dependency `node`, which an install script puts in place. */
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
