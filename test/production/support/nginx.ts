import { spawnSync } from 'node:child_process';
import { programPath, requirePrograms } from '../../support/optional-programs.js';

requirePrograms('nginx');

/** Runs `nginx -t` and returns its output. @throws Error with the output if the configuration is invalid. */
export function testNginx(file: string): string {
  const { status, stderr, error } = spawnSync(
    programPath('nginx'),
    ['-t', '-q', '-e', 'stderr', '-c', file],
    {
      encoding: 'utf8',
    },
  );
  if (error) throw error;
  if (status !== 0) throw new Error(stderr);
  return stderr;
}
