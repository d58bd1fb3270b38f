/**
 * Installs a Debian package with a program that some tests need, unless the program is there. Plain JavaScript without
 * dependencies. Arguments: the program, and those of `apt-get install`.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Debian asks it whether a package may start its services. */
const POLICY = '/usr/sbin/policy-rc.d';
/** Debian does not put the programs of the server on the PATH. */
const POSTGRES = '/usr/lib/postgresql';

/** Returns whether the program is installed now. Prints why if it is not. */
export function debianPackage(program, ...packages) {
  if (isInstalled(program)) return true;
  if (process.getuid?.() !== 0 || !isInstalled('apt-get')) {
    console.log(`There is no ${program}, and no right to install it.`);
    return false;
  }
  withoutServices(() => {
    if (!aptGet('install', '-y', ...packages) && aptGet('update')) aptGet('install', '-y', ...packages);
  });
  if (isInstalled(program)) return true;
  console.log(`${program} could not be installed.`);
  return false;
}

function isInstalled(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  if (existsSync(POSTGRES))
    folders.push(...readdirSync(POSTGRES).map((version) => join(POSTGRES, version, 'bin')));
  return folders.some((folder) => isExecutable(join(folder, program)));
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Only the programs are needed: tests start their own servers. */
function withoutServices(install) {
  if (existsSync(POLICY)) return install();
  writeFileSync(POLICY, '#!/bin/sh\nexit 101\n');
  chmodSync(POLICY, 0o755);
  try {
    install();
  } finally {
    rmSync(POLICY);
  }
}

function aptGet(...args) {
  return spawnSync('apt-get', args, { stdio: 'ignore' }).status === 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) debianPackage(...process.argv.slice(2));
