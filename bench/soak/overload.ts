import { LlmTelemetryQueries } from 'nestjs-llm-telemetry';
import type { Soaked } from './service.js';

/** More calls than the queue of the store holds (50,000), without a pause in which it could be emptied. */
const CALLS = 80_000;
const CALLS_PER_BLOCK = 1000;
/**
 * Calls must not take longer while their records are dropped: the fastest block of each kind counts, since other processes
 * only slow blocks down. Twice as long allows for a busy machine.
 */
const SLOWER_AT_MOST = 2;

/**
 * Makes more calls than can be stored. The store must drop those beyond its queue, count each of them, and not delay
 * calls.
 *
 * @returns A line for the report, and what went wrong.
 */
export async function overload({
  app,
  service,
  telemetry,
}: Soaked): Promise<{ line: string; problems: string[] }> {
  const queries = app.get(LlmTelemetryQueries, { strict: false });
  const counts = async (): Promise<{ dropped: number; written: number }> => {
    await telemetry.flush();
    const { dropped, written } = (await queries.status())!;
    return { dropped: Object.values(dropped).reduce((sum, count) => sum + count, 0), written };
  };
  const before = await counts();
  const blocks: number[] = [];
  for (let block = 0; block < CALLS / CALLS_PER_BLOCK; block++) {
    const start = performance.now();
    for (let call = 0; call < CALLS_PER_BLOCK; call++) service.byHand();
    blocks.push(((performance.now() - start) * 1000) / CALLS_PER_BLOCK);
  }
  const after = await counts();

  const dropped = after.dropped - before.dropped;
  const written = after.written - before.written;
  const shed = Math.floor(dropped / CALLS_PER_BLOCK);
  const [queued, beyond] = [blocks.slice(0, -shed), blocks.slice(-shed)].map((some) => Math.min(...some));
  const problems: string[] = [];
  if (dropped === 0) problems.push('no call was dropped in the overload');
  if (written + dropped !== CALLS)
    problems.push(`${written} stored and ${dropped} dropped calls of ${CALLS} in the overload`);
  if (beyond! > queued! * SLOWER_AT_MOST)
    problems.push(
      `calls take ${beyond!.toFixed(1)} instead of ${queued!.toFixed(1)} µs while records are dropped`,
    );
  const line =
    `overload: ${CALLS} calls at once, ${written} stored, ${dropped} dropped and counted; ` +
    `${queued!.toFixed(1)} µs for a call, ${beyond!.toFixed(1)} µs while records are dropped`;
  return { line, problems };
}
