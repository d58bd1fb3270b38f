import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import Table from 'cli-table3';
import { LlmTelemetryModule, type CallStore, type TimeRange } from 'nestjs-llm-telemetry';
import { QUERIES } from './queries.js';
import { Records } from './records.js';

/** What the store takes in, and how fast it answers. See README.md in the folder above. */

const DAY = 86_400_000;
const DAYS = 30;
const RATE = 20_000;
const LIMITS = { delayMs: 10, allMs: 100, dayMs: 20 };

const { values: options } = parseArgs({
  options: {
    calls: { type: 'string', default: '10000000' },
    seconds: { type: 'string', default: '10' },
    check: { type: 'boolean', default: false },
    path: { type: 'string' },
  },
});
const calls = Number(options.calls);
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
  await takeIn(Number(options.seconds));
  await ask(now);
} finally {
  await app.close();
  rmSync(folder, { recursive: true });
}
for (const failure of failures) process.stdout.write(`PASSED  ${failure}\n`);
process.exitCode = options.check && failures.length > 0 ? 1 : 0;

/** Calls of the last 30 days, as fast as they are taken. */
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

/** A steady rate, beside a loop that does the same work without the store. */
async function takeIn(seconds: number): Promise<void> {
  const bare = await paced(seconds, () => undefined);
  const before = await store.status();
  const recorded = await paced(seconds, (record) => store.record(record));
  await store.flush();
  const after = await store.status();
  const written = after.written - before.written;
  process.stdout.write(
    `${Math.round(recorded.calls / seconds)} calls a second for ${seconds} s: ${written} written of ${recorded.calls}. ` +
      `Event-loop delay P99 ${recorded.p99Ms.toFixed(1)} ms (${bare.p99Ms.toFixed(1)} ms without the store, limit ${LIMITS.delayMs}), ` +
      `main thread ${recorded.cpuUs.toFixed(1)} µs a call (${bare.cpuUs.toFixed(1)}).\n`,
  );
  if (written < recorded.calls) {
    failures.push(`${recorded.calls - written} calls were not written: ${JSON.stringify(after.dropped)}`);
  }
  if (recorded.p99Ms > LIMITS.delayMs) failures.push(`event-loop delay P99 ${recorded.p99Ms.toFixed(1)} ms`);
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
    ['30 days', { from: now - DAYS * DAY, to: now + DAY }, LIMITS.allMs],
    ['a day', { from: now - 2 * DAY, to: now - DAY }, LIMITS.dayMs],
  ];
  const table = new Table({
    head: ['', ...ranges.map(([name, , limit]) => `${name} (≤ ${limit} ms)`)],
    colAligns: ['left', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { name, run } of QUERIES) {
    const cells: string[] = [];
    for (const [rangeName, range, limit] of ranges) {
      const times: number[] = [];
      for (let turn = 0; turn < 5; turn++) {
        const start = performance.now();
        await run(store, range);
        times.push(performance.now() - start);
      }
      const median = times.sort((one, other) => one - other)[2]!;
      cells.push(`${median.toFixed(1)} (${times[4]!.toFixed(1)})`);
      if (median > limit) failures.push(`${name}, ${rangeName}: ${median.toFixed(1)} ms`);
    }
    table.push([name, ...cells]);
  }
  const size = statSync(path).size / 2 ** 30;
  process.stdout.write(
    `Median and slowest of five, ms; the file has ${size.toFixed(2)} GiB.\n${table.toString()}\n`,
  );
}
