import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallRecord } from 'nestjs-llm-telemetry';
import { paced } from '../paced.js';
import { Records } from '../records.js';
import { claimAll } from './alert-claims.js';
import { storeOn } from './databases.js';
import type { Commands, InstanceOptions, Recorded, Request, Response } from './messages.js';
import { openStore } from './open-store.js';
import { measureThread } from './thread-time.js';
import { endOfCall } from './times.js';
import { TotalsOfRecords } from './totals.js';

/** One instance of a service, in a process of its own: does what the bench asks for. */

/** Calls between two flushes while the store is filled. */
const CALLS_PER_FLUSH = 20_000;
const FLUSH_MS = 600_000;
/** `flush` does not return earlier if the database does not respond. */
const GIVES_UP_MS = 1900;

const options = JSON.parse(process.argv[2]!) as InstanceOptions;
const shared = storeOn(options.kind, options);
const { store, close } = await openStore(shared);
const records = new Records(options.seed);
let isStopped = false;

const commands: { [Name in keyof Commands]: (parameters: Commands[Name][0]) => Promise<Commands[Name][1]> } =
  {
    fill: async ({ from, to, calls, now }) => {
      const recorder = new Recorder();
      for (let index = from; index < to; index++) {
        recorder.record(records.next(endOfCall(index, calls, now)));
        if ((index - from) % CALLS_PER_FLUSH === CALLS_PER_FLUSH - 1) await flushed();
      }
      await flushed();
      return recorder.recorded();
    },
    record: async ({ rate, seconds }) => {
      isStopped = false;
      const recorder = new Recorder();
      await paced(records, { rate, seconds, isStopped: () => isStopped }, (record) =>
        recorder.record(record),
      );
      return recorder.recorded();
    },
    stop: async () => {
      isStopped = true;
    },
    flush: async () => {
      await flushed();
    },
    dropped: async () => {
      const { dropped } = await store.status();
      return Object.values(dropped).reduce((sum, count) => sum + count, 0);
    },
    mark: async ({ calls, intervalMs, tenantId }) => {
      const recorder = new Recorder();
      const marks: Array<[string, number]> = [];
      for (let mark = 0; mark < calls; mark++) {
        const record = records.next(Date.now());
        recorder.record({ ...record, identity: { ...record.identity, tenantId } });
        marks.push([record.trace!.traceId, Date.now()]);
        await sleep(intervalMs);
      }
      return { ...recorder.recorded(), marks };
    },
    thread: async ({ calls, rounds }) => {
      const recorder = new Recorder();
      const made = Array.from({ length: calls }, () => records.next(Date.now()));
      const sqlite = await openStore({ path: join(options.folder, 'sqlite', 'calls.db') });
      const times = await measureThread(made, rounds, [
        sqlite.store,
        { record: (record) => store.record(record), flush: flushed },
      ]);
      for (let round = 0; round < rounds; round++) recorder.addAll(made);
      await sqlite.close();
      return { ...recorder.recorded(), ...times };
    },
    claim: async ({ instances, keys }) => {
      const others = await Promise.all(Array.from({ length: instances - 1 }, () => openStore(shared)));
      const stores = [store, ...others.map((other) => other.store)];
      const notified = await Promise.all(stores.map(({ fleet }) => claimAll(fleet!, keys)));
      await Promise.all(others.map((other) => other.close()));
      return notified.reduce((sum, count) => sum + count, 0);
    },
  };

/** Records calls, and adds them up. */
class Recorder {
  private readonly sums = new TotalsOfRecords();

  record(record: CallRecord): void {
    store.record(record);
    this.sums.add(record);
  }

  /** Adds up calls that were recorded elsewhere. */
  addAll(recorded: readonly CallRecord[]): void {
    for (const record of recorded) this.sums.add(record);
  }

  recorded(): Recorded {
    return { totals: this.sums.totals };
  }
}

/**
 * Waits until all calls are in the database. `flush` returns earlier if it does not respond, and only then the status tells:
 * it is a query, whose processor time would be measured.
 */
async function flushed(): Promise<void> {
  const start = performance.now();
  for (;;) {
    const flushStart = performance.now();
    await store.flush();
    const now = performance.now();
    if (now - flushStart < GIVES_UP_MS || now - start > FLUSH_MS) return;
    if ((await store.status()).waiting === 0) return;
  }
}

async function respond({ id, name, parameters }: Request): Promise<void> {
  // The bench may have ended.
  const send = (response: Response): void => void (process.connected && process.send!(response));
  try {
    const command = commands[name] as (parameters: unknown) => Promise<unknown>;
    send({ id, result: await command(parameters) });
  } catch (error) {
    send({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}

process.on('message', (request: Request) => void respond(request));
process.once('disconnect', () => void close().then(() => process.exit()));
await store.status();
process.send!({ id: 0, result: null } satisfies Response);
