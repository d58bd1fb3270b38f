import type { DatabaseSync } from 'node:sqlite';
import { firstIdAt, timeOfId } from './call-id.js';
import { HOUR } from './levels.js';
import { inTransaction } from './transaction.js';

/** Clock abstraction, so tests can control time. Milliseconds. */
export interface Clock {
  /** The wall clock: Unix time, and possibly wrong. */
  wall(): number;
  /** Time since an arbitrary moment; never jumps. */
  monotonic(): number;
}

export const SYSTEM_CLOCK: Clock = { wall: () => Date.now(), monotonic: () => performance.now() };

/** Uptime for which the wall clock has to differ from the confirmed time before the difference is accepted. */
export const CONFIRM_AFTER_MS = 24 * HOUR;
/** One reading counts for at most this much uptime, so that a day needs more than a thousand readings. */
const LONGEST_STEP_MS = 60_000;
/** A process takes over from one that has not ticked for this long. */
const TAKE_OVER_AFTER_MS = 30_000;
/** Steps of the wall clock that are not taken for an error: NTP corrects that much every day. */
const TOLERANCE_MS = 5000;

/** What retention goes by. Milliseconds. */
export interface Times {
  /** Calls that are old at this time are old: the wall clock or the confirmed time, whichever is earlier. */
  readonly now: number;
  /** The later of the two: a call after it is in the future by both. */
  readonly latest: number;
  /** For how long processes have had the file open, in total. Never more than the time that has passed. */
  readonly uptime: number;
}

interface Row {
  readonly confirmed: number;
  readonly uptime: number;
  readonly leastLead: number | null;
  readonly mostLead: number | null;
  readonly heldMs: number;
  readonly holder: number;
  readonly beat: number;
}

/**
 * Keeps a time in the file that a wrong wall clock cannot move. It advances with the uptime of processes. The lead of the
 * wall clock over it (time without a process, or an error) is accepted once each reading of 24 hours of uptime has shown
 * at least that much; so is a lag. Retention deletes by the earlier of both times, so neither one wrong reading nor a
 * night of them deletes anything. The price: after a time without a process, retention lags by that time until the
 * process has run for one to two days.
 *
 * Processes that share a file share the time: one of them advances it, and another takes over if that one ends.
 */
export class ConfirmedClock {
  private readonly holder = Math.floor(Math.random() * Number.MAX_SAFE_INTEGER);
  private confirmed: number;
  private uptime: number;
  private beat: number;
  /** When the three above were read or written, monotonic. */
  private since: number;

  constructor(
    private readonly database: DatabaseSync,
    private readonly clock: Clock,
  ) {
    this.since = clock.monotonic();
    const row = this.read() ?? this.create();
    ({ confirmed: this.confirmed, uptime: this.uptime, beat: this.beat } = row);
  }

  wall(): number {
    return this.clock.wall();
  }

  times(): Times {
    const elapsed = this.elapsed();
    const confirmed = this.confirmed + elapsed;
    const wall = this.clock.wall();
    return {
      now: Math.min(wall, confirmed),
      latest: Math.max(wall, confirmed),
      uptime: this.uptime + elapsed,
    };
  }

  /** The uptime if the wall clock is known to be behind, so that calls of now have times of the past; else `null`. */
  suspicion(): number | null {
    const elapsed = this.elapsed();
    return this.clock.wall() < this.confirmed + elapsed - TOLERANCE_MS ? this.uptime + elapsed : null;
  }

  /** Advances the confirmed time. Call it every few seconds. */
  tick(): Times {
    inTransaction(this.database, () => this.advance());
    return this.times();
  }

  private advance(): void {
    const row = this.read() ?? this.create();
    const elapsed = this.elapsed();
    if (row.holder !== this.holder) {
      if (row.beat !== this.beat) return this.adopt(row);
      if (elapsed < TAKE_OVER_AFTER_MS) return;
    }
    const confirmed = row.confirmed + elapsed;
    const lead = this.clock.wall() - confirmed;
    const isNew = row.leastLead === null || row.mostLead === null;
    const leastLead = isNew ? lead : Math.min(row.leastLead, lead);
    const mostLead = isNew ? lead : Math.max(row.mostLead, lead);
    const heldMs = isNew ? 0 : row.heldMs + Math.min(elapsed, LONGEST_STEP_MS);
    const isHeld = heldMs >= CONFIRM_AFTER_MS;
    const accepted = isHeld ? leastSize(leastLead, mostLead) : 0;
    this.write({
      confirmed: confirmed + accepted,
      uptime: row.uptime + elapsed,
      leastLead: isHeld ? null : leastLead,
      mostLead: isHeld ? null : mostLead,
      heldMs: isHeld ? 0 : heldMs,
      holder: this.holder,
      beat: row.beat + 1,
    });
  }

  private adopt({ confirmed, uptime, beat }: Row): void {
    this.since = this.clock.monotonic();
    [this.confirmed, this.uptime, this.beat] = [confirmed, uptime, beat];
  }

  private elapsed(): number {
    return Math.max(0, this.clock.monotonic() - this.since);
  }

  private read(): Row | undefined {
    return this.database
      .prepare('SELECT confirmed, uptime, leastLead, mostLead, heldMs, holder, beat FROM clock WHERE id = 1')
      .get() as Row | undefined;
  }

  /** A file without the time has been opened by this version for the first time: its calls are older than now. */
  private create(): Row {
    const wall = this.clock.wall();
    const { id } = this.database
      .prepare('SELECT max(id) AS id FROM call WHERE id < ?')
      .get(firstIdAt(wall)) as { id: number | null };
    const confirmed = id === null ? wall : timeOfId(id);
    const row = { confirmed, uptime: 0, leastLead: null, mostLead: null, heldMs: 0, beat: 0 };
    return this.write({ ...row, holder: this.holder });
  }

  private write(row: Row): Row {
    const { confirmed, uptime, leastLead, mostLead, heldMs, holder, beat } = row;
    this.database
      .prepare(
        `INSERT INTO clock (id, confirmed, uptime, leastLead, mostLead, heldMs, holder, beat)
         VALUES (1, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET confirmed = excluded.confirmed, uptime = excluded.uptime,
           leastLead = excluded.leastLead, mostLead = excluded.mostLead, heldMs = excluded.heldMs,
           holder = excluded.holder, beat = excluded.beat`,
      )
      .run(confirmed, uptime, leastLead, mostLead, heldMs, holder, beat);
    this.adopt(row);
    return row;
  }
}

/** The difference that all readings agree on; 0 if some were ahead and some behind. */
function leastSize(least: number, most: number): number {
  if (least > 0) return least;
  return most < 0 ? most : 0;
}
