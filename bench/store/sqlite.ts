import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import Table from 'cli-table3';
import { LlmTelemetryModule, type TimeRange } from 'nestjs-llm-telemetry';
import type { CallStore } from 'nestjs-llm-telemetry/store';
import { limitsOfShortForm, PROMISED } from './limits.js';
import { QUERIES } from './queries.js';
import { Records } from './records.js';

/** Measures how fast the store records calls and runs queries. See ../README.md. */

const DAY = 86_400_000;
const DAYS = 30;
const RATE = 20_000;
/** Short form: two seconds of calls fit into the store's queue, so no call may be dropped, even on a busy machine. */
const QUICK = { calls: 200_000, seconds: 2 };

const { values: options } = parseArgs({
  options: {
    calls: { type: 'string' },
    seconds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    path: { type: 'string' },
  },
});
const calls = Number(options.calls ?? (options.quick ? QUICK.calls : 10_000_000));
const seconds = Number(options.seconds ?? (options.quick ? QUICK.seconds : 10));
const limits = options.quick ? limitsOfShortForm() : PROMISED;
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
const records = new Records();
const failures: string[] = [];
try {
  const now = Date.now();
  if ((await store.status()).kept < calls) await fill(now);
  await recordCalls(seconds);
  await ask(now);
} finally {
  await app.close();
  rmSync(folder, { recursive: true });
}
for (const failure of failures) process.stdout.write(`NOT HELD  ${failure}\n`);
process.exitCode = options.check && failures.length > 0 ? 1 : 0;

/** Fills the store with calls of the last 30 days, as fast as possible. */
async function fill(now: number): Promise<void> {
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
async function recordCalls(seconds: number): Promise<void> {
  const bare = await paced(seconds, () => undefined);
  const before = await store.status();
  const recorded = await paced(seconds, (record) => store.record(record));
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

async function paced(
  seconds: number,
  take: (record: ReturnType<Records['next']>) => void,
): Promise<{ calls: number; p99Ms: number; cpuUs: number }> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const start = performance.now();
  const before = process.threadCpuUsage();
  delay.enable();
  let taken = 0;
  while (performance.now() - start < seconds * 1000) {
    const due = Math.min(RATE * seconds, ((performance.now() - start) / 1000) * RATE);
    for (; taken < due; taken++) take(records.next(Date.now()));
    await sleep(1);
  }
  delay.disable();
  const { user, system } = process.threadCpuUsage(before);
  return { calls: taken, p99Ms: delay.percentile(99) / 1e6, cpuUs: (user + system) / taken };
}

async function ask(now: number): Promise<void> {
  const ranges: ReadonlyArray<readonly [string, TimeRange, number]> = [
    ['30 days', { from: now - DAYS * DAY, to: now + DAY }, limits.allMs],
    ['a day', { from: now - 2 * DAY, to: now - DAY }, limits.dayMs],
  ];
  const table = new Table({
    head: ['', ...ranges.map(([name, , limit]) => `${name} (≤ ${limit.toFixed(0)} ms)`)],
    colAligns: ['left', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { name, run } of QUERIES) {
    const cells: string[] = [];
    for (const [rangeName, range, limit] of ranges) {
      const times: number[] = [];
      for (let turn = 0; turn < limits.turns; turn++) {
        const start = limits.clock();
        await run(store, range);
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
  const size = statSync(path).size / 2 ** 30;
  process.stdout.write(
    `${options.quick ? 'Least and most processor time' : 'Median and slowest'} of ${limits.turns}, ms; the file has ${size.toFixed(2)} GiB.\n${table.toString()}\n`,
  );
}
