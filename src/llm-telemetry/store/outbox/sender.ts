import { type Delivery, DatabaseError } from '../core/shared-backend.js';
import { backoffMs } from './backoff.js';
import { decodeDelivery } from './delivery.js';
import type { BegunDelivery, Outboxes } from './outboxes.js';

/** Writes deliveries. Rejects as `SharedBackend.write` does. */
export type WriteDelivery = (delivery: Delivery) => Promise<void>;

/** Receives the events of the sender. */
export interface SenderListener {
  /** Calls left the outbox. `dropped`: they could not be written or decoded. */
  delivered(written: number, dropped: number): void;
  /** The database failed. */
  failed(error: DatabaseError): void;
  /** The database accepted a delivery. */
  worked(): void;
}

interface Attempt {
  readonly begun: BegunDelivery;
  readonly delivery: Delivery;
}

/** Calls of one delivery. */
const MAX_CALLS = 5000;
/** Characters of the records of one delivery. */
const MAX_CHARACTERS = 16 * 1024 * 1024;
/**
 * The delay of a process whose deliveries have this many calls. It is shorter in proportion if they have fewer: transactions
 * and rollups of many small deliveries would cost a database as much as their calls.
 */
const BUSY_CALLS = 500;
const BUSY_DELAY_MS = 1000;
/** Consecutive calls that could not be written, after which the database is suspected, and the next call waits. */
const MAX_DROPS = 3;
/** How long `settle` waits for a database that fails, and for one that is slow. */
const SETTLE_MS = { failing: 2000, slow: 10_000 };

/**
 * Delivers the calls of the outboxes, one delivery at a time and in order. A delivery is repeated until the database has
 * acknowledged it or has rejected its calls; then it is split until the calls at fault are found.
 */
export class Sender {
  private current: Attempt | null = null;
  /** Calls in the next delivery at most: fewer after a delivery was rejected. */
  private maxCalls = MAX_CALLS;
  private failures = 0;
  private drops = 0;
  /** Calls in the last delivery. */
  private lastCalls = 0;
  private running = false;
  private stopped = false;
  private timer: NodeJS.Timeout | null = null;
  private wake: (() => void) | null = null;
  private readonly watchers = new Set<() => void>();

  constructor(
    private readonly outboxes: Outboxes,
    private readonly write: WriteDelivery,
    private readonly listener: SenderListener,
    /** How long a call waits for more calls at least, milliseconds. */
    private readonly delayMs: () => number,
  ) {}

  /** True if the last attempt failed. */
  get isFailing(): boolean {
    return this.failures > 0;
  }

  /** Delivers calls that were added, after a delay in which more can be added. */
  schedule(): void {
    if (this.running || this.stopped) return;
    const delayMs = this.untilDueMs();
    if (delayMs === 0) this.start();
    else this.timer ??= setTimeout(() => this.start(), delayMs).unref();
  }

  /** Delivers without a delay, and ends the pause after a failure. */
  deliverNow(): void {
    this.wake?.();
    this.start();
  }

  /**
   * Delivers without a delay, and resolves when `isDone` returns true: with `false` if the database has failed for 2 s, or
   * not responded for 10 s.
   */
  settle(isDone: () => boolean, limits = SETTLE_MS): Promise<boolean> {
    if (isDone()) return Promise.resolve(true);
    return new Promise((resolve) => {
      let isLate = false;
      const finish = (): void => {
        this.watchers.delete(check);
        clearTimeout(late);
        clearTimeout(latest);
        resolve(isDone());
      };
      const check = (): void => {
        if (isDone() || (isLate && this.isFailing)) finish();
      };
      const late = setTimeout(() => {
        isLate = true;
        check();
      }, limits.failing);
      const latest = setTimeout(finish, limits.slow);
      this.watchers.add(check);
      this.deliverNow();
    });
  }

  /** Stops after the attempt that runs. Its calls stay in the outbox unless it succeeds before the outbox is closed. */
  stop(): void {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    this.wake?.();
  }

  private start(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    if (!this.running && !this.stopped) void this.run();
  }

  private async run(): Promise<void> {
    this.running = true;
    while (!this.stopped) {
      this.current ??= this.begin();
      if (!this.current) break;
      const pauseMs = await this.attempt(this.current);
      for (const check of this.watchers) check();
      if (pauseMs > 0 && !this.stopped) await this.pause(pauseMs);
      if (this.current === null && this.untilDueMs() > 0) {
        this.running = false;
        this.schedule();
        return;
      }
    }
    this.running = false;
  }

  /** Returns how long the calls that wait can wait for more calls, milliseconds. */
  private untilDueMs(): number {
    const { waiting, waitingSince } = this.outboxes;
    if (waiting >= this.maxCalls || this.watchers.size > 0 || waitingSince === null) return 0;
    const delayMs = this.delayMs();
    const ofBusyMs = Math.min(BUSY_DELAY_MS, (this.lastCalls / BUSY_CALLS) * BUSY_DELAY_MS);
    const waitedMs = Math.max(0, Date.now() - waitingSince);
    return Math.max(0, Math.max(delayMs, ofBusyMs) - waitedMs);
  }

  private begin(): Attempt | null {
    const begun = this.outboxes.next({ calls: this.maxCalls, bytes: MAX_CHARACTERS });
    return begun && { begun, delivery: decodeDelivery(begun.outbox.instance, begun.delivery) };
  }

  /** Returns how long to wait before the next attempt, milliseconds. */
  private async attempt({ begun, delivery }: Attempt): Promise<number> {
    try {
      if (delivery.calls.length > 0) await this.write(delivery);
    } catch (error) {
      if (this.stopped) return 0;
      return error instanceof DatabaseError ? this.repeatLater(error) : this.split(begun);
    }
    if (delivery.calls.length > 0) this.succeed();
    this.finish(begun, delivery.calls.length);
    return 0;
  }

  private succeed(): void {
    this.failures = 0;
    this.drops = 0;
    this.maxCalls = Math.min(MAX_CALLS, this.maxCalls * 2);
    this.listener.worked();
  }

  private finish(begun: BegunDelivery, written: number): void {
    this.current = null;
    this.lastCalls = begun.delivery.calls.length;
    if (this.outboxes.acknowledge(begun))
      this.listener.delivered(written, begun.delivery.calls.length - written);
  }

  private repeatLater(error: DatabaseError): number {
    this.failures++;
    this.listener.failed(error);
    return backoffMs(this.failures);
  }

  /** Drops a call at fault, and otherwise makes the next delivery half as large. */
  private split(begun: BegunDelivery): number {
    const { length } = begun.delivery.calls;
    if (length > 1) {
      this.current = null;
      this.outboxes.abandon(begun);
      this.maxCalls = Math.ceil(length / 2);
      this.failures = 0;
      return 0;
    }
    this.finish(begun, 0);
    this.drops++;
    if (this.drops < MAX_DROPS) return 0;
    return this.repeatLater(new DatabaseError('write_failed', 'It rejects calls.'));
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.wake?.(), ms).unref();
      this.wake = () => {
        clearTimeout(timer);
        this.wake = null;
        resolve();
      };
    });
  }
}
