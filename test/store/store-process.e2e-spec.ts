import { readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { NodeProcess } from '../support/node-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Stores of the built library in separate processes: how they exit, and what the file contains afterwards. */

import.meta.jest.setTimeout(60_000);

const PROGRAM = fileURLToPath(new URL('../process/store.mjs', import.meta.url));
const folder = temporaryFolder();
afterEach(() => NodeProcess.killAll());

function start(format: 'esm' | 'cjs', path: string, calls: number, ending: string): NodeProcess {
  return new NodeProcess([PROGRAM, format, path, String(calls), ending], { cwd: folder.path });
}

interface Contents {
  readonly calls: number;
  readonly rolledUp: number;
  readonly last: number;
  readonly integrity: string;
}

function contents(path: string): Contents {
  const database = new DatabaseSync(path);
  const one = (sql: string): unknown => Object.values(database.prepare(sql).get() as object)[0];
  const found = {
    calls: Number(one('SELECT count(*) FROM call')),
    rolledUp: Number(one('SELECT sum(calls) FROM zone')),
    last: Number(one('SELECT max(id) / 2048 FROM call')),
    integrity: String(one('PRAGMA integrity_check')),
  };
  database.close();
  return found;
}

describe('a process that exits', () => {
  it.each([
    ['esm', 'by process.exit', 'exit'],
    ['esm', 'with an empty event loop', 'end'],
    ['esm', 'after its application closes', 'close'],
    ['cjs', 'by process.exit', 'exit'],
    ['cjs', 'after its application closes', 'close'],
  ] as const)('writes its last calls without output: %s, %s', async (format, _, ending) => {
    const path = folder.file('calls.db');
    const service = start(format, path, 130, ending);
    expect({ ...(await service.ended), stderr: service.stderr }).toEqual({
      code: 0,
      signal: null,
      stderr: '',
    });
    expect(contents(path)).toMatchObject({ calls: 130, rolledUp: 130, integrity: 'ok' });
  });

  it.each(['exit', 'close'] as const)(
    'logs calls that could not be written to a file: %s',
    async (ending) => {
      const path = folder.file('calls.db');
      writeFileSync(path, 'no database '.repeat(500));
      const service = start('esm', path, 130, ending);
      expect(await service.ended).toEqual({ code: 0, signal: null });
      expect(service.stdout).toContain('Store: 130 calls were dropped');
      expect(readFileSync(path, 'utf8')).toBe('no database '.repeat(500));
    },
  );

  it('by kill -9 under load loses at most the calls of its last second and does not corrupt the file', async () => {
    const path = folder.file('calls.db');
    const service = start('esm', path, 1e9, 'never');
    await service.printed(/calls 15000 /);
    service.kill('SIGKILL');
    await service.ended;
    const found = contents(path);
    const made = [...service.stdout.matchAll(/^calls (\d+) at (\d+)$/gm)];
    const lastMade = Number(made.at(-1)![2]);
    expect(found.integrity).toBe('ok');
    expect(found.rolledUp).toBe(found.calls);
    // All calls that ended a second before the kill are stored.
    const before = made.findLast(([, , at]) => Number(at) <= lastMade - 1000);
    expect(found.calls).toBeGreaterThanOrEqual(Number(before?.[1] ?? 0));
    expect(found.calls).toBeGreaterThan(0);
    expect(lastMade - found.last).toBeLessThanOrEqual(1000);
  });
});

describe('two processes', () => {
  it('share one file without losing calls', async () => {
    const path = folder.file('calls.db');
    const processes = [start('esm', path, 2000, 'close'), start('cjs', path, 2000, 'close')];
    for (const service of processes) {
      expect({ ...(await service.ended), stderr: service.stderr }).toEqual({
        code: 0,
        signal: null,
        stderr: '',
      });
    }
    expect(contents(path)).toMatchObject({ calls: 4000, rolledUp: 4000, integrity: 'ok' });
  });
});
