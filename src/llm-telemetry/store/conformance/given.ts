import type { CallRecord } from '../../calls/record.js';
import type { CallOrigin } from '../call-origin.js';
import type { CallStore } from '../call-store.js';
import type { TimeRange } from '../measures.js';
import type { ConformanceOptions } from './conformance-options.js';

/** Every time that a store can be asked for. */
export const ALL_TIMES: TimeRange = { from: 0, to: 8.64e15 };

/** The origin of stores that a case does not open with another one. */
export const ORIGIN: CallOrigin = {
  service: 'shop',
  version: '1.2.3',
  environment: 'test',
  instance: 'shop-0',
};

/** Opens the stores of a case. */
export class Given {
  private readonly opened: CallStore[] = [];

  constructor(readonly options: ConformanceOptions) {}

  /** Opens an empty store. */
  async open(origin = ORIGIN): Promise<CallStore> {
    return this.added(await this.options.open(origin));
  }

  /** Opens a store that holds records. */
  async holding(records: readonly CallRecord[], origin?: CallOrigin): Promise<CallStore> {
    const store = await this.open(origin);
    await recordAll(store, records);
    return store;
  }

  /** Opens another store of the same calls. */
  async reopen(origin = ORIGIN): Promise<CallStore> {
    return this.added(await this.options.reopen!(origin));
  }

  /** The origin of the calls of a store that was opened with `origin`. */
  originOf(origin = ORIGIN): CallOrigin {
    if (this.options.origins !== false) return origin;
    return { service: null, version: null, environment: null, instance: null };
  }

  async close(): Promise<void> {
    for (const store of this.opened) await store.close();
  }

  private added(store: CallStore): CallStore {
    this.opened.push(store);
    return store;
  }
}

export async function recordAll(store: CallStore, records: readonly CallRecord[]): Promise<void> {
  for (const record of records) store.record(record);
  await store.flush();
}
