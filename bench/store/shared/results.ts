import { mkdirSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import type { Database } from './databases.js';
import { GUARANTEED_INTAKE } from './limits.js';
import { machine } from './machine.js';
import type { Report } from './report.js';
import type { Extent } from './setting.js';

export interface Results {
  readonly database: Database;
  readonly extent: Extent;
  readonly isShortForm: boolean;
  /** Load average of the machine before the bench. */
  readonly load: number;
  readonly report: Report;
}

/** Writes the results that the documents show, and updates the documents. */
export function save({ database, extent, isShortForm, load, report }: Results): void {
  const results = {
    date: new Date().toISOString().slice(0, 10),
    server: database.description,
    machine: machine(),
    load: load.toFixed(1),
    calls: extent.calls,
    isShortForm,
    numbers: { ...report.numbers, guaranteedIntake: GUARANTEED_INTAKE },
    rows: report.rows,
  };
  mkdirSync('bench/store/results', { recursive: true });
  const file = `bench/store/results/${database.kind}.json`;
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  execFileSync(process.execPath, ['scripts/docs/measured.mjs', '--write'], { stdio: 'inherit' });
}
