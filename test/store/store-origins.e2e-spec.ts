import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { readErrors } from '../../src/llm-telemetry/store/core/read-errors.js';
import { readMeasures } from '../../src/llm-telemetry/store/core/read-measures.js';
import type { OwnInstance } from '../../src/llm-telemetry/store/core/instance.js';
import type { Dimension, MeasureFilter } from '../../src/llm-telemetry/store/measures.js';
import { encodeRecord } from '../../src/llm-telemetry/store/record-codec/record-text.js';
import { CallDatabase } from '../../src/llm-telemetry/store/sqlite/call-database.js';
import { readCall, searchCalls } from '../../src/llm-telemetry/store/sqlite/call-search.js';
import { FallbackDatabase } from '../../src/llm-telemetry/store/sqlite/fallback-database.js';
import { callRecord } from '../support/call-record.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const START = Date.UTC(2026, 10, 24, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const RANGE = { from: START - HOUR, to: START + HOUR };

const folder = temporaryFolder();

function instance(name: string, own: Partial<OwnInstance> = {}): OwnInstance {
  return {
    id: `00000000-0000-4000-8000-${name.padStart(12, '0')}`,
    service: 'orders',
    version: '1.0.0',
    environment: 'production',
    instance: name,
    host: `host-of-${name}`,
    pid: 7,
    startedAt: START,
    ...own,
  };
}

function open(path: string, own: OwnInstance | null, now = START): CallDatabase {
  const clock = { wall: () => now, monotonic: () => now };
  return new CallDatabase(path, clock, undefined, undefined, own);
}

function write(database: CallDatabase, ...drafts: ReadonlyArray<Parameters<typeof callRecord>[0]>): void {
  database.write(drafts.map((draft) => encodeRecord(callRecord({ endedAt: START, ...draft }))));
}

async function callsBy(database: CallDatabase, by: Dimension, where?: MeasureFilter): Promise<unknown> {
  const { groups } = await readMeasures(database, { range: RANGE, by: [by], ...(where && { where }) });
  return Object.fromEntries(groups.map(({ names, measures }) => [names[by], measures.calls]));
}

describe('the origin of calls', () => {
  let path: string;
  let one: CallDatabase;
  let other: CallDatabase;
  let unknown: CallDatabase;
  beforeEach(() => {
    path = folder.file('calls.db');
    one = open(path, instance('pod-1'));
    other = open(path, instance('pod-2', { version: '1.1.0', startedAt: START + 1 }));
    unknown = open(path, null);
    const failed = { failure: { type: 'rate_limit', errorClass: 'rate_limit' } } as const;
    write(
      one,
      { feature: 'orders' },
      { feature: 'orders', ...failed },
      { feature: 'support', route: 'GET /a' },
    );
    write(other, { feature: 'orders' }, { feature: 'refunds', route: 'GET /a', ...failed });
    write(unknown, { feature: 'orders' });
  });
  afterEach(() => {
    for (const database of [one, other, unknown]) database.close();
  });

  it('is in measures, by version, service and environment', async () => {
    expect(await callsBy(one, 'version')).toEqual({ '1.0.0': 3, '1.1.0': 2, null: 1 });
    expect(await callsBy(one, 'service')).toEqual({ orders: 5, null: 1 });
    expect(await callsBy(one, 'environment')).toEqual({ production: 5, null: 1 });
    expect(await callsBy(one, 'feature', { version: ['1.1.0'] })).toEqual({ orders: 1, refunds: 1 });
    expect(await callsBy(one, 'feature', { version: [null] })).toEqual({ orders: 1 });
    expect(await callsBy(one, 'feature', { version: ['9'] })).toEqual({});
  });

  it('is in measures by route, which have rollups of their own', async () => {
    expect(await callsBy(one, 'route', { version: ['1.1.0'] })).toEqual({ 'GET /a': 1, null: 1 });
  });

  it('is in measures by instance, which are computed from calls', async () => {
    expect(await callsBy(one, 'instance')).toEqual({ 'pod-1': 3, 'pod-2': 2, null: 1 });
    expect(await callsBy(one, 'feature', { instance: ['pod-1'] })).toEqual({ orders: 2, support: 1 });
    expect(await callsBy(one, 'version', { instance: ['pod-1', null] })).toEqual({ '1.0.0': 3, null: 1 });
  });

  it('is in errors', async () => {
    const { types } = await readErrors(one, { range: RANGE, where: { version: ['1.1.0'] } });
    expect(types).toMatchObject([{ type: 'rate_limit', calls: 1 }]);
    expect((await readErrors(one, { range: RANGE })).types).toMatchObject([{ calls: 2 }]);
  });

  it('is in rows of calls, and filters them', () => {
    const rows = (where: MeasureFilter): string[] =>
      searchCalls(one, { range: RANGE, where }).calls.map(({ feature }) => feature);
    expect(rows({ instance: ['pod-2'] }).toSorted()).toEqual(['orders', 'refunds']);
    expect(rows({ version: ['1.0.0'], feature: ['support'] })).toEqual(['support']);
    expect(rows({ environment: [null] })).toEqual(['orders']);
    const [row] = searchCalls(one, { range: RANGE, where: { feature: ['refunds'] } }).calls;
    expect(row).toMatchObject({
      service: 'orders',
      version: '1.1.0',
      environment: 'production',
      instance: 'pod-2',
    });
    expect(readCall(unknown, row!.id)).toMatchObject({ id: row!.id, instance: 'pod-2' });
  });

  it('is listed with the last sign of life of each process', async () => {
    const later = open(path, instance('pod-2', { version: '1.1.0', startedAt: START + 1 }), START + HOUR);
    later.retain({ callMs: DAY, rollupMs: DAY, maxBytes: 1e9 });
    expect((await one.backend.stats()).instances).toEqual([
      {
        ...instance('pod-2', { version: '1.1.0', startedAt: START + 1 }),
        seenAt: START + HOUR,
        waiting: 0,
        waitingSince: null,
      },
      { ...instance('pod-1'), seenAt: START, waiting: 0, waitingSince: null },
    ]);
    later.close();
  });

  it('is forgotten with the last call of a process that ended', async () => {
    const later = open(path, instance('pod-3'), START + 4 * DAY);
    later.database.exec('DELETE FROM call');
    later.retain({ callMs: HOUR, rollupMs: HOUR, maxBytes: 1e9 });
    const { instances } = await later.backend.stats();
    expect(instances!.map(({ instance }) => instance)).toEqual(['pod-3']);
    later.close();
  });
});

describe('ids of calls', () => {
  it('stay the same when calls move from memory into the file', async () => {
    const path = folder.file('calls.db');
    const blocker = new DatabaseSync(path);
    blocker.exec('CREATE TABLE other (id INTEGER)');
    blocker.close();
    const retention = { callMs: DAY, rollupMs: DAY, maxBytes: 1e9 };
    const ignore = (): void => undefined;
    const fallback = new FallbackDatabase(
      { path, inFile: retention, inMemory: retention },
      { troubleChanged: ignore, fileReplaced: ignore, callsLost: ignore },
      { wall: () => START, monotonic: () => START },
    );
    fallback.open();
    fallback.write([encodeRecord(callRecord({ endedAt: START }))]);
    expect(fallback.mode).toBe('memory');
    const [before] = (await fallback.query('calls', { range: RANGE })).calls;
    const free = new DatabaseSync(path);
    free.exec('DROP TABLE other');
    free.close();
    fallback.tryFile();
    expect(fallback.mode).toBe('file');
    expect((await fallback.query('calls', { range: RANGE })).calls).toEqual([before]);
    expect(await fallback.query('call', before!.id)).toMatchObject({ id: before!.id });
    fallback.close();
  });

  it('of version 0.1.0 stay numbers, beside those of later versions', () => {
    const path = folder.file('calls.db');
    const old = new DatabaseSync(path);
    old.exec(readFileSync(new URL('../fixtures/store-v1.sql', import.meta.url), 'utf8'));
    const numbers = (old.prepare('SELECT id FROM call ORDER BY id DESC').all() as Array<{ id: number }>).map(
      ({ id }) => String(id),
    );
    old.close();
    const calls = open(path, instance('pod-1'));
    write(calls, { endedAt: START + DAY });
    const range = { from: 0, to: START + 2 * DAY };
    const ids = searchCalls(calls, { range }).calls.map(({ id }) => id);
    expect(ids.slice(1)).toEqual(numbers);
    expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(readCall(calls, numbers[0]!)).toMatchObject({ id: numbers[0], newer: ids[0], older: numbers[1] });
    // Pages of one call continue across both.
    const paged: string[] = [];
    for (let cursor: string | undefined | null; cursor !== null;) {
      const page = searchCalls(calls, { range, limit: 1, cursor: cursor ?? undefined });
      paged.push(...page.calls.map(({ id }) => id));
      cursor = page.next;
    }
    expect(paged).toEqual(ids);
    calls.close();
  });

  it('differ between processes that share a file', () => {
    const path = folder.file('calls.db');
    const databases = [open(path, instance('pod-1')), open(path, instance('pod-2'))];
    for (let round = 0; round < 50; round++) for (const database of databases) write(database, {}, {});
    const ids = searchCalls(databases[0]!, { range: RANGE, limit: 1000 }).calls.map(({ id }) => id);
    expect(new Set(ids).size).toBe(200);
    for (const database of databases) database.close();
  });
});
