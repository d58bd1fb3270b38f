import type { CallRecord } from 'nestjs-llm-telemetry';
import { paced } from '../paced.js';
import type { Records } from '../records.js';

/** Processor time of the application's thread, microseconds per call, without that of making records. */
export interface ThreadTimes {
  readonly sqliteUs: number;
  readonly sharedUs: number;
}

interface ThreadPace {
  readonly rate: number;
  readonly seconds: number;
  readonly rounds: number;
}

type Record = (record: CallRecord) => void;

/** Records calls by turns in SQLite, in the shared store, and not at all. The shortest times count. */
export async function measureThread(
  records: Records,
  { rounds, ...pace }: ThreadPace,
  [sqlite, shared]: readonly [Record, Record],
): Promise<ThreadTimes> {
  const variants: readonly Record[] = [() => undefined, sqlite, shared];
  const least = variants.map(() => Infinity);
  for (let round = 0; round < rounds; round++)
    for (const [index, record] of variants.entries())
      least[index] = Math.min(least[index]!, (await paced(records, pace, record)).cpuUs);
  const [bareUs, sqliteUs, sharedUs] = least as [number, number, number];
  return { sqliteUs: sqliteUs - bareUs, sharedUs: sharedUs - bareUs };
}
