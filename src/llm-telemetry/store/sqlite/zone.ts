import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { SORT_VALUES, type SortValue } from '../core/call-search.js';

/** Calls per zone. */
const ZONE_SIZE = 1024;
/** Bits for names, by id modulo this: the first 2047 ids have their own bits. */
const NAME_BITS = 2048;
const MAX_ID = Number.MAX_SAFE_INTEGER;

/** Zone map entry: a summary of about a thousand consecutive calls, by which a search skips zones without a match. */
export interface Zone {
  readonly first: number;
  calls: number;
  flags: number;
  /** Bit set of the names of its calls. */
  readonly names: Uint8Array;
  /** Largest value; `null` if no call has one. */
  durationMs: number | null;
  costUsd: number | null;
  tokens: number | null;
  /** The uptime at which calls with an implausible time were added or found (clock.ts); `null`: no such calls. */
  suspect: number | null;
}

/** Properties of a call that zones summarize. */
export interface ZoneCall extends Record<SortValue, number | null> {
  readonly id: number;
  readonly flags: number;
  readonly names: readonly number[];
}

/** Adds calls to zones. State is kept for one transaction only, because other processes write zones too. */
export class ZoneWriter {
  private zone: Zone | null = null;
  /** The first id of the zone after the current one. */
  private end = MAX_ID;
  private readonly find: StatementSync;
  private readonly findNext: StatementSync;
  private readonly findCall: StatementSync;
  private readonly write: StatementSync;
  private readonly removeCall: StatementSync;

  constructor(database: DatabaseSync) {
    this.find = database.prepare('SELECT * FROM zone WHERE first <= ? ORDER BY first DESC LIMIT 1');
    this.findNext = database.prepare('SELECT first FROM zone WHERE first > ? ORDER BY first LIMIT 1');
    this.findCall = database.prepare('SELECT 1 FROM call WHERE id >= ? AND id < ? LIMIT 1');
    this.write = database.prepare(
      `INSERT OR REPLACE INTO zone (first, calls, flags, names, durationMs, costUsd, tokens, suspect)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.removeCall = database.prepare(
      'UPDATE zone SET calls = calls - 1 WHERE first = (SELECT max(first) FROM zone WHERE first <= ?)',
    );
  }

  /** Adds a call. Call it in the order of ids, before the call is inserted. `suspect`: as in `Zone`. */
  add(call: ZoneCall, suspect: number | null): void {
    const zone = this.zoneFor(call.id);
    zone.calls++;
    if (suspect !== null) zone.suspect = suspect;
    zone.flags |= call.flags;
    for (const name of call.names) setBit(zone.names, name);
    for (const value of SORT_VALUES) {
      const of = call[value];
      if (of !== null && (zone[value] === null || of > zone[value])) zone[value] = of;
    }
  }

  finish(): void {
    const { zone } = this;
    if (zone) {
      const { first, calls, flags, names, durationMs, costUsd, tokens, suspect } = zone;
      this.write.run(first, calls, flags, names, durationMs, costUsd, tokens, suspect);
    }
    this.zone = null;
  }

  /** Removes a call from its zone, whose names and largest values stay. */
  remove(id: number): void {
    this.removeCall.run(id);
  }

  /** Discards the state of a transaction that was rolled back. */
  onRollback(): void {
    this.zone = null;
  }

  private zoneFor(id: number): Zone {
    const { zone } = this;
    if (zone && id < this.end && zone.calls < ZONE_SIZE) return zone;
    this.finish();
    const found = this.find.get(id) as unknown as Zone | undefined;
    const next = this.findNext.get(id) as { first: number } | undefined;
    this.end = next?.first ?? MAX_ID;
    // A late call goes into a full zone: a new zone would split it.
    const goesOn = found && (found.calls < ZONE_SIZE || this.findCall.get(id, this.end) !== undefined);
    return (this.zone = goesOn ? found : emptyZone(id));
  }
}

/** A zone with the first id of the next zone. */
export type ZoneRun = Zone & { readonly end: number };

/** Iterates over the zones of a range of ids, `[from, to)`, in the order and under the condition of `rest`. */
export function* zonesIn(
  database: DatabaseSync,
  range: { readonly from: number; readonly to: number },
  rest = 'ORDER BY first',
): Generator<ZoneRun> {
  const zones = database.prepare(
    `SELECT * FROM zone
     WHERE first >= coalesce((SELECT max(first) FROM zone WHERE first <= :from), 0) AND first < :to ${rest}`,
  );
  const next = database.prepare('SELECT min(first) AS first FROM zone WHERE first > ?');
  const { from, to } = range;
  for (const zone of zones.iterate({ from, to }) as Iterable<unknown> as Iterable<Zone>) {
    const { first } = next.get(zone.first) as { first: number | null };
    yield { ...zone, end: first ?? MAX_ID };
  }
}

/** Returns false if no call of the zone has this name. */
export function mayContain({ names }: Zone, name: number): boolean {
  const bit = name % NAME_BITS;
  return (names[bit >> 3]! & (1 << (bit & 7))) !== 0;
}

function setBit(names: Uint8Array, name: number): void {
  const bit = name % NAME_BITS;
  names[bit >> 3]! |= 1 << (bit & 7);
}

function emptyZone(first: number): Zone {
  return {
    first,
    calls: 0,
    flags: 0,
    names: new Uint8Array(NAME_BITS / 8),
    durationMs: null,
    costUsd: null,
    tokens: null,
    suspect: null,
  };
}
