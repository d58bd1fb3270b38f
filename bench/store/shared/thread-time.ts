import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CallRecord } from 'nestjs-llm-telemetry';

/** Processor time of the application's thread, microseconds per call. */
export interface ThreadTimes {
  readonly sqliteUs: number;
  readonly sharedUs: number;
}

/** A store that records calls. */
export interface Recording {
  record(record: CallRecord): void;
  flush(): Promise<void>;
}

/** Calls recorded in one turn of the event loop. */
const CALLS_PER_TURN = 100;

/**
 * Records the same calls by turns in SQLite and in the shared store: from `record` until they are posted to the store's
 * thread. The shortest times count.
 */
export async function measureThread(
  records: readonly CallRecord[],
  rounds: number,
  stores: readonly [sqlite: Recording, shared: Recording],
): Promise<ThreadTimes> {
  const least: [number, number] = [Infinity, Infinity];
  for (let round = 0; round < rounds; round++) {
    for (const index of [0, 1] as const) {
      least[index] = Math.min(least[index], await timeOf(records, stores[index]));
      await stores[index].flush();
    }
  }
  return { sqliteUs: least[0], sharedUs: least[1] };
}

async function timeOf(records: readonly CallRecord[], store: Recording): Promise<number> {
  const before = process.threadCpuUsage();
  for (let index = 0; index < records.length; index += CALLS_PER_TURN) {
    for (const record of records.slice(index, index + CALLS_PER_TURN)) store.record(record);
    await nextTurn();
  }
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / records.length;
}
