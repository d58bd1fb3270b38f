import { Fleet, sum } from '../../support/fleet.js';
import { poll } from '../../support/poll.js';
import { onceEach, opened, storedTotals, type SharedDatabase } from '../../support/shared-database.js';
import { IS_LONG } from '../long.js';

/** Calls of one process in a second. */
const RATE = 250;
/** How long the server is away, seconds. */
const AWAY_S = IS_LONG ? 600 : 20;

/** Processes that record while the database works, is killed, or fails. */
export function processScenarios(database: SharedDatabase): void {
  describe('many processes', () => {
    let fleet: Fleet;
    beforeEach(async () => {
      await database.reset();
      fleet = new Fleet(database);
    });
    afterEach(() => fleet.stop());

    it('can start at once on an empty database, and each call of 20 of them is counted once', async () => {
      for (let index = 0; index < 20; index++) fleet.start();
      await fleet.all('record', { count: 500 });
      const made = await fleet.settle();
      expect(made.calls).toBe(20 * 500);
      expect(await storedTotals(database)).toEqual(onceEach(made));
      const { instances } = await (await opened(database)).stats();
      expect(new Set(instances!.map(({ instance }) => instance)).size).toBe(20);
      expect(fleet.output).toBe('');
    });
  });

  describe('processes in traffic', () => {
    let fleet: Fleet;
    beforeAll(async () => {
      await database.reset();
      fleet = new Fleet(database);
      for (let index = 0; index < 4; index++) fleet.start();
      await fleet.all('record', { count: 1 });
      await fleet.settle();
    });
    afterAll(() => fleet?.stop());
    beforeEach(() => fleet.all('start', { perSecond: RATE }));

    async function expectExactlyOnce(): Promise<void> {
      await fleet.all('stop', null);
      const made = await fleet.settle();
      expect(await storedTotals(database)).toEqual(onceEach(made));
      for (const { dropped } of await fleet.all('status', null))
        expect(Object.values(dropped)).toEqual([0, 0, 0, 0]);
      expect(fleet.output).toBe('');
    }

    it('lose no call, and write none twice, if the server is killed three times', async () => {
      for (let crash = 0; crash < 3; crash++) {
        await fleet.written(100);
        await database.kill();
        await database.restart();
      }
      await expectExactlyOnce();
    });

    it(
      `lose no call, and write none twice, if the server is away for ${AWAY_S} s`,
      async () => {
        await fleet.written(100);
        await database.kill();
        await fleet.waiting(AWAY_S * RATE);
        for (const { state, trouble } of await fleet.all('status', null))
          expect({ state, trouble }).toEqual({ state: 'buffered', trouble: 'unreachable' });
        await database.restart();
        await expectExactlyOnce();
      },
      4 * AWAY_S * 1000 + 300_000,
    );

    describe.each(database.faults)('with a database that $name', ({ trouble, begin, end }) => {
      it('lose no call, write none twice, and are not disturbed', async () => {
        await fleet.written(100);
        await begin();
        try {
          // Processes report a trouble once an attempt has failed.
          if (trouble === null) await fleet.written(250);
          else await Promise.all(fleet.members.map((member) => member.reports(trouble)));
        } finally {
          await end();
        }
        await expectExactlyOnce();
        await Promise.all(fleet.members.map((member) => member.reports(null)));
      });
    });
  });

  describe('processes with different clocks', () => {
    const HOUR = 3_600_000;
    let fleet: Fleet;
    beforeEach(async () => {
      await database.reset();
      fleet = new Fleet(database);
    });
    afterEach(() => fleet.stop());

    // kagkarlsson/db-scheduler#364, Koed00/django-q#236, quartznet/quartznet#435: what instances compare must come from one clock.
    it('store each call at the time of its process, and are all seen alive', async () => {
      for (const clockOffsetMs of [-HOUR, 0, HOUR]) fleet.start({ clockOffsetMs });
      const from = Date.now();
      await fleet.all('record', { count: 200 });
      const made = await fleet.settle();
      const to = Date.now();
      expect(await storedTotals(database)).toEqual(onceEach(made));
      const backend = await opened(database);
      for (const offset of [-HOUR, 0, HOUR]) {
        const range = { from: from + offset - 1000, to: to + offset + 1000 };
        const { calls } = await backend.searchCalls({ range, limit: 500 });
        expect(calls).toHaveLength(200);
      }
      const { instances } = await backend.stats();
      expect(instances).toHaveLength(3);
      for (const { seenAt } of instances!) expect(Math.abs(seenAt - from)).toBeLessThan(HOUR / 2);
    });
  });

  describe('a process that is killed', () => {
    let fleet: Fleet;
    beforeEach(async () => {
      await database.reset();
      fleet = new Fleet(database);
    });
    afterEach(() => fleet.stop());

    // JasperFx/wolverine#565: after a crash, the rest of an outbox was delivered an hour later.
    it('leaves an outbox that one of the processes that start later delivers', async () => {
      const killed = fleet.start();
      await killed.ask('settle', null);
      await database.kill();
      await killed.ask('record', { count: 3000 });
      await killed.ask('flush', null);
      const left = await killed.ask('made', null);
      await killed.kill();
      fleet.members.length = 0;
      await database.restart();
      for (let index = 0; index < 3; index++) fleet.start({ outbox: killed.outbox });
      // The first call starts the thread of a store.
      await fleet.all('record', { count: 1 });
      await poll(
        async () => (await storedTotals(database)).kept >= left.calls || undefined,
        () => 'the outbox is delivered',
        { everyMs: 200, timeoutMs: 120_000 },
      );
      const made = sum([left, await fleet.settle()]);
      expect(await storedTotals(database)).toEqual(onceEach(made));
      const ends = await Promise.all(fleet.members.map((member) => member.close()));
      for (const end of ends) expect(end).toEqual({ code: 0, signal: null });
    });

    // InditexTech/scs-outbox#94, Particular/docs.particular.net#1816, ClickHouse/clickhouse-js#143: what was sent, but not
    // acknowledged, is sent again.
    it.each(database.crashPoints)(
      'between $name leaves a delivery that another one completes',
      async ({ arm, reached }) => {
        const killed = fleet.start();
        await killed.ask('record', { count: 10 });
        await killed.ask('settle', null);
        await arm();
        await killed.ask('record', { count: 500 });
        await reached();
        await killed.ask('made', null);
        await killed.kill();
        const heir = fleet.start({ outbox: killed.outbox });
        fleet.members.shift();
        await heir.ask('record', { count: 1 });
        const own = await heir.ask('settle', null);
        const stored = await storedTotals(database);
        // Those of the killed process that were not in its outbox yet are lost.
        expect(stored.calls - own.calls).toBeGreaterThan(10);
        expect(stored.calls - own.calls).toBeLessThanOrEqual(510);
        expect(stored).toEqual(onceEach(stored));
      },
    );
  });

  describe('a process that must not migrate the database', () => {
    let fleet: Fleet;
    beforeEach(async () => {
      await database.reset();
      fleet = new Fleet(database);
    });
    afterEach(() => fleet.stop());

    it('keeps its calls until another one has', async () => {
      const checking = fleet.start({ migrate: 'check' });
      await checking.ask('record', { count: 300 });
      await checking.reports('older_version');
      await checking.ask('flush', null);
      expect(await checking.ask('status', null)).toMatchObject({ state: 'buffered', waiting: 300 });
      const migrating = fleet.start();
      await migrating.ask('record', { count: 1 });
      const made = await fleet.settle();
      expect(made.calls).toBe(301);
      expect(await storedTotals(database)).toEqual(onceEach(made));
      expect(fleet.output).toBe('');
    });
  });
}
