import { DAY, MINUTE } from '../../units/time.js';
import type { DatabaseSync } from 'node:sqlite';
import { firstIdAt, timeOfId } from './call-id.js';
import { inTransaction } from './open-database.js';

/** Clock abstraction, so tests can control time. Milliseconds. */
export interface Clock {
  /** The wall clock: Unix time, which may be wrong. */
  wall(): number;
  /** Time since an arbitrary moment; never jumps. */
  monotonic(): number;
}

export const SYSTEM_CLOCK: Clock = { wall: () => Date.now(), monotonic: () => performance.now() };

/** Uptime for which the wall clock has to differ from the confirmed time before the difference is accepted. */
export const CONFIRM_AFTER_MS = DAY;
/** A tick counts for at most this much uptime, so a day needs more than a thousand ticks. */
const MAX_STEP_MS = MINUTE;
/** A process takes over from one that has not ticked for this long. */
const TAKE_OVER_AFTER_MS = 30_000;
/** Corrections by NTP, which are not errors. */
const TOLERANCE_MS = 5000;

/** Times that retention uses. Milliseconds. */
export interface Times {
  /** The wall clock, which may be wrong. */
  readonly wall: number;
  /** The earlier of the wall clock and the confirmed time. The age of calls is measured against it. */
  readonly now: number;
  /** The later of the two. A later call is in the future by both. */
  readonly latest: number;
  /** For how long processes have had the file open, in total. Never more than the elapsed time. */
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
 * wall clock over it (time without a process, or an error) is accepted once every tick of 24 hours of uptime has shown at
 * least that much; so is a lag. Retention deletes by the earlier of both times, so neither one wrong time nor a night of
 * wrong times deletes anything. The cost: after a time without a process, retention lags by that time until the process
 * has run for one to two days.
 *
 * Processes that share a file share the time: one of them advances it, and another takes over if that one ends.
 */
export class ConfirmedClock {
  private readonly holder = Math.floor(Math.random() * Number.MAX_SAFE_INTEGER);
  private confirmed: number;
  private uptime: number;
  private beat: number;
  /** Monotonic time at which the three above were read or written. */
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
      wall,
      now: Math.min(wall, confirmed),
      latest: Math.max(wall, confirmed),
      uptime: this.uptime + elapsed,
    };
  }

  /** Returns the uptime if the wall clock is known to be behind, so that new calls have times in the past; otherwise `null`. */
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
    const heldMs = isNew ? 0 : row.heldMs + Math.min(elapsed, MAX_STEP_MS);
    const isHeld = heldMs >= CONFIRM_AFTER_MS;
    const accepted = isHeld ? agreedLead(leastLead, mostLead) : 0;
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

  /** Creates the row in a file of an earlier version or a new file. Existing calls are older than now. */
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

/** Returns the smallest lead or lag of all ticks; 0 if some were ahead and some behind. */
function agreedLead(least: number, most: number): number {
  if (least > 0) return least;
  return most < 0 ? most : 0;
}
