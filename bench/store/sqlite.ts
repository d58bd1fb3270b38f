import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import Table from 'cli-table3';
import { LlmTelemetryModule, type TimeRange } from 'nestjs-llm-telemetry';
import type { CallStore } from 'nestjs-llm-telemetry/store';
import { limitsOfShortForm, PROMISED, type Limits } from './limits.js';
import { paced, type Paced } from './paced.js';
import { QUERIES } from './queries.js';
import { Records } from './records.js';

const DAY = 86_400_000;
const DAYS = 30;
const RATE = 20_000;
/** Short form: two seconds of calls fit into the store's queue, so no call may be dropped, even on a busy machine. */
const QUICK = { calls: 200_000, seconds: 2 };

export interface SqliteOptions {
  readonly calls: number | undefined;
  readonly seconds: number | undefined;
  readonly quick: boolean;
  /** A file that is kept, and not filled again. */
  readonly path: string | undefined;
}

interface Bench {
  readonly store: CallStore;
  readonly records: Records;
  readonly limits: Limits;
  readonly failures: string[];
}

/** Measures the store in a file. Returns what exceeds a limit. */
export async function benchSqlite({ quick, ...options }: SqliteOptions): Promise<readonly string[]> {
  const calls = options.calls ?? (quick ? QUICK.calls : 10_000_000);
  const seconds = options.seconds ?? (quick ? QUICK.seconds : 10);
  const limits = quick ? limitsOfShortForm() : PROMISED;
  const folder = mkdtempSync(join(tmpdir(), 'llm-telemetry-bench-'));
  const path = options.path ?? join(folder, 'calls.db');

  @Module({
    imports: [
      LlmTelemetryModule.forRoot({
        alerts: false,
        dashboard: false,
        store: { path, retention: { callDays: 2 * DAYS, maxBytes: 1e12 } },
      }),
    ],
  })
  class BenchModule {}

  const app = await NestFactory.createApplicationContext(BenchModule, { logger: ['warn'] });
  const store = app.get<CallStore>(Symbol.for('nestjs-llm-telemetry.store.v1'));
  const bench: Bench = { store, records: new Records(), limits, failures: [] };
  try {
    const now = Date.now();
    if ((await store.status()).kept < calls) await fill(bench, calls, now);
    await recordCalls(bench, seconds);
    await ask(bench, now);
    process.stdout.write(`The file has ${(statSync(path).size / 2 ** 30).toFixed(2)} GiB.\n`);
  } finally {
    await app.close();
    rmSync(folder, { recursive: true });
  }
  return bench.failures;
}

/** Fills the store with calls of the last 30 days, as fast as possible. */
async function fill({ store, records, failures }: Bench, calls: number, now: number): Promise<void> {
  const start = performance.now();
  for (let index = 0; index < calls; index++) {
    store.record(records.next(now - DAYS * DAY + (index / calls) * DAYS * DAY));
    if (index % 20_000 === 19_999) await store.flush();
    if (index % 1_000_000 === 999_999) process.stderr.write(`${(index + 1) / 1e6} million calls …\n`);
  }
  await store.flush();
  const seconds = (performance.now() - start) / 1000;
  const { kept, dropped, bytes } = await store.status();
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  if (lost > 0) failures.push(`${lost} calls were dropped while the file was filled`);
  process.stdout.write(
    `${kept} calls in ${seconds.toFixed(0)} s: ${Math.round(kept / seconds)} a second, made and written. ` +
      `${(bytes / kept).toFixed(0)} bytes a call.\n`,
  );
}

/** Records calls at a steady rate, and compares with a loop that does the same work without the store. */
async function recordCalls({ store, records, limits, failures }: Bench, seconds: number): Promise<void> {
  const pace = { rate: RATE, seconds };
  const bare = await paced(records, pace, () => undefined);
  const before = await store.status();
  const recorded: Paced = await paced(records, pace, (record) => store.record(record));
  await store.flush();
  const after = await store.status();
  const written = after.written - before.written;
  process.stdout.write(
    `${Math.round(recorded.calls / seconds)} calls a second for ${seconds} s: ${written} written of ${recorded.calls}. ` +
      `Event-loop delay P99 ${recorded.p99Ms.toFixed(1)} ms (${bare.p99Ms.toFixed(1)} ms without the store), ` +
      `main thread ${recorded.cpuUs.toFixed(1)} µs a call (${bare.cpuUs.toFixed(1)}).\n`,
  );
  if (written < recorded.calls) {
    failures.push(`${recorded.calls - written} calls were not written: ${JSON.stringify(after.dropped)}`);
  }
  const { delayMs, cpuUs } = limits;
  if (delayMs !== null && recorded.p99Ms > delayMs)
    failures.push(`event-loop delay P99 ${recorded.p99Ms.toFixed(1)} ms, above ${delayMs}`);
  const added = recorded.cpuUs - bare.cpuUs;
  if (cpuUs !== null && added > cpuUs)
    failures.push(`main thread ${added.toFixed(1)} µs a call, above ${cpuUs.toFixed(1)}`);
}

async function ask({ store, limits, failures }: Bench, now: number): Promise<void> {
  const ranges: ReadonlyArray<readonly [string, TimeRange, number]> = [
    ['30 days', { from: now - DAYS * DAY, to: now + DAY }, limits.allMs],
    ['a day', { from: now - 2 * DAY, to: now - DAY }, limits.dayMs],
  ];
  const table = new Table({
    head: ['', ...ranges.map(([name, , limit]) => `${name} (≤ ${limit.toFixed(0)} ms)`)],
    colAligns: ['left', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const query of QUERIES) {
    const { name } = query;
    const cells: string[] = [];
    for (const [rangeName, range, limit] of ranges) {
      const times: number[] = [];
      const prepared = (await query.prepare?.(store, range)) ?? '';
      for (let turn = 0; turn < limits.turns; turn++) {
        const start = limits.clock();
        await query.run(store, range, prepared);
        times.push(limits.clock() - start);
      }
      times.sort((one, other) => one - other);
      const judged = times[limits.counts]!;
      cells.push(`${judged.toFixed(1)} (${times.at(-1)!.toFixed(1)})`);
      if (judged > limit)
        failures.push(`${name}, ${rangeName}: ${judged.toFixed(1)} ms, above ${limit.toFixed(0)}`);
    }
    table.push([name, ...cells]);
  }
  const judged = limits === PROMISED ? 'Median and slowest' : 'Least and most processor time';
  process.stdout.write(`${judged} of ${limits.turns}, ms.\n${table.toString()}\n`);
}
