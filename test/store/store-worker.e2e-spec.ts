import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { callRecord } from '../support/call-record.js';
import { ThreadOfStore } from '../support/store-thread.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Tests the store worker without its thread, with the system clock and the default limits of names. */

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

/** Starts the worker on one file with the system clock at `now`. */
function start(now = START, retention?: { maxBytes: number }): ThreadOfStore {
  store?.close();
  jest.useRealTimers();
  jest.useFakeTimers({ now });
  return (store = new ThreadOfStore(folder.file('calls.db'), retention));
}

/** Stops the worker and returns the number of calls in the file; `null` without a file. */
function callsInFile(): unknown {
  store!.close();
  store = null;
  const path = folder.file('calls.db');
  if (!existsSync(path)) return null;
  const database = new DatabaseSync(path);
  const { calls } = database.prepare('SELECT count(*) AS calls FROM call').get()!;
  database.close();
  return calls;
}

const tenants = (...names: readonly string[]): ReturnType<typeof callRecord>[] =>
  names.map((tenantId) => callRecord({ identity: { tenantId } }));

async function callsBy(by: 'tenant' | 'feature', names: readonly string[]): Promise<unknown[]> {
  const { groups } = await store!.measure({ range: { from: 0, to: START + HOUR }, by: [by] });
  return names.map((name) => [name, groups.find((group) => group.names[by] === name)?.measures.calls ?? 0]);
}

describe('one start with a clock that is a year ahead', () => {
  const NOW = START + HOUR;
  beforeEach(() => {
    start().write(callRecord({ feature: 'before' }));
    start(START + YEAR);
    jest.advanceTimersByTime(MINUTE);
    start(NOW).write(callRecord({ feature: 'after' }));
    jest.advanceTimersByTime(MINUTE);
  });

  it('deletes no call', async () => {
    const { calls } = await store!.query('calls', { range: { from: START - HOUR, to: NOW + HOUR } });
    expect(calls.map(({ feature }) => feature)).toEqual(['after', 'before']);
  });

  it.each([
    ['of a minute', NOW, NOW + MINUTE, 1],
    ['of an hour', START, NOW, 1],
    ['of both hours', START, NOW + HOUR, 2],
  ])('does not change measures %s', async (_, from, to, calls) => {
    const { groups } = await store!.measure({ range: { from, to } });
    expect(groups.map(({ measures }) => measures.calls)).toEqual([calls]);
  });
});

describe('names after a flood', () => {
  const flood = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, index) => `flood-${index}`);

  it('of tenants beyond 500 get a slot once they are used, and keep it after a restart', async () => {
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

  it('of features beyond 2,000 series get a slot once they are used', async () => {
    start().write(...[...flood(2010), 'orders', 'orders'].map((feature) => callRecord({ feature })));
    jest.advanceTimersByTime(MINUTE);
    store!.write(callRecord({ feature: 'orders' }));
    expect(await callsBy('feature', ['orders'])).toEqual([['orders', 1]]);
  });
});

describe('a file that is open', () => {
  it('is created again within 10 seconds after it was deleted, and stores later calls', () => {
    start().write(callRecord());
    rmSync(folder.file('calls.db'));
    jest.advanceTimersByTime(10 * SECOND);
    expect(existsSync(folder.file('calls.db'))).toBe(true);
    store!.write(callRecord(), callRecord());
    expect(callsInFile()).toBe(2);
  });

  it('is closed within 10 seconds after it was replaced, and the new file is used', async () => {
    start().write(callRecord());
    const other = new ThreadOfStore(folder.file('other.db'));
    other.write(callRecord(), callRecord(), callRecord());
    other.close();
    renameSync(folder.file('other.db'), folder.file('calls.db'));
    jest.advanceTimersByTime(10 * SECOND);
    expect((await store!.query('stats', null)).kept).toBe(3);
    store!.write(callRecord());
    expect(callsInFile()).toBe(4);
  });

  it('is not written after a newer version has upgraded it: calls are kept in memory', () => {
    start().write(callRecord());
    const newer = new DatabaseSync(folder.file('calls.db'));
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    store!.write(callRecord(), callRecord());
    expect([store!.state, store!.trouble?.reason]).toEqual(['memory', 'newer_version']);
    expect(callsInFile()).toBe(1);
  });

  it('is still written after a column was added to each table', () => {
    start();
    const newer = new DatabaseSync(folder.file('calls.db'));
    for (const table of ['call', 'record', 'zone', 'rollup', 'error', 'horizon', 'name', 'series'])
      newer.exec(`ALTER TABLE ${table} ADD COLUMN region INTEGER`);
    newer.close();
    expect(store!.tryToWrite(callRecord(), callRecord())).toBe(0);
    expect(callsInFile()).toBe(2);
  });

  it('is reported as unusable if every write fails, and calls are kept in memory', () => {
    start();
    const newer = new DatabaseSync(folder.file('calls.db'));
    newer.exec('ALTER TABLE call RENAME COLUMN outcome TO result');
    newer.close();
    const dropped = [1, 2, 3, 4].map(() => store!.tryToWrite(callRecord()));
    expect([store!.state, store!.trouble?.reason]).toEqual(['memory', 'write_failed']);
    expect(dropped).toEqual([1, 1, 1, 0]);
  });

  it('does not exceed its size limit if records are large', async () => {
    start(START, { maxBytes: 2_000_000 });
    for (let call = 0; call < 100; call++)
      store!.write(callRecord({ attributes: { text: `${call} `.padEnd(50_000, 'x') } }));
    jest.advanceTimersByTime(MINUTE);
    const { bytes, kept } = await store!.query('stats', null);
    expect(bytes).toBeLessThanOrEqual(2_000_000);
    expect(kept).toBeGreaterThan(20);
  });
});

describe('an unusable file', () => {
  it('receives the calls in memory when the application stops if it is usable by then', () => {
    writeFileSync(folder.file('calls.db'), 'no database '.repeat(500));
    start().write(callRecord(), callRecord());
    expect(store!.state).toBe('memory');
    rmSync(folder.file('calls.db'));
    expect(callsInFile()).toBe(2);
  });
});
