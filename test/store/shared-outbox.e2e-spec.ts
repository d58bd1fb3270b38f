import { randomUUID } from 'node:crypto';
import { chmodSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OwnInstance } from '../../src/llm-telemetry/store/core/instance.js';
import { CALLS_PER_ENTRY, Outbox } from '../../src/llm-telemetry/store/outbox/outbox.js';
import { Outboxes } from '../../src/llm-telemetry/store/outbox/outboxes.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const folder = temporaryFolder();
const LIMITS = { calls: 5000, bytes: 1e9 };
const MIB = 1024 * 1024;
const opened: Outboxes[] = [];
afterEach(() => {
  for (const outboxes of opened.splice(0)) outboxes.close();
});

function instance(id: string = randomUUID()): OwnInstance {
  const names = { service: 'orders', version: '1', environment: 'test', instance: 'a' };
  return { id, ...names, host: 'host', pid: 1, startedAt: 0 };
}

interface Opened {
  readonly outboxes: Outboxes;
  readonly warnings: string[];
}

function open({ target = 'postgres db/app', maxBytes = 256 * MIB, own = instance() } = {}): Opened {
  const warnings: string[] = [];
  const listener = {
    troubleChanged: () => undefined,
    warningRaised: (message: string) => void warnings.push(message),
  };
  const buffer = { path: folder.file('outbox'), maxBytes };
  const outboxes = new Outboxes({ buffer, instance: own, target }, listener);
  opened.push(outboxes);
  return { outboxes, warnings };
}

/** Delivers everything. Returns the texts in order, with the process that recorded them. */
function drain(outboxes: Outboxes): Array<{ readonly by: string; readonly texts: readonly string[] }> {
  const deliveries = [];
  for (let begun = outboxes.next(LIMITS); begun; begun = outboxes.next(LIMITS)) {
    const texts = begun.delivery.calls.map(({ text }) => text);
    deliveries.push({ by: begun.outbox.instance.id, texts });
    outboxes.acknowledge(begun);
  }
  return deliveries;
}

function files(): readonly string[] {
  return readdirSync(folder.file('outbox')).filter((name) => name.endsWith('.db'));
}

describe('an outbox', () => {
  it('returns the same calls with the same number until they are acknowledged', () => {
    const { outboxes } = open();
    outboxes.append(['a', 'b', 'c']);
    const first = outboxes.next({ calls: 2, bytes: 1e9 })!;
    outboxes.append(['d']);
    const again = outboxes.next(LIMITS)!;
    expect(again.delivery).toEqual(first.delivery);
    expect(first.delivery.calls.map(({ text }) => text)).toEqual(['a', 'b']);
    outboxes.acknowledge(again);
    const second = outboxes.next(LIMITS)!;
    expect(second.delivery.calls.map(({ text }) => text)).toEqual(['c', 'd']);
    expect(second.delivery.number).toBeGreaterThan(first.delivery.number);
    expect(outboxes.waiting).toBe(2);
  });

  it('gives each call a position of its own, also beyond one entry', () => {
    const { outboxes } = open();
    outboxes.append(Array.from({ length: CALLS_PER_ENTRY + 10 }, (_, index) => String(index)));
    const { calls } = outboxes.next({ calls: 1e6, bytes: 1e9 })!.delivery;
    expect(new Set(calls.map(({ position }) => position)).size).toBe(CALLS_PER_ENTRY + 10);
  });

  it('accepts calls up to its size limit, and again after calls were delivered', () => {
    const { outboxes } = open({ maxBytes: 1000 });
    expect(outboxes.append(Array.from({ length: 20 }, () => 'x'.repeat(99)))).toBe(10);
    expect(outboxes.append(['x'.repeat(99)])).toBe(0);
    drain(outboxes);
    expect(outboxes.append(['x'.repeat(99)])).toBe(1);
  });

  it('bounds a delivery by calls and by characters, with one call at least', () => {
    const { outboxes } = open();
    outboxes.append(['x'.repeat(50), 'y'.repeat(50), 'z']);
    expect(outboxes.next({ calls: 9, bytes: 10 })!.delivery.calls).toHaveLength(1);
  });

  it('is readable by its owner alone', () => {
    open().outboxes.append(['a']);
    const modes = files().map((name) => statSync(join(folder.file('outbox'), name)).mode & 0o777);
    expect(modes).toEqual([0o600]);
    expect(statSync(folder.file('outbox')).mode & 0o777).toBe(0o700);
  });

  it('leaves no file when all calls were delivered', () => {
    const { outboxes } = open();
    outboxes.append(['a']);
    drain(outboxes);
    outboxes.close();
    expect(readdirSync(folder.file('outbox'))).toEqual([]);
  });

  it('is locked while it is open', () => {
    const own = instance();
    open({ own });
    expect(() => new Outbox(join(folder.file('outbox'), `${own.id}.db`), null)).toThrow('locked');
  });

  it('never reuses a number, also after a worker of the process failed', () => {
    const own = instance();
    const before = open({ own }).outboxes;
    before.append(['a']);
    const { number } = before.next(LIMITS)!.delivery;
    before.acknowledge(before.next(LIMITS)!);
    before.close();
    const after = open({ own }).outboxes;
    after.append(['b']);
    expect(after.next(LIMITS)!.delivery.number).toBeGreaterThan(number);
  });
});

describe('the outbox of a process that ended', () => {
  it('is adopted, delivered as of that process, and deleted', () => {
    const own = instance();
    const before = open({ own }).outboxes;
    before.append(['a', 'b']);
    before.close();
    const { outboxes } = open();
    outboxes.maintain();
    expect(outboxes.waiting).toBe(2);
    expect(drain(outboxes)).toEqual([{ by: own.id, texts: ['a', 'b'] }]);
    expect(files()).toHaveLength(1);
  });

  it('is adopted with those of many others', () => {
    const ended = Array.from({ length: 20 }, () => open().outboxes);
    for (const outboxes of ended) outboxes.append(['a']);
    for (const outboxes of ended) outboxes.close();
    const { outboxes } = open();
    outboxes.maintain();
    expect(drain(outboxes)).toHaveLength(20);
    expect(files()).toHaveLength(1);
  });

  it('is adopted by one of several processes', () => {
    const before = open().outboxes;
    before.append(['a', 'b']);
    before.close();
    const adopters = [open().outboxes, open().outboxes, open().outboxes];
    for (const adopter of adopters) adopter.maintain();
    expect(adopters.map(({ waiting }) => waiting).sort()).toEqual([0, 0, 2]);
  });

  it('resumes after a part that was delivered, with the delivery that was begun', () => {
    const before = open().outboxes;
    before.append(['a', 'b', 'c', 'd']);
    before.acknowledge(before.next({ calls: 1, bytes: 1e9 })!);
    const begun = before.next({ calls: 2, bytes: 1e9 })!.delivery;
    before.close();
    const { outboxes } = open();
    outboxes.maintain();
    expect(outboxes.waiting).toBe(3);
    const resumed = outboxes.next(LIMITS)!;
    expect(resumed.delivery).toEqual(begun);
    outboxes.acknowledge(resumed);
    expect(drain(outboxes).map(({ texts }) => texts)).toEqual([['d']]);
  });

  it('is left for others if its calls are for another database, with one warning', () => {
    const before = open({ target: 'postgres db/other' }).outboxes;
    before.append(['a']);
    before.close();
    const { outboxes, warnings } = open();
    outboxes.maintain();
    outboxes.maintain();
    expect(outboxes.waiting).toBe(0);
    expect(warnings).toEqual([expect.stringMatching(/not delivered: it has 1 calls for postgres db\/other/)]);
    const right = open({ target: 'postgres db/other' }).outboxes;
    right.maintain();
    expect(right.waiting).toBe(1);
  });

  it('is not adopted while its process lives', () => {
    const living = open().outboxes;
    living.append(['a']);
    const { outboxes, warnings } = open();
    outboxes.maintain();
    expect([outboxes.waiting, warnings]).toEqual([0, []]);
  });

  it('is skipped with a warning if it is corrupt', () => {
    const { outboxes, warnings } = open();
    writeFileSync(join(folder.file('outbox'), `${randomUUID()}.db`), 'no database '.repeat(1000));
    outboxes.maintain();
    outboxes.maintain();
    outboxes.append(['a']);
    expect(warnings).toEqual([expect.stringContaining('it cannot be read: it is corrupt')]);
    expect(drain(outboxes)).toHaveLength(1);
  });
});

describe('a file that cannot be used', () => {
  it('that was deleted is replaced, and its calls are kept', () => {
    const { outboxes, warnings } = open();
    outboxes.append(['a']);
    for (const name of readdirSync(folder.file('outbox'))) rmSync(join(folder.file('outbox'), name));
    outboxes.append(['b']);
    expect(warnings).toEqual([expect.stringContaining('was deleted or replaced while it was open')]);
    expect([outboxes.isDurable, outboxes.waiting]).toEqual([true, 2]);
    expect(drain(outboxes).flatMap(({ texts }) => texts)).toEqual(['a', 'b']);
  });

  it('that was replaced during a delivery does not deliver its calls twice', () => {
    const { outboxes } = open();
    outboxes.append(['a']);
    const begun = outboxes.next(LIMITS)!;
    const path = join(folder.file('outbox'), files()[0]!);
    renameSync(path, `${path}.moved`);
    writeFileSync(path, 'something else');
    outboxes.append(['b']);
    expect(outboxes.acknowledge(begun)).toBe(true);
    expect(drain(outboxes).flatMap(({ texts }) => texts)).toEqual(['b']);
  });

  it('in a folder that cannot be created leaves calls in memory, and is used once it can be', () => {
    writeFileSync(folder.file('outbox'), 'a file in place of the folder');
    const { outboxes } = open();
    expect(outboxes.append(['a'])).toBe(1);
    expect(outboxes.isDurable).toBe(false);
    expect(outboxes.trouble).toMatchObject({
      reason: 'io_error',
      message: expect.stringMatching(/^Store: calls wait in memory, because files in \S+ cannot be used/),
    });
    const begun = outboxes.next(LIMITS)!;
    rmSync(folder.file('outbox'));
    outboxes.maintain();
    expect([outboxes.isDurable, outboxes.trouble]).toEqual([true, null]);
    expect(outboxes.next(LIMITS)!.delivery).toEqual(begun.delivery);
    expect(outboxes.acknowledge(begun)).toBe(true);
  });

  it('that becomes corrupt leaves new calls in memory', () => {
    const { outboxes } = open();
    outboxes.append(['a']);
    const path = join(folder.file('outbox'), files()[0]!);
    writeFileSync(path, Buffer.alloc(64 * 1024, 1), { flag: 'r+' });
    writeFileSync(`${path}-wal`, Buffer.alloc(64 * 1024, 1), { flag: 'r+' });
    for (let added = 0; added < 5; added++) expect(outboxes.append([`b${added}`])).toBe(1);
    const texts = drain(outboxes).flatMap(({ texts }) => texts);
    expect(texts).toEqual(expect.arrayContaining(['b4']));
    expect(outboxes.append(['c'])).toBe(1);
  });

  it('in a folder that cannot be written leaves calls in memory', () => {
    open().outboxes.close();
    chmodSync(folder.file('outbox'), 0o500);
    const { outboxes } = open();
    expect(outboxes.append(['a'])).toBe(1);
    // The administrator may write.
    const isAllowed = process.platform === 'win32' || process.getuid?.() === 0;
    expect(outboxes.trouble?.reason).toBe(isAllowed ? undefined : 'read_only');
    chmodSync(folder.file('outbox'), 0o700);
  });

  it('because the disk is full leaves calls in memory, and the calls in the file are adopted later', () => {
    const { outboxes } = open();
    outboxes.append(['a']);
    const { own } = outboxes as unknown as { own: { database: { exec(sql: string): void } } };
    // As a disk that is full: no page can be added.
    own.database.exec('PRAGMA max_page_count = 1');
    outboxes.append(['b'.repeat(100_000)]);
    expect([outboxes.isDurable, outboxes.waiting, outboxes.trouble?.reason]).toEqual([false, 1, 'full']);
    outboxes.maintain();
    expect([outboxes.isDurable, outboxes.waiting]).toEqual([true, 2]);
    expect(drain(outboxes).flatMap(({ texts }) => texts.map((text) => text[0]))).toEqual(
      expect.arrayContaining(['a', 'b']),
    );
  });
});
