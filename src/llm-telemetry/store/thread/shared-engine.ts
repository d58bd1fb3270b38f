import {
  StoreQueryError,
  type StoreStatus,
  type StoreTrouble,
  StoreUnavailableError,
} from '../call-store.js';
import { answer, type QueryName, type StoreQueries } from '../core/queries.js';
import { DatabaseError, type SharedBackend } from '../core/shared-backend.js';
import { TROUBLE_DESCRIPTIONS } from '../core/trouble.js';
import { Outboxes } from '../outbox/outboxes.js';
import { Sender } from '../outbox/sender.js';
import { backoffMs } from '../outbox/backoff.js';
import { Connection } from './connection.js';
import type { Engine, EngineListener, Handled } from './engine.js';
import { QuerySlots } from './query-slots.js';
import type { SharedSettings } from './shared-settings.js';

const BEAT_INTERVAL_MS = 15_000;
const UPKEEP_INTERVAL_MS = 2000;
const DELIVERY_DELAY_MS = 250;
/** Interval of the search for outboxes of ended processes. */
const MAINTENANCE_INTERVAL_MS = 30_000;
/** How long `close` delivers: a shutdown waits 3 s for the whole store. */
const CLOSE_MS = { failing: 300, slow: 2300 };
/** Interval between changes of the trouble in the log. */
const MIN_CHANGE_MS = 60_000;
/** Troubles in which queries are not sent: the database cannot answer them, and each would wait for a timeout. */
const AWAY: ReadonlySet<StoreTrouble> = new Set([
  'unreachable',
  'timeout',
  'refused',
  'newer_version',
  'older_version',
]);

type Trouble = NonNullable<StoreStatus['trouble']>;

/**
 * Stores calls in a database that instances share. Calls go to the outbox first; queries go to the database.
 */
export class SharedEngine implements Engine {
  private readonly connection: Connection;
  private readonly outboxes: Outboxes;
  private readonly sender: Sender;
  private readonly slots = new QuerySlots();
  /** Trouble with the database. */
  private trouble: Trouble | null = null;
  private troubleChangedAt = 0;
  private failures = 0;
  private beatFailures = 0;
  private reportedDrop = false;
  private closed = false;
  private beatTimer: NodeJS.Timeout | undefined;
  private upkeepTimer: NodeJS.Timeout | undefined;
  private readonly maintenanceTimer: NodeJS.Timeout;

  /** @param load - loads the backend; called again after the backend did not respond */
  constructor(
    private readonly settings: SharedSettings,
    private readonly listener: EngineListener,
    load: () => Promise<SharedBackend>,
  ) {
    const { buffer, instance, kind, where } = settings;
    this.connection = new Connection(load);
    this.outboxes = new Outboxes(
      { buffer, instance, target: `${kind} ${where}` },
      {
        troubleChanged: () => this.sendState(),
        warningRaised: (message) => listener.warningRaised(message),
      },
    );
    this.sender = new Sender(
      this.outboxes,
      (delivery) => this.connection.use((backend) => backend.write(delivery)),
      {
        delivered: (written, dropped) => this.onDelivered(written, dropped),
        failed: (error) => this.onFailure(error),
        worked: () => this.onSuccess(),
      },
      () => this.connection.backend?.deliveryDelayMs ?? DELIVERY_DELAY_MS,
    );
    this.maintenanceTimer = setInterval(() => this.maintain(), MAINTENANCE_INTERVAL_MS).unref();
    this.sendState();
    this.sendOutbox(0, 0);
    this.maintain();
    if (this.outboxes.waiting > 0) this.sender.deliverNow();
    void this.beat();
  }

  write(texts: readonly string[]): Handled {
    let buffered = 0;
    try {
      buffered = this.outboxes.append(texts);
    } catch {
      // Memory is full. The calls are counted.
    }
    this.sendOutbox(0, 0);
    this.sender.schedule();
    return { written: 0, buffered, dropped: 0, overflowed: texts.length - buffered };
  }

  async query<Name extends QueryName>(
    name: Name,
    parameters: StoreQueries[Name][0],
    expiresAt: number,
  ): Promise<StoreQueries[Name][1]> {
    if (this.trouble && AWAY.has(this.trouble.reason)) throw this.unavailable(this.trouble.reason);
    try {
      return await this.slots.run(expiresAt, async () =>
        answer(await this.connection.source(), name, parameters),
      );
    } catch (error) {
      if (error instanceof StoreQueryError || error instanceof StoreUnavailableError) throw error;
      if (error instanceof DatabaseError) throw this.unavailable(error.trouble);
      // The message of the error could contain values.
      const name = error instanceof Error ? error.name : 'unknown error';
      throw new StoreUnavailableError(`The database ${this.settings.where} failed: ${name}.`);
    }
  }

  async flush(): Promise<void> {
    const { added } = this.outboxes.progress;
    await this.sender.settle(() => this.outboxes.progress.delivered >= added);
  }

  async close(): Promise<number> {
    this.closed = true;
    clearInterval(this.maintenanceTimer);
    clearTimeout(this.upkeepTimer);
    clearTimeout(this.beatTimer);
    // Calls in memory have no other chance.
    const limits = this.outboxes.isDurable ? CLOSE_MS : { ...CLOSE_MS, failing: CLOSE_MS.slow };
    await this.sender.settle(() => this.outboxes.waiting === 0, limits);
    this.sender.stop();
    await this.connection.close();
    return this.outboxes.close();
  }

  private maintain(): void {
    const before = this.outboxes.waiting;
    try {
      this.outboxes.maintain();
    } catch {
      // It is tried again. Calls are added and delivered nevertheless.
    }
    if (this.outboxes.waiting === before) return;
    this.sendOutbox(0, 0);
    this.sender.schedule();
  }

  /** Connects, shows that this process lives, and detects that the database is away or back. */
  private async beat(): Promise<void> {
    const { instance } = this.settings;
    try {
      await this.connection.use((backend) =>
        backend.beat(instance, this.outboxes.waiting, this.outboxes.waitingSince),
      );
      this.beatFailures = 0;
      // Otherwise a database that can be reached, but not written, would be away and back in turn.
      if (this.sender.isFailing) this.sender.deliverNow();
      else this.onSuccess();
      this.upkeepTimer ??= this.scheduleUpkeep();
    } catch (error) {
      this.beatFailures++;
      this.onFailure(
        error instanceof DatabaseError ? error : new DatabaseError('write_failed', 'The heartbeat failed.'),
      );
    }
    if (this.closed) return;
    const nextMs = this.beatFailures > 0 ? backoffMs(this.beatFailures) : BEAT_INTERVAL_MS;
    this.beatTimer = setTimeout(() => void this.beat(), nextMs).unref();
  }

  private scheduleUpkeep(): NodeJS.Timeout | undefined {
    if (this.closed) return undefined;
    const ms = this.connection.backend?.upkeepIntervalMs ?? UPKEEP_INTERVAL_MS;
    return setTimeout(() => void this.upkeep(), ms).unref();
  }

  private async upkeep(): Promise<void> {
    try {
      if (!this.trouble) await this.connection.use((backend) => backend.upkeep());
    } catch {
      // Upkeep runs again. Writes and beats report problems of the database.
    }
    this.upkeepTimer = this.scheduleUpkeep();
  }

  private onDelivered(written: number, dropped: number): void {
    this.connection.clearParts();
    this.sendOutbox(written, dropped);
    if (dropped === 0 || this.reportedDrop) return;
    this.reportedDrop = true;
    this.listener.warningRaised(
      `Store: a call was dropped, because ${this.settings.where} rejects its record. Further ones are counted only.`,
    );
  }

  /** A connection that was cut is no trouble if the next attempt succeeds. */
  private onFailure({ trouble: reason, message }: DatabaseError): void {
    this.failures++;
    const isFirstCut = this.failures === 1 && reason === 'unreachable' && this.connection.wasOpen;
    if (this.closed || isFirstCut || !this.isNews(reason)) return;
    const { where } = this.settings;
    const { place } = this.outboxes;
    this.troubleChangedAt = Date.now();
    this.trouble = {
      reason,
      message:
        `Store: the database ${where} cannot be used: ${message.replace(/\.$/, '')}. ` +
        `Calls wait in ${place}.`,
      since: this.trouble?.since ?? Date.now(),
    };
    this.sendState();
  }

  /** The reason can change with each attempt. */
  private isNews(reason: StoreTrouble): boolean {
    if (!this.trouble) return true;
    return this.trouble.reason !== reason && Date.now() - this.troubleChangedAt > MIN_CHANGE_MS;
  }

  private onSuccess(): void {
    this.failures = 0;
    if (!this.trouble) return;
    this.trouble = null;
    this.sendState();
    this.sender.deliverNow();
  }

  private unavailable(reason: StoreTrouble): StoreUnavailableError {
    return new StoreUnavailableError(
      `The database ${this.settings.where} cannot be used: ${TROUBLE_DESCRIPTIONS[reason]}.`,
    );
  }

  private sendState(): void {
    const away = this.outboxes.isDurable ? 'buffered' : 'memory';
    this.listener.stateChanged(this.trouble ? away : 'stored', this.trouble ?? this.outboxes.trouble);
  }

  private sendOutbox(written: number, dropped: number): void {
    const { waiting, waitingSince, isDurable } = this.outboxes;
    this.listener.outboxChanged({ written, dropped, waiting, waitingSince, isDurable });
  }
}
