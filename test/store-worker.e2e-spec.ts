import { callRecord } from './support/call-record.js';
import { ThreadOfStore } from './support/store-thread.js';
import { temporaryFolder } from './support/temporary-folder.js';

/** What the store's worker does by itself, on the clock of the system and with the default limits of names. */

const { jest } = import.meta;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const YEAR = 365 * 24 * HOUR;
const START = Date.UTC(2026, 10, 24, 12);
const folder = temporaryFolder();

let store: ThreadOfStore | null = null;
afterEach(() => {
  store?.close();
  store = null;
  jest.useRealTimers();
});

/** Starts the worker on one file, in a process whose clock shows `now`. */
function start(now = START): ThreadOfStore {
  store?.close();
  jest.useRealTimers();
  jest.useFakeTimers({ now });
  return (store = new ThreadOfStore(folder.file('calls.db')));
}

const tenants = (...names: readonly string[]): ReturnType<typeof callRecord>[] =>
  names.map((tenantId) => callRecord({ identity: { tenantId } }));

async function callsBy(by: 'tenant' | 'feature', names: readonly string[]): Promise<unknown[]> {
  const { groups } = await store!.measure({ range: { from: 0, to: START + HOUR }, by: [by] });
  return names.map((name) => [name, groups.find((group) => group.names[by] === name)?.measures.calls ?? 0]);
}

describe('one start with a clock that is a year ahead', () => {
  it('deletes neither calls nor rollups, and later calls are measured by the minute', async () => {
    start().write(callRecord({ feature: 'before' }));
    start(START + YEAR);
    jest.advanceTimersByTime(MINUTE);
    const now = START + HOUR;
    start(now).write(callRecord({ feature: 'after' }));
    jest.advanceTimersByTime(MINUTE);
    const { calls } = store!.ask('calls', { range: { from: START - HOUR, to: now + HOUR } });
    expect(calls.map(({ feature }) => feature)).toEqual(['after', 'before']);
    const measured = await store!.measure({ range: { from: now - MINUTE, to: now + MINUTE } });
    expect(measured.groups[0]!.measures.calls).toBe(1);
  });
});

describe('names after a flood', () => {
  const flood = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, index) => `flood-${index}`);

  it('of tenants past 500 get a slot once they are used, which they keep over a restart', async () => {
    start().write(...tenants(...flood(510)), ...tenants('acme', 'acme', 'acme', 'initech', 'initech'));
    jest.advanceTimersByTime(MINUTE);
    store!.write(...tenants('acme', 'acme', 'initech'));
    const expected = [
      ['acme', 2],
      ['initech', 1],
    ];
    expect(await callsBy('tenant', ['acme', 'initech'])).toEqual(expected);
    start();
    expect(await callsBy('tenant', ['acme', 'initech'])).toEqual(expected);
  });

  it('of features past 2,000 series get a slot once they are used', async () => {
    start().write(...[...flood(2010), 'orders', 'orders'].map((feature) => callRecord({ feature })));
    jest.advanceTimersByTime(MINUTE);
    store!.write(callRecord({ feature: 'orders' }));
    expect(await callsBy('feature', ['orders'])).toEqual([['orders', 1]]);
  });
});
