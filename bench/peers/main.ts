import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { comparePeers, type PeerOptions } from './compare.js';
import { contestantsNamed } from './contestants.js';
import { PEERS } from './rival.js';
import { peersTable } from './table.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Measures this library and its peers and prints a table. The long form with all contestants and tasks stores the results
 * and generates `docs/performance.md` from them.
 *
 * @param out - file for the results, of any form, instead
 */
export async function measurePeers(options: PeerOptions, out: string): Promise<void> {
  const needsPackages = contestantsNamed(options.contestants).some(({ packages }) => packages.length > 0);
  if (needsPackages) run('scripts/prepare.mjs', '--peers');
  const results = await comparePeers(options);
  process.stdout.write(peersTable(results));
  const isWhole = options.contestants.length === 0 && options.only === '' && !options.quick;
  if (out === '' && !isWhole) return;
  writeFileSync(out || join(PEERS, 'results.json'), JSON.stringify(results));
  if (out === '') run('scripts/docs/performance.mjs', '--write');
}

function run(...args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
