import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { decodeRecord, encodeRecord } from '../../src/llm-telemetry/store/record-codec/record-text.js';
import { searchCalls } from '../../src/llm-telemetry/store/sqlite/call-search.js';
import { FallbackDatabase } from '../../src/llm-telemetry/store/sqlite/fallback-database.js';
import { CONFIRM_AFTER_MS } from '../../src/llm-telemetry/store/sqlite/clock.js';
import { readHorizons } from '../../src/llm-telemetry/store/sqlite/retention.js';
import { readStats } from '../../src/llm-telemetry/store/sqlite/read-stats.js';
import { callRecord } from '../support/call-record.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Clocks that jump while a store runs and between two starts, with files on disk. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;
const START = Date.UTC(2026, 10, 24, 12);
const RETENTION_MS = 30 * DAY;

import.meta.jest.setTimeout(120_000);

const folder = temporaryFolder();

/** A machine with a true time, a wall clock with an error, and a store that restarts on one file. */
class Machine {
  now = START;
  /** Error of the wall clock: positive if ahead. */
  error = 0;
  /** Features of the written calls, with the true time of each. */
  readonly written = new Map<string, number>();
  private monotonic = 0;
  private fallback!: FallbackDatabase;

  constructor(readonly path = folder.file('calls.db')) {
    this.start();
  }

  start(): void {
    const retention = { callMs: RETENTION_MS, rollupMs: 400 * DAY, maxBytes: 1e9 };
    const ignore = (): void => undefined;
    this.fallback = new FallbackDatabase(
      { path: this.path, inFile: retention, inMemory: retention },
      { troubleChanged: ignore, fileReplaced: ignore, callsLost: ignore },
      { wall: () => this.wall, monotonic: () => this.monotonic },
    );
    this.fallback.open();
  }

  stop(): void {
    this.fallback.close();
  }

  restart(downMs = 0): void {
    this.stop();
    this.now += downMs;
    this.start();
  }

  get wall(): number {
    return this.now + this.error;
  }

  /** Advances time while the store runs, with a run of retention every `stepMs`. */
  run(ms: number, stepMs = ms): void {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.now += stepMs;
      this.monotonic += stepMs;
      this.retain();
    }
  }

  retain(): void {
    while (this.fallback.retain());
  }

  write(feature: string): void {
    this.fallback.write([encodeRecord(callRecord({ feature, endedAt: this.wall }))]);
    this.written.set(feature, this.now);
  }

  /** Returns the features of the calls in the file. */
  get features(): string[] {
    return this.fallback
      .use(({ database }) => database.prepare('SELECT text FROM record ORDER BY id').all())
      .map(({ text }) => decodeRecord(String(text)).feature);
  }

  get kept() {
    return this.fallback.use(({ database, clock }) => readStats(database, clock.wall()));
  }

  get horizons() {
    return this.fallback.use(({ database }) => readHorizons(database));
  }

  /** Returns the calls of the last day, as the dashboard does. */
  get listed(): string[] {
    const range = { from: this.wall - DAY, to: this.wall + 1 };
    return this.fallback
      .use((database) => searchCalls(database, { range }))
      .calls.map(({ feature }) => feature);
  }

  async measured(from: number, to: number): Promise<number> {
    const { groups } = await this.fallback.query('measure', { range: { from, to } });
    return groups[0]!.measures.calls;
  }
}

let machine: Machine;
beforeEach(() => {
  machine = new Machine();
});
afterEach(() => machine.stop());

describe('a wall clock that is ahead', () => {
  // From Tr3kkR/Yuzu#2348: a step past the retention deleted a whole journal in one turn.
  it.each([MINUTE, DAY, YEAR])('by %d ms does not delete calls while the store runs', (error) => {
    machine.write('call-1');
    machine.run(29 * DAY, 6 * HOUR);
    machine.write('call-2');
    machine.error = error;
    machine.run(12 * HOUR, 10 * MINUTE);
    expect(machine.features).toEqual(['call-1', 'call-2']);
    machine.error = 0;
    machine.run(HOUR, 10 * MINUTE);
    expect(machine.features).toEqual(['call-1', 'call-2']);
  });

  it.each([MINUTE, DAY, YEAR])('by %d ms at one start does not delete calls', (error) => {
    machine.write('call-1');
    machine.run(29 * DAY, 6 * HOUR);
    machine.error = error;
    machine.restart();
    machine.retain();
    machine.write('call-2');
    machine.run(8 * HOUR, 10 * MINUTE);
    machine.error = 0;
    machine.restart();
    machine.retain();
    expect(machine.features).toEqual(['call-1', 'call-2']);
    expect(machine.horizons[MINUTE]).toBeLessThanOrEqual(machine.now - 4 * DAY);
  });

  // From grafana/mimir#5642 and mobius-home/mobius#120: data from the future blocked the data of today.
  it('does not block or hide later calls', async () => {
    machine.error = YEAR;
    machine.write('call-future');
    machine.run(HOUR, 10 * MINUTE);
    machine.error = 0;
    machine.restart();
    machine.write('call-1');
    machine.run(MINUTE);
    machine.write('call-2');
    expect(machine.listed).toEqual(['call-2', 'call-1']);
    expect(await machine.measured(machine.now - HOUR, machine.now + 1)).toBe(2);
    expect(machine.kept).toMatchObject({ kept: 3, newest: machine.now, oldest: machine.now - MINUTE });
  });

  // From redpanda-data/redpanda#9820: timestamps in the future prevented retention forever.
  it('does not extend the retention of its calls and rollups', async () => {
    machine.error = YEAR;
    machine.write('call-future');
    machine.error = 0;
    machine.retain();
    machine.run(29 * DAY, 6 * HOUR);
    expect(machine.features).toEqual(['call-future']);
    machine.run(2 * DAY, HOUR);
    expect(machine.features).toEqual([]);
    expect(await machine.measured(START + YEAR - DAY, START + YEAR + DAY)).toBe(0);
  });

  it('is accepted by retention once it has been correct for up to two days', () => {
    machine.write('call-1');
    machine.restart(60 * DAY);
    machine.run(CONFIRM_AFTER_MS - HOUR, MINUTE);
    expect(machine.features).toEqual(['call-1']);
    machine.run(CONFIRM_AFTER_MS + 2 * HOUR, MINUTE);
    expect(machine.features).toEqual([]);
  });
});

describe('a wall clock that is behind', () => {
  it.each([MINUTE, DAY, YEAR])('by %d ms does not shorten the retention of calls of that time', (error) => {
    machine.write('call-1');
    machine.run(HOUR);
    machine.error = -error;
    machine.write('call-behind');
    machine.run(HOUR, MINUTE);
    machine.error = 0;
    machine.run(28 * DAY, 6 * HOUR);
    expect(machine.features.toSorted()).toEqual(['call-1', 'call-behind']);
    machine.run(3 * DAY, HOUR);
    expect(machine.features).toEqual([]);
  });

  // From netdata/netdata#4109: a restart after a correction to the past cleared the database.
  it('at a start does not make existing calls count as calls from the future', () => {
    machine.write('call-1');
    machine.run(HOUR);
    machine.error = -YEAR;
    machine.restart();
    machine.run(HOUR, MINUTE);
    expect(machine.features).toEqual(['call-1']);
    machine.error = 0;
    expect(machine.listed).toEqual(['call-1']);
    expect(machine.kept.oldest).toBe(START);
  });

  it('does not change the reported time of the oldest call', () => {
    for (let call = 0; call < 3; call++) {
      machine.write(`call-${call}`);
      machine.run(HOUR);
    }
    machine.error = -YEAR;
    machine.write('call-behind');
    machine.error = 0;
    expect(machine.kept.oldest).toBe(START);
  });
});

describe('horizons in the future', () => {
  it('are repaired when the file is opened, so that rollups are read again', async () => {
    machine.write('call-1');
    machine.stop();
    // State that version 0.1.0 left after a start with a clock a year ahead.
    const file = new DatabaseSync(machine.path);
    for (const level of [MINUTE, 15 * MINUTE, HOUR])
      file.prepare('INSERT INTO horizon (level, start) VALUES (?, ?)').run(level, START + YEAR);
    file.prepare('DELETE FROM rollup WHERE level <= ?').run(HOUR);
    file.exec('DELETE FROM clock');
    file.close();
    machine.start();
    machine.now += 6 * HOUR;
    machine.write('call-2');
    machine.retain();
    for (const start of Object.values(machine.horizons)) expect(start).toBeLessThanOrEqual(machine.now + DAY);
    machine.run(7 * HOUR, HOUR);
    machine.write('call-3');
    const minute = Math.floor(machine.now / MINUTE) * MINUTE;
    expect(await machine.measured(minute, minute + MINUTE)).toBe(1);
    expect(await machine.measured(START - DAY, machine.now + DAY)).toBe(3);
  });
});

describe('processes that share a file', () => {
  it('do not advance the confirmed time faster than real time', () => {
    const other = new Machine(machine.path);
    machine.write('call-1');
    machine.error = other.error = YEAR;
    for (let minute = 0; minute < 20 * 60; minute++) {
      machine.run(MINUTE);
      other.run(MINUTE);
    }
    other.stop();
    expect(machine.features).toEqual(['call-1']);
  });
});

describe('any sequence of clock jumps, restarts and writes', () => {
  const jump = fc.constantFrom(0, 0, MINUTE, -MINUTE, DAY, -DAY, YEAR, -YEAR);
  const step = fc.oneof(
    fc.record({ do: fc.constant('jump' as const), error: jump }),
    fc.record({ do: fc.constant('restart' as const), downMs: fc.constantFrom(0, MINUTE, 3 * DAY, 40 * DAY) }),
    fc.record({ do: fc.constant('write' as const) }),
    fc.record({ do: fc.constant('run' as const), ms: fc.constantFrom(MINUTE, HOUR, 10 * HOUR) }),
    fc.record({ do: fc.constant('runRight' as const), ms: fc.constantFrom(HOUR, 3 * DAY, 20 * DAY) }),
  );

  it('keeps every call within the retention period by the true clock', () => {
    const counts = { sequences: 0, steps: 0, kept: 0, deleted: 0 };
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
        machine.stop();
        machine = new Machine(folder.file(`${counts.sequences++}.db`));
        let wrongFor = 0;
        for (const next of steps) {
          counts.steps++;
          if (next.do === 'jump') machine.error = next.error;
          else if (next.do === 'restart') machine.restart(next.downMs);
          else if (next.do === 'write') machine.write(`call-${machine.written.size}`);
          else if (next.do === 'runRight') {
            machine.error = 0;
            wrongFor = 0;
            machine.run(next.ms, Math.min(next.ms, 12 * HOUR));
          } else {
            // Guaranteed if the clock is wrong for less than a day of uptime.
            if (machine.error !== 0) wrongFor += next.ms;
            if (wrongFor >= CONFIRM_AFTER_MS) [machine.error, wrongFor] = [0, 0];
            machine.run(next.ms, next.ms / 5);
          }
          machine.retain();
          const kept = new Set(machine.features);
          for (const [feature, at] of machine.written) {
            if (kept.has(feature)) counts.kept++;
            else counts.deleted++;
            if (machine.now - at < RETENTION_MS)
              expect({ feature, kept: kept.has(feature) }).toEqual({ feature, kept: true });
          }
        }
      }),
      { numRuns: 60, seed: 15 },
    );
    // Retention that never deletes anything would also pass.
    expect(counts.deleted).toBeGreaterThan(20);
    process.stdout.write(`\nProperty of clocks: ${JSON.stringify(counts)}\n`);
  });
});
