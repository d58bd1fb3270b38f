import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallRecord } from 'nestjs-llm-telemetry';
import type { Records } from './records.js';

export interface Pace {
  /** Calls per second. */
  readonly rate: number;
  readonly seconds: number;
  /** Ends earlier if it returns true. */
  readonly isStopped?: () => boolean;
}

export interface Paced {
  readonly calls: number;
  /** Event-loop delay, milliseconds. */
  readonly p99Ms: number;
  /** Processor time of this thread per call, microseconds. */
  readonly cpuUs: number;
}

/** Creates calls that end now, at a steady rate. */
export async function paced(
  records: Records,
  { rate, seconds, isStopped = () => false }: Pace,
  take: (record: CallRecord) => void,
): Promise<Paced> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const start = performance.now();
  const before = process.threadCpuUsage();
  delay.enable();
  let calls = 0;
  while (performance.now() - start < seconds * 1000 && !isStopped()) {
    const due = Math.min(rate * seconds, ((performance.now() - start) / 1000) * rate);
    for (; calls < due; calls++) take(records.next(Date.now()));
    await sleep(1);
  }
  delay.disable();
  const { user, system } = process.threadCpuUsage(before);
  return { calls, p99Ms: delay.percentile(99) / 1e6, cpuUs: (user + system) / calls };
}
