import { once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { CallRecord } from 'nestjs-llm-telemetry';
import { leftovers, Scopes, type Leftovers } from './leftovers.js';
import { Load } from './load.js';
import { readOptions } from './options.js';
import { overload } from './overload.js';
import { startService } from './service.js';
import { slopeOf, type Sample } from './slope.js';

/**
 * Sends mixed traffic with faults, then checks for leaks, then makes more calls than can be stored. Exits with 1 if
 * resources remain, the heap has grown after garbage collection, or the overload has slowed calls. See ../README.md.
 */

const ROUNDS = 12;
/** Share of the run and minimum number of calls before the first sample, so that code is compiled and pools are filled. */
const WARM_UP = 0.25;
const WARM_UP_CALLS = 2_000;
/** Maximum wait for keep-alive sockets and started timers to end. */
const PATIENCE_MS = 20_000;
/** Scopes that the platform's sockets and timers may retain, regardless of the length of the run. */
const SCOPES_KEPT = 8;

const options = readOptions();
const emulator = new Worker(new URL('./emulator.js', import.meta.url));
const [urls] = (await once(emulator, 'message')) as [{ openai: string; anthropic: string }];

const scopes = new Scopes();
const stopping = new AbortController();
const leaked: unknown[] = [];
let calls = 0;
const soaked = await startService(urls, (record: CallRecord) => {
  calls++;
  if (options.leak === 'records') leaked.push(record);
});
soaked.service.onScope = (scope) => {
  scopes.add(scope);
  if (options.leak === 'scopes') leaked.push(scope);
};

const load = new Load(soaked, stopping.signal, options);
await load.run(options.seconds * WARM_UP * 1000, () => calls >= WARM_UP_CALLS);
load.reset();
const before = await settled(() => true);
const samples: Sample[] = [];
for (let round = 0; round < ROUNDS; round++) {
  await load.run((options.seconds * (1 - WARM_UP) * 1000) / ROUNDS);
  if (options.leak === 'timers') leaked.push(setInterval(() => {}, 60_000));
  if (options.leak === 'listeners') stopping.signal.addEventListener('abort', () => {});
  await collect();
  samples.push({ x: calls, y: process.memoryUsage().heapUsed });
  report(`${calls} calls, ${megabytes(samples.at(-1)!.y)}, ${scopes.left} of ${scopes.made} scopes retained`);
}
const after = await settled((now) => differences(before, now).length === 0);

const { slope, error } = slopeOf(samples);
// A slope that does not differ significantly from 0 counts as 0.
const growth = slope - 2 * error;
const problems = differences(before, after);
if (growth > options.bytesPerCall) problems.push(`the heap has grown by ${slope.toFixed(0)} bytes per call`);
if (calls < scopes.made) problems.push(`${scopes.made} scopes, but only ${calls} records`);
report(
  `${calls} calls (${load.failed} failed), heap ${slope.toFixed(1)} ± ${(2 * error).toFixed(1)} bytes per call of at most ` +
    `${options.bytesPerCall}, ${after.scopes} of ${scopes.made} scopes retained of at most ${SCOPES_KEPT}`,
);
report(load.report());
for (const problem of problems) report(`LEAK: ${problem}`);
const overloaded = await overload(soaked);
report(overloaded.line);
for (const problem of overloaded.problems) report(`OVERLOAD: ${problem}`);

await soaked.app.close();
await emulator.terminate();
process.exit(problems.length + overloaded.problems.length > 0 ? 1 : 0);

/** Collects garbage several times: finalizers run in between, and some of them release further objects. */
async function collect(): Promise<void> {
  for (let pass = 0; pass < 4; pass++) {
    globalThis.gc!();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Returns the leftovers when they are stable and pass the check, or after `PATIENCE_MS`. */
async function settled(isExpected: (now: Leftovers) => boolean): Promise<Leftovers> {
  const until = performance.now() + PATIENCE_MS;
  let last: Leftovers | null = null;
  let unchanged = 0;
  for (;;) {
    await soaked.telemetry.flush();
    await collect();
    const now = leftovers(stopping.signal, scopes);
    unchanged = last !== null && isDeepStrictEqual(last, now) ? unchanged + 1 : 0;
    // Longer than the keep-alive timeout of a connection.
    if ((unchanged >= 6 && isExpected(now)) || performance.now() > until) return now;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

function differences(one: Leftovers, other: Leftovers): string[] {
  const found: string[] = [];
  for (const what of ['resources', 'listeners'] as const) {
    for (const name of new Set([...Object.keys(one[what]), ...Object.keys(other[what])])) {
      const [was, is] = [one[what][name] ?? 0, other[what][name] ?? 0];
      if (is > was) found.push(`${what}: ${is} × ${name} instead of ${was}`);
    }
  }
  if (other.scopes > SCOPES_KEPT) found.push(`${other.scopes} scopes of calls are retained`);
  return found;
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(2)} MB`;
}

function report(line: string): void {
  process.stdout.write(`${line}\n`);
}
