import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** Program that some suites use and that npm cannot install. */
interface OptionalProgram {
  /** Names to look for on the PATH, in this order. */
  readonly commands: readonly string[];
  /** Folders to look in besides the PATH, in this order. */
  readonly folders?: readonly string[];
  /** Environment variable with the path of the program, which takes precedence over the PATH. */
  readonly variable?: string;
  /** Debian package that contains the program. */
  readonly debianPackage: string;
}

const PROGRAMS = {
  chromium: {
    commands: ['chromium', 'chromium-browser', 'google-chrome'],
    variable: 'CHROMIUM_PATH',
    debianPackage: 'chromium',
  },
  'redis-server': { commands: ['redis-server'], debianPackage: 'redis-server' },
  prometheus: { commands: ['prometheus'], debianPackage: 'prometheus' },
  promtool: { commands: ['promtool'], debianPackage: 'prometheus' },
  'prometheus-alertmanager': {
    commands: ['prometheus-alertmanager'],
    debianPackage: 'prometheus-alertmanager',
  },
  amtool: { commands: ['amtool'], debianPackage: 'prometheus-alertmanager' },
  // Debian does not put the server on the PATH.
  postgres: {
    commands: ['postgres'],
    folders: [18, 17, 16, 15, 14].map((version) => `/usr/lib/postgresql/${version}/bin`),
    debianPackage: 'postgresql',
  },
  nginx: { commands: ['nginx'], folders: ['/usr/sbin'], debianPackage: 'nginx-light' },
  pgbouncer: { commands: ['pgbouncer'], folders: ['/usr/sbin'], debianPackage: 'pgbouncer' },
} as const satisfies Record<string, OptionalProgram>;

export type ProgramName = keyof typeof PROGRAMS;

/** Returns the path of an installed program, or `undefined`. */
export function findProgram(name: ProgramName): string | undefined {
  const { commands, variable, folders: more = [] }: OptionalProgram = PROGRAMS[name];
  const configured = variable === undefined ? undefined : process.env[variable];
  const others = process.env['PROGRAMS_ON_PATH_ONLY'] === '1' ? [] : more;
  const folders = [...(process.env['PATH'] ?? '').split(delimiter).filter(isAbsolute), ...others];
  const candidates = configured
    ? [configured]
    : commands.flatMap((command) => folders.map((folder) => join(folder, command)));
  return candidates.find(isExecutable);
}

/** Returns the path of an installed program. @throws Error with the command that installs it. */
export function programPath(name: ProgramName): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(missing(name));
  return path;
}

/**
 * Skips every test of the importing file if one of the programs is not installed. With `REQUIRE_ALL_PROGRAMS=1`, as
 * in CI, and outside Jest, the file fails instead. Call it at module level in the support module that starts the program: imports are
 * evaluated before the suite defines its tests, so each suite that needs the program is found without a list.
 *
 * The names of skipped tests end with {@link skipMark}, from which the reporter (`program-reporter.mjs`) derives its
 * summary.
 */
export function requirePrograms(...names: readonly ProgramName[]): void {
  const absent = names.find((name) => findProgram(name) === undefined);
  if (absent === undefined) return;
  const hasTests = typeof (globalThis as { describe?: unknown }).describe === 'function';
  if (process.env['REQUIRE_ALL_PROGRAMS'] === '1' || !hasTests) throw new Error(missing(absent));
  const mark = skipMark(absent, PROGRAMS[absent].debianPackage);
  // Skipped suites contain no enabled test, so Jest does not run their hooks either.
  globalThis.describe = skipping(globalThis.describe, mark);
  globalThis.it = skipping(globalThis.it, mark);
  globalThis.test = globalThis.it;
}

/** Suffix of the name of a test that is skipped because a program is missing. */
function skipMark(program: string, debianPackage: string): string {
  return `[${program} is not installed: ${debianPackage}]`;
}

function missing(name: ProgramName): string {
  return `${name} is not installed. Install it with: apt-get install ${PROGRAMS[name].debianPackage}`;
}

/** Returns a `describe` or `it` that only skips. */
function skipping<T extends jest.Describe | jest.It>(define: T, mark: string): T {
  const marked = (skip: (...args: never[]) => unknown) =>
    ((name: unknown, ...rest: unknown[]) =>
      (skip as (...args: unknown[]) => unknown)(`${nameOf(name)} ${mark}`, ...rest)) as never;
  const each = (...table: unknown[]): unknown =>
    marked((define.skip.each as (...args: unknown[]) => (...args: never[]) => unknown)(...table));
  const skip = Object.assign(marked(define.skip as never) as object, { each });
  return Object.assign(skip, { only: skip, skip }) as T;
}

function nameOf(name: unknown): string {
  return typeof name === 'function' ? name.name : String(name);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
