/**
 * Runs a command without the programs that only some suites use, as on a machine with Node and npm only:
 *
 *     node scripts/without-optional-programs.mjs npm test
 *
 * The command gets a PATH of one folder with a link to each program of the real PATH except the hidden ones.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const HIDDEN =
  /^(chrom(e|ium).*|google-chrome.*|redis-.*|prometheus.*|promtool|amtool|alertmanager|postgres|pgbouncer|nginx)$/;

const folder = mkdtempSync(join(tmpdir(), 'bare-path-'));
for (const directory of (process.env.PATH ?? '').split(delimiter)) {
  for (const program of programsIn(directory)) {
    try {
      symlinkSync(join(directory, program), join(folder, program));
    } catch {
      // An earlier folder of the PATH has a program with this name.
    }
  }
}

// Some programs are looked for in other folders, too (test/support/optional-programs.ts).
const environment = { ...process.env, PATH: folder, PROGRAMS_ON_PATH_ONLY: '1' };
delete environment.CHROMIUM_PATH;
delete environment.REQUIRE_ALL_PROGRAMS;
const [command, ...args] = process.argv.slice(2);
const { status } = spawnSync(command, args, { stdio: 'inherit', env: environment });
rmSync(folder, { recursive: true, force: true });
process.exitCode = status ?? 1;

function programsIn(directory) {
  try {
    return readdirSync(directory).filter((name) => !HIDDEN.test(name));
  } catch {
    return [];
  }
}
