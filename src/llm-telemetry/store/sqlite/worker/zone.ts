import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Calls after which a zone is full, and the next one begins. */
const FULL = 1024;
/** Bits for names. Ids are given out from 1 on: until here each name has a bit of its own. */
const NAME_BITS = 2048;
const MAX_ID = Number.MAX_SAFE_INTEGER;

/** What a search for calls sorts by, beside their time. */
export const VALUES = ['durationMs', 'costUsd', 'tokens'] as const;
export type Value = (typeof VALUES)[number];

/** What is in a zone. */
export interface Zone {
  readonly first: number;
  calls: number;
  flags: number;
  /** A bit for each name of its calls. */
  readonly names: Uint8Array;
  /** The largest; `null`: no call has any. */
  durationMs: number | null;
  costUsd: number | null;
  tokens: number | null;
  /** The uptime at which calls with an implausible time were added or found (clock.ts); `null`: no such calls. */
  suspect: number | null;
}

/** What zones are told of a call. */
export interface ZoneCall extends Record<Value, number | null> {
  readonly id: number;
  readonly flags: number;
  readonly names: readonly number[];
}

/** Keeps zones up to date with the calls that are added. For one transaction: other processes write zones, too. */
export class ZoneWriter {
  private zone: Zone | null = null;
  /** The first id of the zone after the current one. */
  private end = MAX_ID;
  private readonly find: StatementSync;
  private readonly findNext: StatementSync;
  private readonly findCall: StatementSync;
  private readonly write: StatementSync;

  constructor(database: DatabaseSync) {
    this.find = database.prepare('SELECT * FROM zone WHERE first <= ? ORDER BY first DESC LIMIT 1');
    this.findNext = database.prepare('SELECT first FROM zone WHERE first > ? ORDER BY first LIMIT 1');
    this.findCall = database.prepare('SELECT 1 FROM call WHERE id >= ? AND id < ? LIMIT 1');
    this.write = database.prepare(
      `INSERT OR REPLACE INTO zone (first, calls, flags, names, durationMs, costUsd, tokens, suspect)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
  }

  /** Calls come in the order of their ids, each before it is written itself. `suspect`: as in `Zone`. */
  add(call: ZoneCall, suspect: number | null): void {
    const zone = this.zoneFor(call.id);
    zone.calls++;
    if (suspect !== null) zone.suspect = suspect;
    zone.flags |= call.flags;
    for (const name of call.names) setBit(zone.names, name);
    for (const value of VALUES) {
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

  /** The transaction was rolled back. */
  forget(): void {
    this.zone = null;
  }

  private zoneFor(id: number): Zone {
    const { zone } = this;
    if (zone && id < this.end && zone.calls < FULL) return zone;
    this.finish();
    const found = this.find.get(id) as unknown as Zone | undefined;
    const next = this.findNext.get(id) as { first: number } | undefined;
    this.end = next?.first ?? MAX_ID;
    // A full zone takes a call that comes late, where another would take some of its calls away.
    const goesOn = found && (found.calls < FULL || this.findCall.get(id, this.end) !== undefined);
    return (this.zone = goesOn ? found : emptyZone(id));
  }
}

/** A zone with the first id after it. */
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

/** Whether a call with this name can be in the zone. */
export function mayHold({ names }: Zone, name: number): boolean {
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
