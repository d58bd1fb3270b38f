import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask } from './ask.js';
import { type Database, startDatabase, storeOn } from './databases.js';
import { alertChanges, outages, seenElsewhere, threadTime } from './fleet.js';
import { Instance } from './instances.js';
import { fill, intake } from './intake.js';
import { type DatabaseKind, sharedLimits } from './limits.js';
import { machine } from './machine.js';
import { openStore } from './open-store.js';
import { Report } from './report.js';
import { save } from './results.js';
import { type Extent, Setting } from './setting.js';

export interface SharedOptions {
  readonly calls: number | undefined;
  readonly seconds: number | undefined;
  readonly quick: boolean;
  /** Replaces the results that the documents show. */
  readonly save: boolean;
}

const WRITERS = 8;

const FULL: Extent = {
  calls: 10_000_000,
  seconds: 60,
  // More than the limit, because the intake includes the delay of the last delivery.
  rate: 21_000,
  marks: 400,
  threadRounds: 10,
  killSeconds: 5,
  awaySeconds: 600,
  changes: 100,
};
const QUICK: Extent = {
  calls: 200_000,
  seconds: 3,
  rate: 5000,
  marks: 100,
  threadRounds: 3,
  killSeconds: 1,
  awaySeconds: 5,
  changes: 20,
};

/** Measures a store that instances share. Returns what exceeds a limit. */
export async function benchShared(
  kind: DatabaseKind,
  { calls, seconds, quick, ...options }: SharedOptions,
): Promise<readonly string[]> {
  const [load = 0] = loadavg();
  const base = quick ? QUICK : FULL;
  const extent = { ...base, calls: calls ?? base.calls, seconds: seconds ?? base.seconds };
  const folder = mkdtempSync(join(tmpdir(), 'llm-telemetry-bench-'));
  const database = await startDatabase(kind);
  const writers: Instance[] = [];
  // Servers and writers would outlive this process.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void database.stop().finally(() => process.exit(1)));
  try {
    const reader = await openStore(storeOn(kind, { url: database.url, folder }));
    try {
      await startWriters(writers, database, folder);
      const report = new Report();
      const limits = sharedLimits(kind, quick);
      await measure(new Setting(database, writers, reader.store, extent, limits, report));
      process.stdout.write(`${database.description}; ${machine()}\n${report.toString()}\n`);
      if (options.save) save({ database, extent, isShortForm: quick, load, report });
      return report.failures;
    } finally {
      await Promise.all(writers.map((writer) => writer.stop()));
      await reader.close();
    }
  } finally {
    await database.stop();
    rmSync(folder, { recursive: true });
  }
}

async function startWriters(writers: Instance[], { kind, url }: Database, folder: string): Promise<void> {
  for (let seed = 1; seed <= WRITERS; seed++) writers.push(await Instance.start({ kind, url, folder, seed }));
}

async function measure(setting: Setting): Promise<void> {
  await fill(setting);
  await ask(setting);
  await intake(setting);
  await seenElsewhere(setting);
  await threadTime(setting);
  await alertChanges(setting);
  await outages(setting);
}
