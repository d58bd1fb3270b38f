import type { CallRecord } from 'nestjs-llm-telemetry';
import type { StoredCall } from 'nestjs-llm-telemetry/store';
import type { Fault, FaultRow } from './fault.js';

const mapCall =
  (change: (call: StoredCall) => StoredCall): Fault =>
  (store) => ({
    call: async (id) => {
      const call = await store.call(id);
      return call && change(call);
    },
  });

/** Records calls after they were changed: to none, or to several. */
const mapRecord =
  (change: (record: CallRecord, index: number) => readonly CallRecord[]): Fault =>
  (store) => {
    let index = 0;
    return {
      record: (record) => {
        for (const changed of change(record, index++)) store.record(changed);
      },
    };
  };

export const RECORDING_FAULTS: readonly FaultRow[] = [
  [
    'loses one of 100 calls',
    'returns complete records',
    mapRecord((record, index) => (index % 100 === 99 ? [] : [record])),
  ],
  [
    'stores a call twice',
    'returns each call once',
    mapRecord((record, index) => (index === 7 ? [record, record] : [record])),
  ],
  [
    'loses a field of records',
    'returns complete records',
    mapRecord((record) => [
      { ...record, attempts: record.attempts.map((attempt) => ({ ...attempt, retryAfterMs: null })) },
    ]),
  ],
  [
    'swaps the neighbors of a call',
    'returns a call by its id',
    mapCall((call) => ({ ...call, older: call.newer, newer: call.older })),
  ],
  [
    'rejects an unknown id',
    'returns null for an id that no call has',
    (store) => ({
      call: async (id) => {
        const call = await store.call(id);
        if (!call) throw new Error('Not found.');
        return call;
      },
    }),
  ],
  [
    'throws after it was closed',
    'does not throw after it was closed',
    (store) => {
      let closed = false;
      return {
        close: async () => {
          closed = true;
          await store.close();
        },
        record: (record) => {
          if (closed) throw new Error('The store is closed.');
          store.record(record);
        },
      };
    },
  ],
  [
    'resolves a flush before the calls can be read',
    'returns a call once flush has resolved',
    (store) => {
      const late: CallRecord[] = [];
      return {
        record: (record) => void late.push(record),
        flush: async () => {
          for (const record of late.splice(0, late.length - 1)) store.record(record);
          await store.flush();
        },
      };
    },
  ],
  [
    'counts one call more than it has',
    'counts every recorded call',
    (store) => ({
      status: async () => {
        const status = await store.status();
        return { ...status, waiting: status.waiting + 1 };
      },
    }),
  ],
  [
    'forgets the items of a batch',
    'remembers which items of a batch',
    ({ batches }) => ({
      batches: {
        ...batches!,
        claim: async (results, items) => ({
          ...(await batches!.claim(results, items)),
          isNew: items.map(() => true),
        }),
      },
    }),
  ],
  [
    'keeps the sum of a batch beside its items',
    'replaces the sum of a batch',
    ({ batches }) => ({
      batches: { ...batches!, claim: (results, items) => batches!.claim(`${results}?`, items) },
    }),
  ],
  [
    'throws for a value without a JSON form',
    'does not throw for a record that cannot be stored',
    (store) => ({
      record: (record) => {
        JSON.stringify(record);
        store.record(record);
      },
    }),
  ],
  [
    'reports the newest call as the oldest',
    'reports the number, the oldest and the newest',
    (store) => ({
      status: async () => {
        const status = await store.status();
        return { ...status, oldest: status.newest };
      },
    }),
  ],
  [
    'throws for a duration that is not a number',
    'survives calls whose clock is wrong',
    (store) => ({
      record: (record) => {
        if (!Number.isFinite(record.durationMs)) throw new RangeError('Invalid duration.');
        store.record(record);
      },
    }),
  ],
  [
    'has new items after a batch was completed',
    'has no new items of a completed batch',
    ({ batches }) => ({ batches: { ...batches!, complete: async () => undefined } }),
  ],
];
