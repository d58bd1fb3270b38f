/**
 * Makes a clone ready to run, as far as it is not: installs dependencies, checks the Node that comes with them, with
 * `--tests` installs what only some of the tests need, and with `--build` builds. Plain JavaScript without
 * dependencies, since it runs before anything is installed, on the Node that is there (20 or later).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sourceStamp } from './source-stamp.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

install('.', 'typescript');
checkNode();
if (process.argv.includes('--tests')) {
  install('test/sdks', 'openai-7');
  install('test/contexts', '@nestjs/microservices');
  install('test/mocking', 'msw-2');
  install('test/bundles', 'esbuild');
}
if (process.argv.includes('--build') && !isBuilt()) {
  console.log('Building…');
  run(process.execPath, ['scripts/build.mjs']);
}

/** Installs what the lockfile of `folder` says, unless it is there; `witness`: a package that has to be. */
function install(folder, witness) {
  const modules = `${folder}/node_modules`;
  if (isInstalled(folder, witness)) return;
  // npm would follow the link, and empty what another clone runs on.
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) {
    console.error(
      `${modules} is a link to another folder, and out of date there: install it there, or remove the link.`,
    );
    process.exit(1);
  }
  console.log(folder === '.' ? 'Installing dependencies…' : `Installing dependencies of ${folder}…`);
  // A production environment would leave out what builds and runs the example.
  npm('ci', '--prefix', folder, '--include=dev', '--no-audit', '--no-fund', '--loglevel=error');
}

/** npm writes its own lockfile into node_modules when an installation is complete. */
function isInstalled(folder, witness) {
  const installed = `${folder}/node_modules/.package-lock.json`;
  return (
    existsSync(installed) &&
    existsSync(`${folder}/node_modules/${witness}/package.json`) &&
    statSync(installed).mtimeMs >= statSync(`${folder}/package-lock.json`).mtimeMs
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
